"""Decoders of single keyframes and of whole streams, on codec contexts of our own: no container holds memory."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import av
from av.codec.context import CodecContext, Flags
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from fusion.ingest.planes import picture_of, why
from fusion.ingest.reader import Encoded, StreamFault
from fusion.types.picture import Picture
from fusion.types.terminal import Health

#: A parameter set may claim any size, and the decoder would take memory for it.
_MOST_PIXELS = str(8192 * 4320)
_MOST_PROVEN = 4096  #: some 100 bytes each
_START = b"\x00\x00\x01"
_NALS_BEFORE_A_PICTURE = 12
_EPOCH = datetime.fromtimestamp(0, UTC)
_US = timedelta(microseconds=1)


class KeyframeDecoder:
    """Decodes keyframes of any number of streams, one context a codec; used by one thread.

    Each keyframe is fed with the parameter sets of its own stream and the context is flushed after it, so that nothing
    of one camera reaches the next. A decoder that refuses sets would go on with those of the camera before: sets that
    never gave a picture are tried in a context of their own. The loop filter is skipped: it changes what nobody judges,
    and costs 12-20 %.
    """

    def __init__(self) -> None:
        self._contexts: dict[str, VideoCodecContext] = {}
        self._proven: OrderedDict[bytes, None] = OrderedDict()  #: parameter sets that gave a picture

    def decode(self, terminal_id: str, packet: Encoded) -> Picture:
        """The picture of a keyframe.

        Raises:
            StreamFault: UNDECODABLE: its codec is unknown here, or the data are broken.
        """
        codec, sets = packet.head.codec, packet.head.extradata
        data = packet.data
        sets += sets_in(data, codec)
        if sets in self._proven:
            return self._decoded(self._shared(codec), terminal_id, packet, data)
        picture = self._decoded(_context(codec, keyframes=True), terminal_id, packet, data)
        self._proven[sets] = None
        if len(self._proven) > _MOST_PROVEN:
            self._proven.popitem(last=False)
        return picture

    def _shared(self, codec: str) -> VideoCodecContext:
        context = self._contexts.get(codec)
        if context is None:
            context = self._contexts[codec] = _context(codec, keyframes=True)
        return context

    def _decoded(self, context: VideoCodecContext, terminal_id: str, packet: Encoded, data: bytes) -> Picture:
        codec = packet.head.codec
        try:
            frames = context.decode(_fed(packet, data)) or context.decode(None)
            context.flush_buffers()
        except av.FFmpegError as error:
            self._contexts.pop(codec, None)
            raise StreamFault(Health.UNDECODABLE, f"its {codec} keyframes cannot be decoded: {why(error)}") from None
        whole = [frame for frame in frames if not frame.is_corrupt]
        if not whole:
            raise StreamFault(Health.UNDECODABLE, f"its {codec} keyframes give no whole picture")
        return _picture(whole[0], terminal_id, packet.at)


class WholeDecoder:
    """Decodes each picture of one stream; used by one thread. Packets begin at a keyframe, also after `restart`."""

    def __init__(self, terminal_id: str) -> None:
        self._terminal_id = terminal_id
        self._context: VideoCodecContext | None = None
        self._codec = ""
        self.broken_packets = 0

    def restart(self) -> None:
        """Forget the pictures that later ones refer to; the next packet is a keyframe."""
        self._context = None

    def frames(self, packet: Encoded) -> Iterator[tuple[datetime, VideoFrame]]:
        """The frames that a packet completes, with the time of each (aware, UTC), in order of showing.

        Raises:
            StreamFault: UNDECODABLE: its codec is unknown here. Broken packets are counted instead.
        """
        if self._context is None or self._codec != packet.head.codec:
            self._codec = packet.head.codec
            self._context = _context(self._codec, keyframes=False)
        fed = _fed(packet, packet.data)
        # The decoder puts frames in order of showing and hands each its stamp through: the stamp is the time itself.
        fed.pts = round(packet.at_s * 1e6)
        fed.time_base = Fraction(1, 1_000_000)
        try:
            frames = self._context.decode(fed)
        except av.FFmpegError:
            self.broken_packets += 1
            return
        for frame in frames:
            if frame.is_corrupt:
                self.broken_packets += 1
            elif frame.pts is not None:
                yield _EPOCH + frame.pts * _US, frame

    def picture(self, at: datetime, frame: VideoFrame) -> Picture:
        """The picture of a frame that is to be looked at.

        Raises:
            StreamFault: UNDECODABLE: its pixel format cannot be converted.
        """
        return _picture(frame, self._terminal_id, at)


def _context(codec: str, *, keyframes: bool) -> VideoCodecContext:
    try:
        context = CodecContext.create(codec, "r")
    except (av.FFmpegError, ValueError):
        raise StreamFault(Health.UNDECODABLE, f"no decoder for {codec} here; wanted: H.264 or H.265") from None
    if not isinstance(context, VideoCodecContext):
        raise StreamFault(Health.UNDECODABLE, f"{codec} is no video codec; wanted: H.264 or H.265")
    context.thread_count = 1
    if keyframes:
        context.flags |= Flags.low_delay
        # Without "explode" the H.265 decoder gives half a picture out as a whole one.
        context.options = {"skip_loop_filter": "all", "err_detect": "explode", "max_pixels": _MOST_PIXELS}
    else:
        context.options = {"max_pixels": _MOST_PIXELS}
    return context


def sets_in(data: bytes, codec: str) -> bytes:
    """The parameter sets (H.264: types 7 and 8, H.265: 32 to 34) before the first slice of an Annex B picture."""
    sets, slices = ((7, 8), (1, 5)) if codec == "h264" else ((32, 33, 34), range(32))
    found, at = b"", data.find(_START)
    for _ in range(_NALS_BEFORE_A_PICTURE):
        if at < 0 or at + 3 >= len(data):
            break
        kind = data[at + 3] & 0x1F if codec == "h264" else (data[at + 3] >> 1) & 0x3F
        if kind in slices:  # asked before its end is looked for: that is nearly all of the picture
            break
        after = data.find(_START, at + 3)
        if kind in sets:
            found += data[at : after if after >= 0 else None]
        at = after
    return found


def _fed(packet: Encoded, coded: bytes) -> "Packet[Stream]":
    """The packet for the decoder; a keyframe comes with the parameter sets of its stream in front (Annex B)."""
    data = packet.head.extradata + coded if packet.keyframe else coded
    # Made by its size it has libavcodec's padding behind it, which decoders read over; made of bytes it has not.
    fed: Packet[Stream] = Packet(len(data))
    if data:
        fed.update(data)
    return fed


def _picture(frame: VideoFrame, terminal_id: str, at: datetime) -> Picture:
    try:
        return picture_of(frame, terminal_id, at)
    except av.FFmpegError as error:
        detail = f"its pictures of format {frame.format.name} cannot be converted: {why(error)}"
        raise StreamFault(Health.UNDECODABLE, detail) from None
