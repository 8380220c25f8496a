"""The clips that benches serve: the demo zone's scenes, encoded again as street cameras encode them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from bench.report import say
from fusion.cli.sites import demo_zone

Codec = Literal["h264", "h265"]
Size = Literal["360p", "1080p"]
GOP_S = 2
CODECS: tuple[Codec, ...] = ("h264", "h265")
#: scenes in which people and vehicles move all the time, and scenes that have a still stretch
ACTIVE, QUIET = ("stall_cart", "stall_tricycle", "dump_bags", "dump_truck"), ("night", "dusk_parking", "rain")
_STRETCH = 12  #: pictures of the quiet stretch
_NOISE = 4.0  #: standard deviation of a sensor's noise, of 255: a rendering has none, and its P pictures no bits

_Rgb = NDArray[np.uint8]  # [height, width, 3]


@dataclass(frozen=True, slots=True)
class Format:
    """How a stream is encoded."""

    size_px: tuple[int, int]
    fps: int
    kbit_s: int  #: at most
    which: str  #: the demo zone's stream that it is made of: "sub" or "main"


FORMATS: dict[Size, Format] = {
    "360p": Format((640, 360), 15, 500, "sub"),
    "1080p": Format((1920, 1080), 25, 4000, "main"),
}


def prepared(work: Path, scene: str, size: Size, codec: Codec, *, seconds: int, quiet: bool = False) -> Path:
    """The clip's file, made if it is not there yet: a keyframe every 2 s, no B pictures, whole groups of pictures.

    Args:
        work: where prepared clips are kept.
        scene: one of the demo zone's.
        size: its format.
        codec: its codec.
        seconds: how long it is; rounded down to whole groups of pictures, at least one.
        quiet: the scene's stillest stretch, to and fro, instead of the scene.
    """
    seconds = max(1, seconds // GOP_S) * GOP_S
    path = work / "clips" / f"{scene}{'.quiet' if quiet else ''}.{size}.{codec}.{seconds}s.mp4"
    if not path.is_file():
        say(f"preparing {path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        source = demo_zone() / "clips" / f"{scene}.{FORMATS[size].which}.mp4"
        part = path.with_suffix(".part.mp4")
        _encode(part, _shown(source, FORMATS[size], seconds, quiet=quiet), FORMATS[size], codec)
        part.replace(path)
    return path


def _shown(source: Path, form: Format, seconds: int, *, quiet: bool) -> Iterator[_Rgb]:
    """Pictures at the format's rate; those of a slower source stay for several."""
    with av.open(str(source)) as container:
        rate = float(container.streams.video[0].average_rate or form.fps)
        wanted = None if quiet else int(seconds * rate) + 2
        frames = (frame.reformat(*form.size_px, format="rgb24").to_ndarray() for frame in container.decode(video=0))
        pictures = [np.asarray(frame, np.uint8) for frame, _ in zip(frames, _counted(wanted), strict=False)]
    if quiet:
        stretch = _stillest(pictures)
        pictures = stretch + stretch[-2:0:-1]  # to and fro, so that its loop has no jump
    for number in range(seconds * form.fps):
        yield pictures[int(number / form.fps * rate) % len(pictures)]


def _counted(wanted: int | None) -> Iterable[int]:
    return range(wanted if wanted is not None else 1 << 30)


def _stillest(pictures: list[_Rgb]) -> list[_Rgb]:
    """The stretch in which the place that changes most changes least."""
    small = [picture[::4, ::4].mean(axis=2) for picture in pictures]
    starts = range(0, len(pictures) - _STRETCH, 4)

    def unrest(start: int) -> float:
        stack = np.stack(small[start : start + _STRETCH])
        return float(np.sort(np.ptp(stack, axis=0).ravel())[-200:].mean())

    best = min(starts, key=unrest, default=0)
    return pictures[best : best + _STRETCH]


def _encode(path: Path, pictures: Iterable[_Rgb], form: Format, codec: Codec) -> None:
    noise = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        name = "libx264" if codec == "h264" else "libx265"
        stream: Any = container.add_stream(name, rate=form.fps, options=_options(form, codec))
        stream.width, stream.height = form.size_px
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = form.fps * GOP_S
        for number, picture in enumerate(pictures):
            frame = VideoFrame.from_ndarray(_noisy(picture, noise), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, form.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _noisy(picture: _Rgb, noise: np.random.Generator) -> _Rgb:
    grain = noise.integers(0, 256, picture.shape[:2], np.uint8)
    step = (_NOISE * np.sqrt(12) * (np.arange(256) / 255 - 0.5)).round().astype(np.int16)  # even, of that deviation
    return np.asarray((picture.astype(np.int16) + step[grain][..., None]).clip(0, 255), np.uint8)


def _options(form: Format, codec: Codec) -> dict[str, str]:
    gop, most = form.fps * GOP_S, str(form.kbit_s)
    if codec == "h264":
        rate = {"crf": "23", "maxrate": f"{most}k", "bufsize": f"{most}k"}
        return {"preset": "veryfast", "sc_threshold": "0", "bf": "0", **rate}
    keys = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:open-gop=0"
    return {
        "preset": "ultrafast",
        "x265-params": f"log-level=none:{keys}:crf=24:vbv-maxrate={most}:vbv-bufsize={most}",
    }
