"""One terminal's connection for the reader that drives many: its socket, its RTSP client, what it has brought."""

import secrets
import socket
import ssl
import time
from dataclasses import replace
from enum import Enum, auto
from fractions import Fraction

from fusion.ingest.media_clock import PtsClock
from fusion.ingest.reader import Encoded, PacketSink, ReadFacts, StreamFault, StreamHead, StreamSpec
from fusion.ingest.rtsp.access_unit import format_of, parameter_sets
from fusion.ingest.rtsp.client import Playing, Redirected, RtspClient
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind
from fusion.ingest.rtsp.receiver import CodedPicture, RtpReceiver
from fusion.ingest.rtsp.rtcp import SenderReport
from fusion.ingest.rtsp.sdp import Media
from fusion.types.terminal import Health

_BUFFER = memoryview(bytearray(1 << 18))  # one for all: a single thread reads
_HEALTH = {
    RtspFaultKind.REFUSED: Health.REFUSED,
    RtspFaultKind.NO_PATH: Health.REFUSED,
    RtspFaultKind.UNSUPPORTED: Health.UNDECODABLE,
    RtspFaultKind.TIMEOUT: Health.OFFLINE,
}


class Step(Enum):
    """How far a connection is."""

    CONNECTING = auto()
    SECURING = auto()  #: the TLS handshake
    ASKING = auto()  #: from the first request to PLAY's answer
    PLAYING = auto()


class Line:
    """An open connection. Each method may raise `StreamFault`: then it is of no more use and to be closed."""

    def __init__(
        self, spec: StreamSpec, url: str, sock: socket.socket, sink: PacketSink, answer_timeout_s: float, redirects: int
    ) -> None:
        self.spec, self.sock = spec, sock
        self.step = Step.CONNECTING
        self.opened_s = self.heard_s = time.monotonic()
        self.fault_kind: RtspFaultKind | None = None  #: of the fault that ended it, where RTSP was the matter
        self.redirected: Redirected | None = None
        self._url, self._sink, self._answer_timeout_s, self._redirects = url, sink, answer_timeout_s, redirects
        self._client: RtspClient | None = None
        self._receiver: RtpReceiver | None = None
        self._head: StreamHead
        self._clock = PtsClock()
        self._out = b""
        self._octets = self._pictures = 0
        self._report: SenderReport | None = None  #: with its arrival in Unix seconds
        self._report_as_came: SenderReport | None = None

    @property
    def wants_to_send(self) -> bool:
        """Whether something waits until the socket can take it."""
        return bool(self._out) or self.step is Step.CONNECTING

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS on the connected socket."""
        self.sock = context.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.step = Step.SECURING

    def shake_hands(self) -> bool:
        """Go on with TLS; whether it is done.

        Raises:
            StreamFault: the certificate is not trusted, or the peer speaks no TLS.
        """
        try:
            if isinstance(self.sock, ssl.SSLSocket):
                self.sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except ssl.SSLCertVerificationError as error:
            raise StreamFault(Health.REFUSED, f"its certificate is not trusted: {error.verify_message}") from None
        except OSError as error:
            raise StreamFault(Health.OFFLINE, f"no TLS with it: {error.strerror or type(error).__name__}") from None
        return True

    def ask(self) -> None:
        """The connection stands: send the first request."""
        self._client = RtspClient(
            self._url,
            now_s=time.monotonic(),
            cnonce=lambda: secrets.token_hex(8),
            make_receiver=self._make_receiver,
            answer_timeout_s=self._answer_timeout_s,
            redirects=self._redirects,
        )
        self.step = Step.ASKING
        self.send()

    def read(self, now_s: float, wall_s: float) -> None:
        """Take everything that has come, and hand on what it holds."""
        client = self._client
        if client is None:
            return
        while True:
            size = self._recv()
            if not size:
                break
            self.heard_s = now_s
            self._octets += size
            try:
                events = client.receive(bytes(_BUFFER[:size]), now_s)
            except RtspFault as fault:
                self._hand_on(wall_s)
                raise self._fault(fault) from None
            for event in events:
                if isinstance(event, Playing):
                    self.step = Step.PLAYING
                    self._sink.opened(self.spec.terminal_id, self._head)
                else:
                    self.redirected = event
                    return
            if size < len(_BUFFER) and not isinstance(self.sock, ssl.SSLSocket):
                break
        if self.step is Step.PLAYING:
            self._hand_on(wall_s)
        else:
            self.send()

    def tick(self, now_s: float) -> None:
        """Keep the session alive, and notice answers that do not come."""
        if self._client is None:
            return
        try:
            self._client.tick(now_s)
        except RtspFault as fault:
            raise self._fault(fault) from None
        self.send()

    def send(self) -> None:
        """Send what waits, as far as the socket takes it."""
        if self._client is not None:
            self._out += self._client.data_to_send()
        if not self._out:
            return
        try:
            self._out = self._out[self.sock.send(self._out) :]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            raise StreamFault(Health.OFFLINE, f"the connection was lost: {error.strerror or 'reset'}") from None

    def close(self) -> None:
        """Say goodbye where that is possible without waiting, and close."""
        try:
            if self._client is not None:
                self.sock.send(self._client.close())
        except OSError:
            pass  # it is gone already
        self.sock.close()

    def facts(self, before: ReadFacts) -> ReadFacts:
        """What the stream has brought with this connection, added to what it had `before`."""
        receiver = self._receiver
        if receiver is None:
            return before
        report = receiver.report
        if report is not None and report is not self._report_as_came:
            # Once for each report: a second reading of the clocks would make another one of it.
            self._report_as_came = report
            self._report = replace(report, arrival_s=report.arrival_s + time.time() - time.monotonic())
        return ReadFacts(
            packets=before.packets + receiver.packets,
            lost=before.lost + receiver.lost,
            pictures=before.pictures + self._pictures,
            dropped=before.dropped + receiver.dropped,
            octets=before.octets + self._octets,
            report=self._report,
        )

    def _recv(self) -> int:
        """Bytes read into the buffer; 0: none wait."""
        try:
            size = self.sock.recv_into(_BUFFER)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError as error:
            raise StreamFault(Health.OFFLINE, f"the connection was lost: {error.strerror or 'reset'}") from None
        if not size:
            raise StreamFault(Health.OFFLINE, "the camera ended the connection")
        return size

    def _make_receiver(self, media: Media, rtp_channel: int, rtcp_channel: int) -> RtpReceiver:
        payloads = format_of(media.codec)
        if payloads is None:
            raise RtspFault(RtspFaultKind.UNSUPPORTED, f"its codec {media.codec} is not read here")
        self._receiver = RtpReceiver(payloads, media.payload_type, rtp_channel, rtcp_channel)
        wire = (rtp_channel, media.payload_type)
        self._head = StreamHead(media.codec, None, media.extradata, Fraction(1, media.clock_rate_hz), wire)
        return self._receiver

    def _hand_on(self, wall_s: float) -> None:
        pictures = self._receiver.take() if self._receiver is not None else []
        if not pictures:
            return
        if not self._head.extradata:
            self._learn_sets(pictures)
        head, at_s, rate = self._head, self._clock.at_s, self._head.time_base.denominator
        batch = [Encoded(head, p.raw, p.key, at_s(p.ticks / rate, wall_s), p.ticks, None) for p in pictures]
        self._pictures += len(batch)
        self._sink.packets(self.spec.terminal_id, batch)

    def _learn_sets(self, pictures: list[CodedPicture]) -> None:
        """Where the description gave no parameter sets: those of the first keyframe that brings them."""
        for picture in pictures:
            if picture.key and self._head.wire is not None:
                sets = parameter_sets(picture.raw, self._head.codec, *self._head.wire)
                self._head = replace(self._head, extradata=sets)
                return

    def _fault(self, fault: RtspFault) -> StreamFault:
        self.fault_kind = fault.kind
        return StreamFault(_HEALTH.get(fault.kind, Health.OFFLINE), str(fault))
