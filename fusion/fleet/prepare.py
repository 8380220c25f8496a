"""Clips encoded again as street cameras encode: a wanted size, rate, codec and distance between keyframes."""

import statistics
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.video.frame import PictureType, VideoFrame

from fusion.fleet.encode import ENCODERS, Form, set_up
from fusion.types.errors import SiteError


def prepared(source: Path, folder: Path, form: Form) -> Path:
    """The clip in that form out of `folder`, made there if it is not there yet; as `prepare`.

    The file's name tells the form, and the source by its name, size and time of change.
    """
    try:
        state = source.stat()
    except OSError as error:
        raise SiteError(f"clip {source}: cannot be read: {error.strerror}") from error
    mark = sha256(f"{source.resolve()} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:8]
    target = folder / f"{source.stem}.{mark}.{form.name}.mp4"
    if not target.is_file():
        prepare(source, target, form)
    return target


def prepare(source: Path, target: Path, form: Form) -> None:
    """Encode a file's first video stream again into `target` (MP4), all of it or nothing.

    Each picture is the source's nearest in time; they are so many that whole groups of pictures come out,
    so that keyframes stay evenly spaced over the loops. A source shorter than one group holds its last picture.
    SiteError says what is wrong with the source or the target.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(source)) as container:
            if not container.streams.video:
                raise SiteError(f"clip {source}: no video in it")
        _encode(part, _held(source, form), form)
        part.replace(target)
    except OSError as error:  # PyAV's errors are OSErrors or ValueErrors too
        raise SiteError(f"clip {source} to {target}: {error.strerror or error}") from error
    except ValueError as error:
        raise SiteError(f"clip {source}: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, pictures: Iterator[VideoFrame], form: Form) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream(ENCODERS[form.codec], rate=form.fps)
        set_up(stream, form)
        for number, picture in enumerate(pictures):
            frame = picture.reformat(*form.size_px, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, form.fps)
            frame.pict_type = PictureType.NONE if number % form.gop_pictures else PictureType.I
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _held(source: Path, form: Form) -> Iterator[VideoFrame]:
    """The source's pictures at the form's rate."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        times = sorted(float(p.pts * p.time_base) for p in container.demux(stream) if p.pts is not None)
        if not times:
            raise ValueError("no pictures in it")
        interval_s = statistics.median(b - a for a, b in pairwise(times)) if len(times) > 1 else 1 / form.fps
        groups = int((times[-1] - times[0] + interval_s) * form.fps / form.gop_pictures + 1e-6)
        count = max(1, groups) * form.gop_pictures
        container.seek(0, backward=True)
        number, before = 0, None
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            while number < count and before is not None and _nearer(before, frame, times[0] + number / form.fps):
                yield before
                number += 1
            before = frame
        if before is None:
            raise ValueError("no picture of it decodes")
        for _ in range(number, count):
            yield before


def _nearer(before: VideoFrame, after: VideoFrame, time_s: float) -> bool:
    return abs((before.time or 0) - time_s) <= abs((after.time or 0) - time_s)
