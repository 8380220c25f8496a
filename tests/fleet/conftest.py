"""Two small clips that PyAV encodes, and one fleet that serves them to all tests of a module."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from fusion.fleet import FleetConfig, FleetProcess, StreamConfig

PICTURES, FPS, GOP = 16, 16, 8

_OPTIONS = {
    "libx264": {"preset": "ultrafast", "sc_threshold": "0"},
    "libx265": {
        "preset": "ultrafast",
        "x265-params": "log-level=none:scenecut=0:open-gop=0:pools=1:keyint=8:min-keyint=8",
    },
}


def encode(path: Path, codec: str, *, b_pictures: int = 0, crf: int = 24) -> Path:
    """One second at 16 pictures/s, a keyframe every 8; grey noise, so that a keyframe takes several packets."""
    options = dict(_OPTIONS[codec])
    if codec == "libx264":
        options |= {"bf": str(b_pictures), "crf": str(crf)}
    else:
        options["x265-params"] += f":bframes={b_pictures}"
    noise = np.random.default_rng(5).integers(0, 60, (96, 160, 1), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 96, "yuv420p", GOP
        for number in range(PICTURES):
            rgb = (noise + 10 * number).astype(np.uint8).repeat(3, axis=2)
            if crf == 0:
                rgb = np.random.default_rng(number).integers(0, 256, rgb.shape, dtype=np.uint8)
            rgb[20:60, 8 * number : 8 * number + 20] = (200, 40, 40)
            container.mux(stream.encode(VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Clips by codec."""
    folder = tmp_path_factory.mktemp("clips")
    return {
        "H264": encode(folder / "h264.mp4", "libx264"),
        "H265": encode(folder / "h265.mp4", "libx265"),
        "heavy": encode(folder / "heavy.mp4", "libx264", crf=0),
        "B": encode(folder / "b.mp4", "libx264", b_pictures=2),
    }


@pytest.fixture(scope="module")
def fleet(clips: dict[str, Path]) -> Iterator[FleetProcess]:
    """`/t/1/sub` H.264 and `/t/2/sub` H.265 are open, `/t/3` asks by Digest, `/t/4` by Basic; `/t/5` has B pictures."""
    login: dict[str, Any] = {"user": "admin", "password": "p@ss:word"}
    streams = (
        StreamConfig(path="/t/1/sub", clip=clips["H264"], phase_s=0.3),
        StreamConfig(path="/t/2/sub", clip=clips["H265"]),
        StreamConfig(path="/t/3", clip=clips["H264"], **login),
        StreamConfig(path="/t/4", clip=clips["H265"], auth="basic", **login),
        StreamConfig(path="/t/5", clip=clips["B"]),
    )
    with FleetProcess(FleetConfig(streams=streams)) as fleet:
        yield fleet
