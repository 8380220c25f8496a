"""Writes clips as cameras send them: a keyframe every two seconds, closed groups, no B-frames."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

KEY_S = 2.0  #: between keyframes
_CODECS = {"h264": "libx264", "h265": "libx265"}


class Writer:
    """One MP4; the file has its name only once it is whole."""

    def __init__(self, path: Path, size_px: tuple[int, int], codec: str, crf: int, fps: int) -> None:
        self._path, self._part = path, path.with_suffix(".part.mp4")
        self._container = av.open(str(self._part), "w")
        gop = round(fps * KEY_S)
        closed = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:open-gop=0"
        extra = {"x265-params": f"{closed}:log-level=error"} if codec == "h265" else {"x264-params": closed}
        stream = self._container.add_stream(
            _CODECS[codec], rate=fps, options={"crf": str(crf), "preset": "medium"} | extra
        )
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
