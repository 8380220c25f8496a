"""What is asked in which order, and what each answer leads to (RFC 2326 A.1). No bytes, no clock: decisions only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from fusion.ingest.rtsp.address import Address, parse_url, resolve
from fusion.ingest.rtsp.auth import Authenticator
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind, status_fault
from fusion.ingest.rtsp.messages import Request, Response
from fusion.ingest.rtsp.sdp import Media, choose, parse_sdp
from fusion.ingest.rtsp.transport import ASKED, Agreement, agreement
from fusion.types.errors import SiteError

_REDIRECTS = frozenset({301, 302, 303, 305, 307})
_MAX_REDIRECTS = 5
_USER_AGENT = ("User-Agent", "fusion")


class Step(Enum):
    """Which answer is waited for, or, while playing, may be."""

    GREETING = auto()
    DESCRIBING = auto()
    SETTING_UP = auto()
    STARTING = auto()
    PLAYING = auto()


class Move(Enum):
    """What to do after an answer that is no event."""

    WAIT = auto()  #: the answer itself is still to come
    ASK = auto()  #: send `Dialogue.request()` now
    REST = auto()  #: nothing, until a keep-alive is due


@dataclass(frozen=True, slots=True)
class Playing:
    """PLAY was answered: frames of this media come, or will."""

    media: Media


@dataclass(frozen=True, slots=True)
class Redirected:
    """The camera sends us elsewhere: connect to `url` by a new client with `redirects`; this one is done."""

    url: str = field(repr=False)  #: holds the login where it is still the same host, and none elsewhere
    redirects: int  #: how many in a row by now; for the next client's `redirects`


Event = Playing | Redirected


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of the dialogue."""

    method: str
    then: Step  #: after success, and after a failure that is forgiven
    forgiven: frozenset[int] = frozenset()


# Read aloud: while greeting, OPTIONS was sent; once it is answered, we describe. And so on.
# OPTIONS is for cameras that insist on it, and tells how to keep alive: that it fails says nothing of the stream.
# A keep-alive that fails still keeps alive, unless the session is gone or the login no longer holds.
_RULES: Mapping[Step, _Rule] = {
    Step.GREETING: _Rule("OPTIONS", Step.DESCRIBING, frozenset({400, 401, 404, 405, 451, 454, 455, 501, 551})),
    Step.DESCRIBING: _Rule("DESCRIBE", Step.SETTING_UP),
    Step.SETTING_UP: _Rule("SETUP", Step.STARTING),
    Step.STARTING: _Rule("PLAY", Step.PLAYING),
    Step.PLAYING: _Rule("GET_PARAMETER", Step.PLAYING, frozenset(range(400, 600)) - {401, 454}),
}


class Dialogue:
    """One connection's dialogue; the caller sends what it asks and hands it the answers."""

    def __init__(self, address: Address, cnonce: Callable[[], str], redirects: int) -> None:
        self.step = Step.GREETING
        self.media: Media | None = None  #: from DESCRIBE's answer on
        self.agreement: Agreement | None = None  #: from SETUP's answer on
        self._address = address
        self._auth = Authenticator(address.login, cnonce)
        self._redirects = redirects
        self._keep_alive = _RULES[Step.PLAYING].method
        self._carried_login = False  #: whether the present request did
        self._play_by_track = False

    @property
    def method(self) -> str:
        """What the present step asks."""
        return self._keep_alive if self.step is Step.PLAYING else _RULES[self.step].method

    def request(self) -> Request:
        """The present step's request, or the next keep-alive."""
        extra: tuple[tuple[str, str], ...] = ()
        if self.step is Step.DESCRIBING:
            extra = (("Accept", "application/sdp"),)
        elif self.step is Step.SETTING_UP:
            extra = (("Transport", ASKED),)
        elif self.step is Step.STARTING:
            extra = (("Range", "npt=0.000-"),)
        return self._with_login(self.method, self._url(), extra)

    def farewell(self) -> Request | None:
        """TEARDOWN; None where there is no session."""
        return None if self.agreement is None else self._with_login("TEARDOWN", self._url(), ())

    def answered(self, response: Response) -> Move | Event:
        """What the answer to the last request leads to.

        Raises:
            RtspFault: to nothing good.
        """
        rule, status = _RULES[self.step], response.status
        if status < 200:
            return Move.WAIT
        if status < 300:
            return self._succeeded(rule, response)
        if status in _REDIRECTS:
            return self.redirected(response.headers.get("location"))
        if status == 401 and (self.step is not Step.GREETING or self._address.login):
            self._auth.challenged(response.headers.all("www-authenticate"), answered=self._carried_login)
            self.step = rule.then if status in rule.forgiven else self.step
            return Move.ASK
        if status in rule.forgiven:
            return self._forgiven(rule)
        if status == 459 and self.step is Step.STARTING and not self._play_by_track:
            self._play_by_track = True
            return Move.ASK
        raise status_fault(status, self.method)

    def unanswered(self) -> None:
        """A keep-alive got no answer though the stream goes on: try the other kind."""
        self._keep_alive = "OPTIONS"

    def redirected(self, location: str | None) -> Redirected:
        """Where a 3xx or a REDIRECT (RFC 2326 10.10) leads.

        Raises:
            RtspFault: PROTOCOL: nowhere, or in circles.
        """
        if self._redirects >= _MAX_REDIRECTS:
            raise RtspFault(RtspFaultKind.PROTOCOL, f"the camera sends us elsewhere more than {_MAX_REDIRECTS} times")
        try:
            target = parse_url((location or "").strip())
        except SiteError:
            raise RtspFault(
                RtspFaultKind.PROTOCOL, "the camera sends us elsewhere, but names no address of a stream"
            ) from None
        same_host = target.host.lower() == self._address.host.lower()
        kept = same_host and (target.tls or not self._address.tls)
        return Redirected(target.with_login(self._address.login if kept else None), self._redirects + 1)

    def _succeeded(self, rule: _Rule, response: Response) -> Move | Event:
        if self.step is Step.GREETING:
            self._learn_keep_alive(response)
        else:
            self._auth.accepted()
        if self.step is Step.DESCRIBING:
            self.media = choose(parse_sdp(response.body, self._base(response)))
        elif self.step is Step.SETTING_UP:
            self.agreement = agreement(response.headers)
        before, self.step = self.step, rule.then
        if before is Step.STARTING and self.media is not None:
            return Playing(self.media)
        return Move.REST if before is Step.PLAYING else Move.ASK

    def _forgiven(self, rule: _Rule) -> Move:
        if self.step is Step.PLAYING:
            self.unanswered()
            return Move.REST
        self.step = rule.then
        return Move.ASK

    def _learn_keep_alive(self, response: Response) -> None:
        public = {word.strip().upper() for line in response.headers.all("public") for word in line.split(",")}
        if public - {""} and self._keep_alive not in public:
            self._keep_alive = "OPTIONS"

    def _base(self, response: Response) -> str:
        """What relative control URLs are relative to (RFC 2326 C.1.1)."""
        headers = response.headers
        return resolve(self._address.request_url, headers.get("content-base") or headers.get("content-location") or "")

    def _url(self) -> str:
        if self.media is None:
            return self._address.request_url
        by_track = self.step is Step.SETTING_UP or self._play_by_track
        return self.media.control if by_track else self.media.session_url

    def _with_login(self, method: str, url: str, extra: tuple[tuple[str, str], ...]) -> Request:
        login = self._auth.header(method, url)
        self._carried_login = login is not None
        headers = [_USER_AGENT, *extra]
        if self.agreement is not None and self.agreement.session_id:
            headers.append(("Session", self.agreement.session_id))
        if login is not None:
            headers.append(("Authorization", login))
        return Request(method, url, tuple(headers))
