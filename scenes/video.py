"""Writes clips as cameras send them: a keyframe every two seconds, no B-frames."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

FPS, GOP = 8, 16
_CLOSED = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0:open-gop=0"


class Writer:
    """One MP4; the file has its name only once it is whole."""

    def __init__(self, path: Path, size_px: tuple[int, int], codec: str, crf: int) -> None:
        self._path, self._part = path, path.with_suffix(".part.mp4")
        self._container = av.open(str(self._part), "w")
        extra = {"x265-params": f"{_CLOSED}:log-level=error"} if codec == "libx265" else {"x264-params": _CLOSED}
        stream = self._container.add_stream(codec, rate=FPS, options={"crf": str(crf), "preset": "slow"} | extra)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"scenes: {codec} is no video codec here")
        stream.width, stream.height, stream.pix_fmt = *size_px, "yuv420p"
        self._stream = stream

    def add(self, picture: NDArray[np.uint8]) -> None:
        """One more frame, BGR."""
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._container.mux(self._stream.encode())
        self._container.close()
        self._part.rename(self._path)
