"""One connection to an MQTT broker, from CONNECT until it is lost. `Link` makes a new one each time.

paho would reconnect by itself, but would then send again whatever was under way, also what has expired
meanwhile. A session that fails its open publications instead leaves the choice to the outbox.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from fusion.types.errors import PeerFault

KEEPALIVE_S = 15
_ANSWER_WITHIN_S = 10.0
_FAREWELL_S = 1.0
_MOST_UNDER_WAY = 200  # publications without acknowledgement; the outbox keeps fewer


class Address:
    """Where and as whom to connect."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host, self.port, self.user, self.password, self.tls = host, port, user, password, tls

    def __repr__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An inbound message that the broker keeps until `taken` is called (QoS 1)."""

    topic: str
    payload: bytes
    qos: int
    taken: Callable[[], None]


class Session:
    """A connection with a persistent session at the broker (clean_session False) and acknowledgement by hand."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        subscriptions: Sequence[tuple[str, int]],
        will: tuple[str, bytes],
        arrived: Callable[[Arrival], None],
    ) -> None:
        self._address, self._subscriptions, self._arrived = address, list(subscriptions), arrived
        self._lock = threading.Lock()
        self._under_way: dict[int, Future[None]] = {}
        self._early: set[int] = set()  #: acknowledged before `publish` had returned
        self._held: set[int] = set()  #: inbound, not yet acknowledged by us
        self._answered = threading.Event()
        self._ended = threading.Event()
        self.lost = threading.Event()  #: set by the connection's end, or by whoever wants it to end
        self.detail = "no answer"
        client = self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if address.user is not None:
            client.username_pw_set(address.user, address.password)
        if address.tls is not None:
            client.tls_set_context(address.tls)
        client.will_set(will[0], will[1], qos=1, retain=True)
        client.max_inflight_messages_set(_MOST_UNDER_WAY)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message, client.on_publish = self._on_subscribe, self._on_message, self._on_ack

    def open(self) -> None:
        """Connect and subscribe; PeerFault says what the broker (or the way to it) had against it."""
        try:
            self._client.connect(self._address.host, self._address.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise PeerFault(f"broker {self._address!r}: {_plain(error)}") from error
        self._client.loop_start()
        self._answered.wait(_ANSWER_WITHIN_S)
        if not self._answered.is_set() or self.lost.is_set():
            self.close()
            raise PeerFault(f"broker {self._address!r}: {self.detail}")

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> Future[None] | None:
        """A future that ends with the broker's acknowledgement and fails with the connection; None: not connected."""
        if self.lost.is_set():
            return None
        future: Future[None] = Future()
        # No lock of ours around this call: paho holds its own while it tells us of acknowledgements.
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            return None
        with self._lock:
            early = info.mid in self._early
            self._early.discard(info.mid)
            if not early:
                self._under_way[info.mid] = future
        if early:
            future.set_result(None)
        elif self.lost.is_set():
            self._fail_all()
        return future

    def close(self) -> None:
        """Leave; the broker keeps the session. Ends within a second or two also when the broker hangs."""
        self._client.disconnect()
        if not self._ended.wait(_FAREWELL_S if self._answered.is_set() else 0):
            # Without this paho's thread would wait for the acknowledgements of a broker that hangs.
            sock = self._client.socket()
            if isinstance(sock, socket.socket):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()
        self.lost.set()
        self._fail_all()

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            self.detail = f"refused: {code}"
            self.lost.set()
            self._answered.set()
        elif self._subscriptions:
            client.subscribe(self._subscriptions)
        else:
            self._answered.set()

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _properties: Any
    ) -> None:
        pairs = zip(self._subscriptions, codes, strict=False)
        refused = [pattern for (pattern, _qos), code in pairs if code.is_failure]
        self.detail = f"subscription refused: {', '.join(refused)}" if refused else ""
        self._answered.set()

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if not self.lost.is_set():
            self.detail = f"connection lost: {code}"
        self._ended.set()
        self.lost.set()
        self._answered.set()
        self._fail_all()

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        mid, qos = message.mid, message.qos
        if qos and mid in self._held:
            return  # sent again by an impatient broker while we still work on it
        if qos:
            self._held.add(mid)

        def taken() -> None:
            if qos:
                self._held.discard(mid)
                client.ack(mid, qos)

        self._arrived(Arrival(message.topic, bytes(message.payload), qos, taken))

    def _on_ack(self, _client: mqtt.Client, _data: Any, mid: int, _code: Any, _properties: Any) -> None:
        with self._lock:
            future = self._under_way.pop(mid, None)
            if future is None:
                self._early.add(mid)
        if future is not None:
            future.set_result(None)

    def _fail_all(self) -> None:
        with self._lock:
            futures = list(self._under_way.values())
            self._under_way.clear()
        for future in futures:
            future.set_exception(PeerFault(f"broker {self._address!r}: connection lost before it acknowledged"))


def _plain(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}; wanted: one that the configured authorities signed for this host"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text or type(error).__name__)[:200]
