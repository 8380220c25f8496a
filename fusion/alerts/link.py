"""One MQTT connection of the engine: reconnects by itself, publishes with QoS 1, hands inbound messages on."""

import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from fusion.alerts.messages import EngineStatus
from fusion.alerts.topics import FROM_WORKERS, STATUS
from fusion.plugins import Config
from fusion.types.errors import SiteError

_LOG = structlog.get_logger()
EMBEDDED = "embedded"


class BrokerConfig(Config):
    """Which broker. A password may stand in the URL or, better, in a file."""

    url: str = EMBEDDED  #: "embedded", mqtt://[user[:password]@]host[:port] or mqtts://…
    password_file: str | None = None  #: relative to the site's folder
    ca_file: str | None = None  #: PEM; None: the system's authorities
    verify: bool = True
    client_id: str = "fusion-engine"
    port: int = 0  #: of the embedded broker; 0: any free one


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


def address_of(config: BrokerConfig, folder: Path) -> Address:
    """The address of a broker by URL; SiteError names what is wrong with it, without the password."""
    parts = urlsplit(config.url)
    try:
        port = parts.port
    except ValueError as error:
        raise SiteError("broker.url: bad port; wanted: mqtt://host:1883 or mqtts://host:8883") from error
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise SiteError("broker.url: not an MQTT URL; wanted: embedded, mqtt://[user@]host:1883 or mqtts://…")
    password = unquote(parts.password) if parts.password else None
    try:
        if config.password_file:
            password = (folder / config.password_file).read_text().strip()
        tls = None
        if parts.scheme == "mqtts":
            tls = ssl.create_default_context(cafile=str(folder / config.ca_file) if config.ca_file else None)
            if not config.verify:
                tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    except OSError as error:
        raise SiteError(
            f"broker: {error.filename or 'ca_file'}: {error.strerror or error}; wanted: a readable file"
        ) from error
    user = unquote(parts.username) if parts.username else None
    return Address(parts.hostname, port or (8883 if tls else 1883), user, password, tls)


class Link:
    """The connection. `on_message(topic, payload)` runs on paho's thread; when it raises, the message comes again.

    An inbound message is acknowledged to the broker only after `on_message` returned, so that none is
    lost between the broker and the bus.
    """

    def __init__(self, address: Address, client_id: str, on_message: Callable[[str, bytes], None]) -> None:
        self.where = repr(address)
        self.well, self.since, self.detail = False, datetime.now(UTC), "connecting"
        self._on_message = on_message
        self._acknowledged: Callable[[int], None] = lambda _mid: None
        self.connected = threading.Event()
        client = self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        if address.user is not None:
            client.username_pw_set(address.user, address.password)
        if address.tls is not None:
            client.tls_set_context(address.tls)
        client.will_set(STATUS.of(), _status(online=False), qos=1, retain=True)
        client.reconnect_delay_set(1, 15)
        client.max_inflight_messages_set(100)
        client.max_queued_messages_set(1000)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_message, client.on_publish = self._message, self._published
        client.on_connect_fail = self._failed
        client.connect_async(address.host, address.port, keepalive=15)

    def start(self) -> None:
        """Connect, and keep connecting, on a thread of its own."""
        self._client.loop_start()

    def on_acknowledged(self, callback: Callable[[int], None]) -> None:
        """Call with the packet id of each publish that the broker acknowledged."""
        self._acknowledged = callback

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int | None:
        """Hand to the broker; the packet id whose acknowledgement will come, or None while there is no connection."""
        if not self.connected.is_set():
            return None
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        return info.mid if info.rc == mqtt.MQTT_ERR_SUCCESS else None

    def stop(self) -> None:
        """Say that the engine ends, then disconnect; the broker keeps the session."""
        if self.connected.is_set():
            info = self._client.publish(STATUS.of(), _status(online=False), qos=1, retain=True)
            try:
                info.wait_for_publish(1.0)
            except (RuntimeError, ValueError) as error:
                _LOG.debug("farewell not published", error=str(error))
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            self._state(well=False, detail=f"refused: {code}")
            return
        client.subscribe([(topic.pattern, topic.qos) for topic in FROM_WORKERS])
        client.publish(STATUS.of(), _status(online=True), qos=1, retain=True)
        self.connected.set()
        self._state(well=True)

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        self.connected.clear()
        self._state(well=False, detail=str(code))

    def _failed(self, _client: mqtt.Client, _data: Any) -> None:
        self._state(well=False, detail="not reachable")

    def _message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._on_message(message.topic, bytes(message.payload))
        except Exception as error:  # noqa: BLE001 - paho's thread must live; without an ack the broker sends it again
            _LOG.warning("inbound message not taken", topic=message.topic, error=repr(error))
            return
        if message.qos:
            client.ack(message.mid, message.qos)

    def _published(self, _client: mqtt.Client, _data: Any, mid: int, _code: Any, _properties: Any) -> None:
        self._acknowledged(mid)

    def _state(self, *, well: bool, detail: str = "") -> None:
        if well != self.well or detail != self.detail:
            if well != self.well:
                self.since = datetime.now(UTC)
                (_LOG.info if well else _LOG.warning)(
                    "broker connected" if well else "broker away", where=self.where, detail=detail
                )
            self.well, self.detail = well, detail


def _status(*, online: bool) -> bytes:
    return msgspec.json.encode(EngineStatus(online=online, at=datetime.now(UTC)))
