"""An RTSP 1.0 client over TCP interleaved (RFC 2326 10.12), sans-I/O: bytes in, bytes and events out.

The driver owns the socket and the clock. For one connection it makes one client as soon as it is connected, and then:
sends `data_to_send()` after each call; hands on what it read by `receive`; calls `tick` every second or so; sends what
`close` gives before it closes. After an `RtspFault` or a `Redirected` the client is of no more use.
"""

from collections.abc import Callable
from typing import Protocol

from fusion.ingest.rtsp.address import Address, parse_url
from fusion.ingest.rtsp.dialogue import Dialogue, Event, Move, Playing, Redirected, Step
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind
from fusion.ingest.rtsp.messages import MessageParser, Request, Response, ServerRequest
from fusion.ingest.rtsp.sdp import Media

__all__ = ["Event", "Playing", "Receiver", "Redirected", "RtspClient"]

_DOLLAR = 0x24
_MAX_FRAME_BYTES = 4 + 0xFFFF
_MAX_EARLY_BYTES = 256 * 1024  #: frames passed over before there is a receiver
_MAX_QUEUED_BYTES = 64 * 1024  #: answers to a server's requests that the driver has not fetched


class Receiver(Protocol):
    """Takes the interleaved frames of one session: `$`, channel, length as two bytes, that many bytes."""

    def feed(self, buffer: bytes, start: int, now_s: float) -> int:
        """Consume whole frames beginning at `start`; the offset of the first byte not consumed.

        It stops before a frame that is not whole and before a byte that is not `$`. Frames of unknown channels are
        its own business. It may raise RtspFault.
        """
        ...


class RtspClient:
    """One connection to one camera, from OPTIONS to TEARDOWN."""

    def __init__(
        self,
        url: str,
        *,
        now_s: float,
        cnonce: Callable[[], str],
        make_receiver: Callable[[Media, int, int], Receiver],
        answer_timeout_s: float = 10.0,
        redirects: int = 0,
    ) -> None:
        """Queue the first request; the time for its answer begins now.

        Args:
            url: rtsp:// or rtsps://, with its login.
            now_s: a monotonic clock's time, as everywhere here.
            cnonce: gives a fresh random text of letters and digits, for Digest.
            make_receiver: called once SETUP is answered, with the media, its RTP and its RTCP channel (0 to 255).
            answer_timeout_s: how long each answer may take.
            redirects: how many redirects led here.

        Raises:
            SiteError: the URL is no address of a stream.
        """
        self.address: Address = parse_url(url)  #: what to connect to
        self._dialogue = Dialogue(self.address, cnonce, redirects)
        self._parser = MessageParser()
        self._make_receiver = make_receiver
        self._receiver: Receiver | None = None
        self._answer_timeout_s = answer_timeout_s
        self._rest = b""  #: an unfinished frame or message
        self._queued = bytearray()
        self._cseq = 0
        self._asked_s: float | None = None  #: since when an answer is waited for
        self._heard_s = now_s  #: when the last bytes came
        self._keep_alive_due_s = now_s
        self._early_bytes = 0
        self._over = False  #: after a fault, a redirect or `close`
        self._said_farewell = False
        self._ask(now_s)

    @property
    def playing(self) -> bool:
        """Whether PLAY was answered, and nothing has ended it."""
        return self._dialogue.step is Step.PLAYING and not self._over

    @property
    def receiver(self) -> Receiver | None:
        """What `make_receiver` gave; None before SETUP is answered."""
        return self._receiver

    def data_to_send(self) -> bytes:
        """What is to be sent now, once."""
        data = bytes(self._queued)
        self._queued.clear()
        return data

    def receive(self, data: bytes, now_s: float) -> list[Event]:
        """Take bytes that came; what they mean, in order.

        Raises:
            RtspFault: the connection is of no more use.
        """
        buffer = self._rest + data if self._rest else data
        self._heard_s = now_s
        events: list[Event] = []
        try:
            self._rest = buffer[self._take(buffer, now_s, events) :]
        except RtspFault:
            self._end()
            raise
        return events

    def tick(self, now_s: float) -> None:
        """Queue a keep-alive where one is due.

        Raises:
            RtspFault: TIMEOUT: no answer in time; while playing only where nothing else came either.
        """
        if self._over:
            return
        if self._asked_s is not None:
            if now_s - self._asked_s >= self._answer_timeout_s:
                self._late(self._asked_s)
        elif self.playing and now_s >= self._keep_alive_due_s:
            self._ask(now_s)

    def close(self) -> bytes:
        """What is left to send before closing: a TEARDOWN where there is a session. Twice is harmless."""
        farewell, self._said_farewell = (None if self._said_farewell else self._dialogue.farewell()), True
        if farewell is not None:
            self._send(farewell)
        self._end()
        return self.data_to_send()

    def _take(self, buffer: bytes, now_s: float, events: list[Event]) -> int:
        """Take all frames and messages that are whole; where the first that is not begins."""
        at = 0
        while not self._over:
            at = self._receiver.feed(buffer, at, now_s) if self._receiver is not None else self._pass_over(buffer, at)
            if at >= len(buffer):
                return at
            if buffer[at] == _DOLLAR:
                if len(buffer) - at >= _MAX_FRAME_BYTES:
                    raise RtspFault(RtspFaultKind.PROTOCOL, "a frame of the camera's stream does not end")
                return at
            message, at = self._parser.parse(buffer, at)
            if message is None:
                if buffer[at : at + 1] == b"$":  # behind empty lines
                    continue
                return at
            event = self._answered(message, now_s) if isinstance(message, Response) else self._asked(message)
            if event is not None:
                events.append(event)
        return len(buffer)

    def _pass_over(self, buffer: bytes, at: int) -> int:
        """Leave out frames of nobody's: some cameras send before they are asked."""
        while len(buffer) - at >= 4 and buffer[at] == _DOLLAR:
            end = at + 4 + int.from_bytes(buffer[at + 2 : at + 4], "big")
            if end > len(buffer):
                break
            self._early_bytes += end - at
            if self._early_bytes > _MAX_EARLY_BYTES:
                raise RtspFault(RtspFaultKind.PROTOCOL, "the camera sends its stream before it was asked to")
            at = end
        return at

    def _answered(self, response: Response, now_s: float) -> Event | None:
        # One request is out at a time, so that whatever comes answers it: cameras do not all repeat our CSeq.
        if self._asked_s is None:
            return None
        outcome = self._dialogue.answered(response)
        if outcome is Move.WAIT:
            return None
        self._asked_s = None
        if self._receiver is None and self._dialogue.media and self._dialogue.agreement:
            channels = self._dialogue.agreement.rtp_channel, self._dialogue.agreement.rtcp_channel
            self._receiver = self._make_receiver(self._dialogue.media, *channels)
        if outcome is Move.ASK:
            self._ask(now_s)
        if isinstance(outcome, Redirected):
            self._end()
        return None if isinstance(outcome, Move) else outcome

    def _asked(self, request: ServerRequest) -> Event | None:
        """Answer a request of the server's (RFC 2326 10: OPTIONS, ANNOUNCE, REDIRECT, GET_PARAMETER)."""
        if request.method == "TEARDOWN":
            raise RtspFault(RtspFaultKind.ENDED, "the camera ended the session (TEARDOWN)")
        if len(self._queued) > _MAX_QUEUED_BYTES:
            raise RtspFault(RtspFaultKind.PROTOCOL, "the camera floods us with requests")
        if request.method in ("OPTIONS", "GET_PARAMETER", "REDIRECT"):
            self._queued += request.answer(200, "OK", ("Public", "OPTIONS, GET_PARAMETER, REDIRECT"))
        else:
            self._queued += request.answer(501, "Not Implemented")
        if request.method != "REDIRECT":
            return None
        redirected = self._dialogue.redirected(request.headers.get("location"))
        self._end()
        return redirected

    @property
    def _keep_alive_s(self) -> float:
        return self._dialogue.agreement.keep_alive_s if self._dialogue.agreement else self._answer_timeout_s

    def _ask(self, now_s: float) -> None:
        self._send(self._dialogue.request())
        self._asked_s, self._keep_alive_due_s = now_s, now_s + self._keep_alive_s

    def _send(self, request: Request) -> None:
        self._cseq += 1
        self._queued += request.encode(self._cseq)

    def _late(self, asked_s: float) -> None:
        """An answer is overdue."""
        if self.playing and self._heard_s > asked_s:
            # Cameras that never answer a keep-alive are kept alive by it all the same.
            self._dialogue.unanswered()
            self._asked_s = None
            return
        self._end()
        waited = f"{self._answer_timeout_s:g} s"
        raise RtspFault(RtspFaultKind.TIMEOUT, f"the camera did not answer {self._dialogue.method} within {waited}")

    def _end(self) -> None:
        self._over, self._rest = True, b""
