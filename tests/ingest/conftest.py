"""Clips that PyAV encodes, real RTSP servers, and waiting on conditions."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

MakeClip = Callable[..., Path]
Until = Callable[..., None]


def _scene(number: int, width: int, height: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """A still street of grey noise, and a white block that moves 2 px a picture."""
    rgb = np.random.default_rng(7).integers(90, 110, (height, width, 1), dtype=np.uint8).repeat(3, axis=2)
    left = (2 * number) % (width - 24)
    rgb[height // 2 : height // 2 + 24, left : left + 24] = 230
    return rgb


def _encode(
    path: Path,
    codec: str = "libx264",
    *,
    pictures: int = 40,
    fps: int = 10,
    keyframe_every: int = 10,
    size: tuple[int, int] = (320, 176),
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
) -> Path:
    options = {"libx264": {"preset": "ultrafast", "sc_threshold": "0", "bf": "0"}}
    options["libx265"] = {"preset": "ultrafast", "x265-params": "log-level=none:scenecut=0:bframes=0:pools=1"}
    with av.open(path, "w") as container:
        stream: Any = container.add_stream(codec, rate=fps, options=options.get(codec, {}))
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.gop_size = keyframe_every
        stream.codec_context.gop_size = keyframe_every
        if codec == "libx265":
            params = f"{options['libx265']['x265-params']}:keyint={keyframe_every}:min-keyint={keyframe_every}"
            stream.options = {**options["libx265"], "x265-params": params}
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(pictures):
            frame = VideoFrame.from_ndarray(_scene(number, *size), format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    """Encode a clip into the test's folder: `make_clip("a.mp4", "libx264", pictures=40, ...)`."""
    return lambda name, *args, **kwargs: _encode(tmp_path / name, *args, **kwargs)


@pytest.fixture(scope="session")
def street_h264(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds at 10 pictures a second, a keyframe each second."""
    return _encode(tmp_path_factory.mktemp("clips") / "street.mp4")


@pytest.fixture(scope="session")
def street_h265(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in H.265."""
    return _encode(tmp_path_factory.mktemp("clips") / "street265.mp4", "libx265")


@pytest.fixture(scope="session")
def sparse_h264(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds with one keyframe, as smart codecs send them."""
    return _encode(tmp_path_factory.mktemp("clips") / "sparse.mp4", pictures=120, keyframe_every=1000)


@pytest.fixture
def until() -> Until:
    """Wait until a condition holds; fail after a deadline."""

    def wait(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, f"not within {timeout_s:g} s"
            time.sleep(0.02)

    return wait


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that accepts every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []
        closed = threading.Event()
        server.settimeout(0.1)

        def accept() -> None:
            while not closed.is_set():
                try:
                    kept.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        closed.set()
        thread.join()
        for connection in kept:
            connection.close()
