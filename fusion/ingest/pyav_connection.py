"""One connection to one camera by libavformat, demultiplexed only: RTSP (RFC 2326) over TCP, or RTP over UDP."""

import time
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from fusion.ingest.media_clock import PtsClock
from fusion.ingest.planes import why
from fusion.ingest.reader import Encoded, StreamFault, StreamHead, StreamSpec, Way
from fusion.types.terminal import Health

_90_KHZ = Fraction(1, 90_000)

#: What libavformat's errors mean for people; the first that fits.
_FAULTS: tuple[tuple[type[Exception], Health, str], ...] = (
    (av.error.HTTPUnauthorizedError, Health.REFUSED, "the camera refuses user or password (401)"),
    (av.error.HTTPForbiddenError, Health.REFUSED, "the camera forbids this user the stream (403)"),
    (av.error.HTTPNotFoundError, Health.REFUSED, "the camera has no such path (404)"),
    (av.error.HTTPClientError, Health.REFUSED, "the camera refuses the request (4xx)"),
    (av.error.HTTPServerError, Health.OFFLINE, "the camera answers that it cannot serve now (5xx)"),
    (av.error.ConnectionRefusedError, Health.OFFLINE, "nobody listens at its address and port"),
    (av.error.ExitError, Health.OFFLINE, "no answer within {open_s} s"),
    (av.error.TimeoutError, Health.OFFLINE, "no answer within {open_s} s"),
    (av.error.InvalidDataError, Health.OFFLINE, "what answers there does not speak RTSP"),
    (av.FFmpegError, Health.OFFLINE, "cannot be reached: {why}"),
)


class RtspConnection:
    """Opened by its constructor, closed by `close`; used by one thread."""

    def __init__(self, spec: StreamSpec, open_timeout: timedelta, read_timeout: timedelta) -> None:
        """Connect, log in and start to play.

        Raises:
            StreamFault: REFUSED, OFFLINE, SILENT or UNDECODABLE, in words without a secret.
        """
        self._open_s, self._read_s = open_timeout.total_seconds(), read_timeout.total_seconds()
        self._opened_s = time.monotonic()
        self._container = self._open(spec.url, spec.way)
        try:
            self._stream = self._video()
            self.head = self._read_head()
        except StreamFault:
            self.close()
            raise
        self._clock = PtsClock()

    def packets(self) -> Iterator[Encoded]:
        """Packets in decoding order, for as long as the camera sends; ends only by a fault.

        Raises:
            StreamFault: SILENT where no packet came in time, else OFFLINE.
        """
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield self._encoded(packet)
        except av.FFmpegError as error:
            if isinstance(error, (av.error.ExitError, av.error.TimeoutError)):
                detail = f"connected, but no packet for {self._read_s:g} s"
                raise StreamFault(Health.SILENT, detail) from None
            raise StreamFault(Health.OFFLINE, f"the connection was lost: {why(error)}") from None
        raise StreamFault(Health.OFFLINE, "the camera ended the stream")

    def close(self) -> None:
        """Say goodbye (TEARDOWN) and close."""
        self._container.close()

    def _open(self, url: str, way: Way) -> InputContainer:
        options = {
            "rtsp_transport": "udp" if way is Way.UDP else "tcp",
            "allowed_media_types": "video",
            "timeout": str(round(1e6 * max(self._open_s, self._read_s))),
            # Parameter sets come with the SDP or the keyframes: reading ahead would only delay the first picture.
            "probesize": "32",
            "analyzeduration": "0",
        }
        try:
            return av.open(url, options=options, timeout=(self._open_s, self._read_s))
        except (av.FFmpegError, ValueError, OSError) as error:
            # "from None": libav's error repeats the address with its password.
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> StreamFault:
        if isinstance(error, av.error.InvalidDataError) and time.monotonic() - self._opened_s >= 0.95 * self._open_s:
            # libavformat calls an answer that was interrupted invalid.
            return StreamFault(Health.OFFLINE, f"accepts the connection, but no answer within {self._open_s:g} s")
        reason = why(error) if isinstance(error, av.FFmpegError) else ""
        for kind, health, detail in _FAULTS:
            if isinstance(error, kind):
                return StreamFault(health, detail.format(why=reason, open_s=f"{self._open_s:g}"))
        return StreamFault(Health.OFFLINE, "its address cannot be used")

    def _video(self) -> VideoStream:
        for stream in self._container.streams.video:
            if stream.codec_context is None:
                raise StreamFault(Health.UNDECODABLE, "its video codec is not known here; wanted: H.264 or H.265")
            return stream
        raise StreamFault(Health.UNDECODABLE, "the stream holds no video")

    def _read_head(self) -> StreamHead:
        context = self._stream.codec_context
        size_px = (context.width, context.height) if context.width and context.height else None
        if size_px is None and time.monotonic() - self._opened_s >= self._open_s:
            raise StreamFault(Health.SILENT, f"connected, but no packet for {self._open_s:g} s")
        time_base = self._stream.time_base or _90_KHZ
        return StreamHead(context.name, size_px, bytes(context.extradata or b""), time_base)

    def _encoded(self, packet: "Packet[VideoStream]") -> Encoded:
        stamp = packet.pts if packet.pts is not None else packet.dts
        pts_s = None if stamp is None else float(stamp * self.head.time_base)
        at_s = self._clock.at_s(pts_s, time.time())
        return Encoded(self.head, bytes(packet), bool(packet.is_keyframe), at_s, packet.pts, packet.dts)
