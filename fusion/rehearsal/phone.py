"""One simulated worker's phone: a real MQTT client that walks, receives, acknowledges and handles."""

import random
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from fusion.alerts.messages import (
    Alert,
    AnswerMessage,
    Message,
    PositionMessage,
    ReceiptMessage,
    Update,
    decode,
    encode,
)
from fusion.alerts.session import Address
from fusion.alerts.topics import ALERTS, ANSWERS, POSITION, RECEIPTS, UPDATES
from fusion.rehearsal.walker import Walker
from fusion.types.errors import SiteError
from fusion.types.phone import Answer
from fusion.types.place import Datum, GeoPoint

_KEEPALIVE_S = 15
_CONNECT_WITHIN_S = 1.0
_POSITION_EVERY_S = (10.0, 20.0)
_ACCURACY_M = 8.0


@dataclass(slots=True)
class Received:
    """One alert as the phone saw it. A phone shows an alert once, however often the broker delivers it."""

    alert: Alert
    at: datetime  #: first delivery
    times: int = 1  #: deliveries
    again: bool = False  #: a second alert, by its id, for a case that the worker already had in hand
    expired: bool = False  #: came too late to be shown
    answer: Answer | None = None
    answered_at: datetime | None = None
    handled_at: datetime | None = None
    withdrawn: bool = False

    @property
    def in_hand(self) -> bool:
        """Whether the worker still has something to do about it."""
        over = self.withdrawn or self.expired or self.handled_at is not None
        return not over and self.answer is not Answer.DECLINE


@dataclass(frozen=True, slots=True)
class Manner:
    """How a worker behaves, in seconds; chosen by the seed."""

    answers_after_s: float = 2.0
    handles_after_s: float = 20.0
    silent: bool = False
    declines: bool = False


@dataclass(eq=False)
class Phone:
    """Driven from outside by one thread: `turn(now)` does what is due, `readable` and `writable` serve its socket."""

    worker_id: str
    address: Address
    walker: Walker
    manner: Manner
    rng: random.Random
    received: dict[str, Received] = field(default_factory=dict)  #: by alert id, in the order of arrival
    acknowledged: set[str] = field(default_factory=set)
    handled: set[str] = field(default_factory=set)
    refused: int = 0  #: payloads that were no message of ours
    connections: int = 0

    def __post_init__(self) -> None:
        self._due: list[tuple[float, str, Callable[[], None]]] = []  #: (when, alert id, what)
        self._now_s = 0.0
        self._next_position_s: float | None = None  #: None until the first connection
        self._walked_s = 0.0
        self._connect_at_s = 0.0
        self._client = self._new_client()

    def __repr__(self) -> str:
        return f"Phone({self.worker_id})"

    @property
    def socket(self) -> socket.socket | None:
        """What to wait on; None while there is no connection."""
        found = self._client.socket()
        return found if isinstance(found, socket.socket) else None

    @property
    def connected(self) -> bool:
        """Whether the broker has welcomed it."""
        return self._client.is_connected()

    @property
    def wants_write(self) -> bool:
        """Whether bytes wait to be sent."""
        return self._client.want_write()

    def readable(self) -> None:
        """Bytes have come."""
        self._client.loop_read()
        # What TLS has already decrypted does not show on the socket.
        while isinstance(sock := self.socket, ssl.SSLSocket) and sock.pending():
            self._client.loop_read()

    def writable(self) -> None:
        """Bytes can go."""
        self._client.loop_write()

    def turn(self, now_s: float) -> None:
        """Connect, send the position, answer: whatever is due at this (monotonic) time."""
        self._now_s = now_s
        if self._client.socket() is None:
            if now_s >= self._connect_at_s:
                self._connect(now_s)
            return
        self._client.loop_misc()
        if not self._client.is_connected():
            return
        if self._next_position_s is None or now_s >= self._next_position_s:
            self._next_position_s = now_s + self.rng.uniform(*_POSITION_EVERY_S)
            self._tell_position(now_s)
        due = [act for at_s, _alert, act in self._due if at_s <= now_s]
        self._due = [entry for entry in self._due if entry[0] > now_s]
        for act in due:
            act()

    def close(self) -> None:
        """Leave; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_write()

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"phone-{self.worker_id}",
            clean_session=False,
            protocol=mqtt.MQTTv311,
        )
        client.connect_timeout = _CONNECT_WITHIN_S
        if self.address.user is not None:
            client.username_pw_set(self.address.user, self.address.password)
        if self.address.tls is not None:
            client.tls_set_context(self.address.tls)
        client.on_connect, client.on_message, client.on_disconnect = self._connected, self._message, self._lost
        return client

    def _connect(self, now_s: float) -> None:
        self._connect_at_s = now_s + self.rng.uniform(1, 3)
        try:
            self._client.connect(self.address.host, self.address.port, keepalive=_KEEPALIVE_S)
        except OSError:
            return  # tried again at `_connect_at_s`

    def _lost(self, *_args: Any) -> None:
        self._connect_at_s = self._now_s + self.rng.uniform(0.5, 2)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if not code.is_failure:
            self.connections += 1
            client.subscribe([(ALERTS.of(self.worker_id), ALERTS.qos), (UPDATES.of(self.worker_id), UPDATES.qos)])
            self._next_position_s = None  # at once

    def _tell_position(self, now_s: float) -> None:
        lon, lat = self.walker.walk(now_s - self._walked_s if self._walked_s else 0.0)
        self._walked_s = now_s
        self._send(
            POSITION.of(self.worker_id),
            PositionMessage(
                id=_id(), lon=lon, lat=lat, datum=Datum.WGS84, accuracy_m=_ACCURACY_M, at=datetime.now(UTC)
            ),
            qos=POSITION.qos,
        )

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        now = datetime.now(UTC)
        try:
            if message.topic == UPDATES.of(self.worker_id):
                self._changed(decode(Update, bytes(message.payload), now))
            else:
                self._told(decode(Alert, bytes(message.payload), now), now)
        except SiteError:
            self.refused += 1

    def _told(self, alert: Alert, now: datetime) -> None:
        known = self.received.get(alert.id)
        if known is not None:
            known.times += 1
            return
        entry = Received(alert, now, expired=alert.expires_at <= now)
        entry.again = any(e.in_hand and e.alert.case_id == alert.case_id for e in self.received.values())
        self.received[alert.id] = entry
        self._send(
            RECEIPTS.of(self.worker_id),
            ReceiptMessage(id=_id(), case_id=alert.case_id, alert_id=alert.id, at=now),
        )
        if not self.manner.silent and not entry.expired:
            self._later(self.manner.answers_after_s, entry, self._answer)

    def _changed(self, update: Update) -> None:
        if not update.withdrawn:
            return
        mine = [entry for entry in self.received.values() if entry.alert.case_id == update.case_id]
        gone = {entry.alert.id for entry in mine if entry.alert.issued_at <= update.issued_at}
        for alert_id in gone:
            self.received[alert_id].withdrawn = True
        self._due = [entry for entry in self._due if entry[1] not in gone]

    def _answer(self, entry: Received) -> None:
        if self.manner.declines:
            self._say(entry, Answer.DECLINE, "正在处理另一案卷")
            return
        self._say(entry, Answer.ACCEPT)
        self.acknowledged.add(entry.alert.id)
        self.walker.hurry(GeoPoint(entry.alert.lon, entry.alert.lat), self.manner.handles_after_s)
        self._later(self.manner.handles_after_s, entry, self._handle)

    def _handle(self, entry: Received) -> None:
        self._say(entry, Answer.HANDLED)
        self.handled.add(entry.alert.id)

    def _later(self, after_s: float, entry: Received, act: Callable[[Received], None]) -> None:
        self._due.append((self._now_s + after_s, entry.alert.id, lambda: act(entry)))

    def _say(self, entry: Received, answer: Answer, reason: str = "") -> None:
        now, alert = datetime.now(UTC), entry.alert
        if answer is Answer.HANDLED:
            entry.handled_at = now
        else:
            entry.answer, entry.answered_at = answer, now
        self._send(
            ANSWERS.of(self.worker_id),
            AnswerMessage(id=_id(), case_id=alert.case_id, alert_id=alert.id, answer=answer, at=now, reason=reason),
        )

    def _send(self, topic: str, message: Message, qos: int = 1) -> None:
        # paho keeps QoS 1 messages over a lost connection and sends them when it is back.
        self._client.publish(topic, encode(message), qos=qos)


def _id() -> str:
    return uuid4().hex
