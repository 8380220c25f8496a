"""A clip file as access units, demultiplexed once by PyAV and never decoded."""

import statistics
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from fusion.fleet.nal import (
    Codec,
    in_sprop_order,
    is_parameter_set,
    parse_configuration,
    split_annex_b,
    split_length_prefixed,
    useful,
)
from fusion.fleet.timeline import TICKS_PER_S
from fusion.types.errors import SiteError

_MAX_FILE_BYTES = 1 << 29  # it is held in memory
_CODECS = {"h264": Codec.H264, "hevc": Codec.H265}


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture, in decoding order."""

    #: Without start codes or lengths; a keyframe begins with its parameter sets.
    nals: tuple[bytes, ...]
    #: When it is captured, in 1/90000 s from the clip's first picture.
    capture_ticks: int
    #: When it can be sent: in decoding order and never before its capture. The same where there are no B pictures.
    send_ticks: int
    key: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that can loop: the picture after the last is the first, one picture's interval later."""

    codec: Codec
    width_px: int
    height_px: int
    pictures_per_s: float
    parameter_sets: tuple[bytes, ...]
    units: tuple[AccessUnit, ...]
    duration_ticks: int


@dataclass(frozen=True, slots=True)
class _Packet:
    data: bytes
    pts_ticks: int
    dts_ticks: int
    key: bool


def read_clip(path: Path) -> Clip:
    """Read a file's first video stream, H.264 or H.265. SiteError says what is wrong with it."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise SiteError(f"clip {path}: larger than {_MAX_FILE_BYTES >> 20} MiB; wanted: a short one, it is looped")
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise SiteError(f"clip {path}: no video in it; wanted: H.264 or H.265")
            stream = container.streams.video[0]
            codec = _CODECS.get(stream.codec_context.name)
            if codec is None:
                raise SiteError(f"clip {path}: codec {stream.codec_context.name}; wanted: H.264 or H.265")
            return _clip(stream, codec, _packets(container, stream))
    except OSError as error:  # PyAV's errors are OSErrors or ValueErrors too
        raise SiteError(f"clip {path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise SiteError(f"clip {path}: {error}") from error


def _packets(container: InputContainer, stream: VideoStream) -> list[_Packet]:
    packets = []
    for packet in container.demux(stream):
        if packet.pts is None or packet.dts is None:
            continue  # the demultiplexer's flush
        scale = packet.time_base * TICKS_PER_S
        packets.append(_Packet(bytes(packet), round(packet.pts * scale), round(packet.dts * scale), packet.is_keyframe))
    if not packets or not packets[0].key:
        raise ValueError("does not begin with a keyframe; wanted: one that decodes from its start")
    if any(later.dts_ticks <= earlier.dts_ticks for earlier, later in pairwise(packets)):
        raise ValueError("its decoding times do not rise; wanted: a remuxed file")
    if len({packet.pts_ticks for packet in packets}) < len(packets):
        raise ValueError("two pictures have one time; wanted: a remuxed file")
    return packets


def _clip(stream: VideoStream, codec: Codec, packets: list[_Packet]) -> Clip:
    record = stream.codec_context.extradata or b""
    lengths = record[:1] == b"\x01"  # configurationVersion; annex B begins with a zero
    prefix_bytes, sets = parse_configuration(record, codec) if lengths else (0, split_annex_b(record))
    pictures = [
        useful(split_length_prefixed(packet.data, prefix_bytes) if lengths else split_annex_b(packet.data), codec)
        for packet in packets
    ]
    sets = in_sprop_order(sets or [nal for nal in pictures[0] if is_parameter_set(nal, codec)], codec)
    if not sets:
        raise ValueError("no parameter sets in it; wanted: SPS and PPS")
    interval_ticks = _interval_ticks(stream, packets)
    start = min(packet.pts_ticks for packet in packets)
    delay = max(packet.pts_ticks - packet.dts_ticks for packet in packets)
    units = tuple(
        AccessUnit(
            _with_sets(nals, sets, codec) if packet.key else tuple(nals),
            packet.pts_ticks - start,
            packet.dts_ticks - start + delay,
            packet.key,
        )
        for packet, nals in zip(packets, pictures, strict=True)
    )
    duration_ticks = max(unit.capture_ticks for unit in units) + interval_ticks
    if units[-1].send_ticks - units[0].send_ticks >= duration_ticks:
        raise ValueError("its decoding takes longer than its playing; wanted: a remuxed file")
    size = stream.codec_context
    return Clip(codec, size.width, size.height, TICKS_PER_S / interval_ticks, tuple(sets), units, duration_ticks)


def _interval_ticks(stream: VideoStream, packets: list[_Packet]) -> int:
    times = sorted(packet.pts_ticks for packet in packets)
    if len(times) > 1:
        return round(statistics.median(later - earlier for earlier, later in pairwise(times)))
    return round(TICKS_PER_S / (stream.average_rate or 1))


def _with_sets(nals: list[bytes], sets: list[bytes], codec: Codec) -> tuple[bytes, ...]:
    # A keyframe that brings its own sets may have changed them: the file's must not come in between.
    own = any(is_parameter_set(nal, codec) for nal in nals)
    return tuple(nals) if own else (*sets, *nals)
