"""A clip decoded, changed and encoded again in memory: same codec, size and times, and mostly the same keyframes."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from fusion.fleet.clip import AccessUnit, Clip
from fusion.fleet.encode import ENCODERS, Form, set_up
from fusion.fleet.nal import Codec, in_sprop_order, is_parameter_set, split_annex_b, useful
from fusion.fleet.timeline import TICKS_PER_S
from fusion.types.errors import SiteError

#: Luma [height, width] and the two planes of colour [height/2, width/2], uint8 in studio range.
Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to a clip."""

    #: A picture's planes to those that are seen in their place.
    picture: Callable[[Planes, np.random.Generator], Planes] | None = None
    #: The first picture stays for ever.
    still: bool = False
    #: From keyframe to keyframe, where it is not to be as in the clip.
    gop: timedelta | None = None
    #: Only each so-many-th picture is kept.
    every: int = 1
    #: The bitrate; 0 is the clip's own, without it quality decides.
    kbit_s: int | None = None


def altered(path: Path, clip: Clip, change: Change, stopped: threading.Event) -> Clip:
    """The clip that is read from `path`, changed. Pictures keep their times, so that a player can turn to it midway.

    SiteError where it cannot be encoded, or when it is `stopped`.
    """
    keys = sorted(unit.capture_ticks for unit in clip.units if unit.key)
    delay_ticks = max(unit.send_ticks - unit.capture_ticks for unit in clip.units)
    if change.gop is not None:
        step = max(1, round(change.gop.total_seconds() * TICKS_PER_S))
        keys = list(range(0, clip.duration_ticks, step))
    form = Form(
        clip.codec,
        (clip.width_px, clip.height_px),
        max(1, round(clip.pictures_per_s / change.every)),
        timedelta(minutes=10),  # keyframes come where we say
        kbit_s=_own_kbit_s(clip) if change.kbit_s == 0 else change.kbit_s,
        constant=change.still,
    )
    try:
        units = tuple(_units(_frames(path, clip, change, keys, stopped), form, delay_ticks))
    except (OSError, ValueError) as error:  # PyAV's
        raise SiteError(f"clip {path}: cannot be altered: {error}") from error
    sets = in_sprop_order([n for n in units[0].nals if is_parameter_set(n, clip.codec)], clip.codec)
    return Clip(clip.codec, *form.size_px, clip.pictures_per_s / change.every, tuple(sets), units, clip.duration_ticks)


def _own_kbit_s(clip: Clip) -> int:
    total_bytes = sum(len(nal) for unit in clip.units for nal in unit.nals)
    return max(16, round(total_bytes * 8 / 1000 * TICKS_PER_S / clip.duration_ticks))


def _frames(path: Path, clip: Clip, change: Change, keys: list[int], stopped: threading.Event) -> Iterator[VideoFrame]:
    """The pictures to be encoded, with their times in ticks and keyframes marked."""
    times = sorted(unit.capture_ticks for unit in clip.units)
    random, left, first = np.random.default_rng(7), list(keys), None
    for number, (ticks, planes) in enumerate(zip(times, _pictures(path), strict=False)):
        if stopped.is_set():
            raise ValueError("the fleet has stopped")
        if number % change.every:
            continue
        first = first or planes
        shown = first if change.still else planes
        if change.picture is not None:
            shown = change.picture(shown, random)
        frame = VideoFrame.from_ndarray(
            np.concatenate([plane.ravel() for plane in shown]).reshape(-1, clip.width_px), format="yuv420p"
        )
        frame.pts, frame.time_base = ticks, Fraction(1, TICKS_PER_S)
        frame.pict_type = PictureType.P
        if left and ticks >= left[0]:
            left = [key for key in left if key > ticks]
            frame.pict_type = PictureType.I
        yield frame


def _pictures(path: Path) -> Iterator[Planes]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            image = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
            height, width = frame.height, frame.width
            half = (height // 2, width // 2)
            colour = image[height:].reshape(2, *half)
            yield image[:height], colour[0], colour[1]


def _units(frames: Iterator[VideoFrame], form: Form, delay_ticks: int) -> Iterator[AccessUnit]:
    encoder: Any = CodecContext.create(ENCODERS[form.codec], "w")
    set_up(encoder, form)
    encoder.framerate, encoder.time_base = Fraction(form.fps), Fraction(1, TICKS_PER_S)
    for frame in frames:
        yield from (_unit(packet, form.codec, delay_ticks) for packet in encoder.encode(frame))
    yield from (_unit(packet, form.codec, delay_ticks) for packet in encoder.encode(None))


def _unit(packet: "Packet[Any]", codec: Codec, delay_ticks: int) -> AccessUnit:
    if packet.pts is None:
        raise ValueError("the encoder gave a picture without a time")
    nals = useful(split_annex_b(bytes(packet)), codec)
    return AccessUnit(tuple(nals), packet.pts, packet.pts + delay_ticks, packet.is_keyframe)
