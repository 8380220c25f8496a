"""The engine's connection to its MQTT broker: made again until stopped, whatever happens to the broker."""

import contextlib
import random
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import structlog

from fusion.alerts.inbox import Inbox
from fusion.alerts.messages import EngineStatus, encode
from fusion.alerts.notifier import Notifier, NotifierConfig
from fusion.alerts.session import Address, Session
from fusion.alerts.topics import FROM_WORKERS, STATUS
from fusion.plugins import Registries
from fusion.types.errors import PeerFault, SiteError
from fusion.types.phone import OutboxMessage

__all__ = ["EMBEDDED", "Address", "BrokerConfig", "Link", "address_of"]

_LOG = structlog.get_logger()
EMBEDDED = "embedded"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.4, 15.0
_STEADY_S = 5.0  # a connection that lasted this long was a good one: the next try comes soon
_FAREWELL_S = 1.0


@Registries.notifiers.register
class BrokerConfig(NotifierConfig):
    """Which broker. A password may stand in the URL or, better, in a file."""

    kind: Literal["mqtt"] = "mqtt"
    url: str = EMBEDDED  #: "embedded", mqtt://[user[:password]@]host[:port] or mqtts://…
    password_file: str | None = None  #: relative to the site's folder
    ca_file: str | None = None  #: PEM; None: the system's authorities
    verify: bool = True
    client_id: str = "fusion-engine"
    port: int = 0  #: of the embedded broker; 0: any free one

    def start(self, folder: Path) -> "Link":
        """A connection that only sends, for a second broker beside the engine's own."""
        link = Link(address_of(self, folder), self.client_id)
        link.start()
        return link


def address_of(config: BrokerConfig, folder: Path) -> Address:
    """The address of a broker by URL; SiteError names what is wrong with it, without the password."""
    wanted = "wanted: embedded, mqtt://[user@]host[:1883] or mqtts://[user@]host[:8883]"
    try:
        parts = urlsplit(config.url)
        port = parts.port
    except ValueError as error:
        raise SiteError(f"broker.url: bad host or port; {wanted}") from error
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise SiteError(f"broker.url: not an MQTT URL; {wanted}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SiteError(f"broker.url: something follows host and port; {wanted}")
    tls = _tls(config, folder) if parts.scheme == "mqtts" else None
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if config.password_file is not None:
        password = _first_line(folder, config.password_file)
    if password is not None and user is None:
        raise SiteError("broker.url: a password without a user; wanted: mqtt://user@host")
    return Address(parts.hostname, port or (8883 if tls else 1883), user, password, tls)


def _tls(config: BrokerConfig, folder: Path) -> ssl.SSLContext:
    try:
        tls = ssl.create_default_context(cafile=str(folder / config.ca_file) if config.ca_file else None)
    except ssl.SSLError as error:
        raise SiteError(f"broker.ca_file: {config.ca_file}: no certificates in it; wanted: a PEM file") from error
    except OSError as error:
        raise SiteError(f"broker.ca_file: {config.ca_file}: {error.strerror}; wanted: a readable PEM file") from error
    if not config.verify:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


def _first_line(folder: Path, name: str) -> str:
    try:
        lines = (folder / name).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not text"
        raise SiteError(f"broker.password_file: {name}: {why}; wanted: a file with the password") from error
    if not lines or not lines[0].strip():
        raise SiteError(f"broker.password_file: {name}: is empty; wanted: the password in its first line")
    return lines[0].strip()


class Link(Notifier):
    """Connects on a thread of its own, with growing pauses and jitter; says `online` and leaves its last will.

    `on_message(topic, payload)` runs on another thread, may block, and may raise PeerFault to be given
    the same message again; the broker is told that a message was taken only after it returned.
    """

    def __init__(
        self,
        address: Address,
        client_id: str,
        on_message: Callable[[str, bytes], None] | None = None,
        more: Sequence[tuple[str, int]] = (),
    ) -> None:
        """With `on_message` it hears phones, and the topics (with their QoS) of `more`."""
        self.where = repr(address)
        self.well, self.since, self.detail = False, datetime.now(UTC), "connecting"
        self.connected = threading.Event()
        self._address, self._client_id = address, client_id
        self._inbox = Inbox(on_message or (lambda _topic, _payload: None))
        heard = [*((topic.pattern, topic.qos) for topic in FROM_WORKERS), *more]
        self._subscriptions = heard if on_message else []
        self._session: Session | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker-link", daemon=True)

    def start(self) -> None:
        """Connect, and keep connecting."""
        self._inbox.start()
        self._thread.start()

    def send(self, message: OutboxMessage) -> Future[None] | None:
        """Publish; the future ends with the broker's acknowledgement. None while there is no connection."""
        session = self._session
        if session is None:
            return None
        return session.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)

    def stop(self) -> None:
        """Say that the engine ends, then disconnect; the broker keeps the session."""
        session = self._session
        if session is not None and not self._stopping.is_set():
            said = self._say(session, online=False)
            if said is not None:
                with contextlib.suppress(TimeoutError, PeerFault):
                    said.result(_FAREWELL_S)
        self._stopping.set()
        if session is not None:
            session.lost.set()  # wakes the thread
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._inbox.stop()

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            began_s = time.monotonic()
            session = Session(
                self._address,
                self._client_id,
                self._subscriptions,
                (STATUS.of(), _status(online=False)),
                self._inbox.put,
            )
            try:
                session.open()
                self._use(session)
            except PeerFault as error:
                self._state(well=False, detail=str(error))
            lasted_s = time.monotonic() - began_s
            pause_s = _FIRST_PAUSE_S if lasted_s > _STEADY_S else min(pause_s * 2, _LONGEST_PAUSE_S)
            self._stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    def _use(self, session: Session) -> None:
        self._session = session
        self._say(session, online=True)
        self._state(well=not session.detail, detail=session.detail)
        self.connected.set()
        session.lost.wait()
        self.connected.clear()
        self._session = None
        session.close()
        if not self._stopping.is_set():
            self._state(well=False, detail=session.detail)

    @staticmethod
    def _say(session: Session, *, online: bool) -> Future[None] | None:
        return session.publish(STATUS.of(), _status(online=online), qos=STATUS.qos, retain=STATUS.retained)

    def _state(self, *, well: bool, detail: str = "") -> None:
        if (well, detail) == (self.well, self.detail):
            return
        if well != self.well:
            self.since = datetime.now(UTC)
        self.well, self.detail = well, detail
        (_LOG.info if well else _LOG.warning)(
            "broker connected" if well else "broker away", where=self.where, detail=detail
        )


def _status(*, online: bool) -> bytes:
    return encode(EngineStatus(online=online, at=datetime.now(UTC)))
