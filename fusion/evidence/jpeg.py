"""A decoded picture as BGR and as JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.types.picture import Picture, Plane

Bgr = NDArray[np.uint8]

_LEVELS = np.arange(256, dtype=np.float64)
# Limited range (ITU-R BT.601): luma 16-235, chroma 16-240, to the full range that JFIF and the conversion want.
_FULL_LUMA = np.clip(np.round((_LEVELS - 16) * 255 / 219), 0, 255).astype(np.uint8)
_FULL_CHROMA = np.clip(np.round((_LEVELS - 128) * 255 / 224 + 128), 0, 255).astype(np.uint8)


def bgr_of(picture: Picture) -> Bgr:
    """The picture as BGR, uint8 [height, width, 3], in memory of its own; any size, odd ones too."""
    luma = picture.y if picture.full_range else cv2.LUT(picture.y, _FULL_LUMA)
    # OpenCV's name for full-range YCbCr wants Cr before Cb.
    planes = cv2.merge([luma, _chroma(picture, picture.v), _chroma(picture, picture.u)])
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2BGR), np.uint8)


def _chroma(picture: Picture, plane: Plane) -> Plane:
    width, height = picture.size_px
    full = plane if picture.full_range else cv2.LUT(plane, _FULL_CHROMA)
    twice = cv2.resize(full, (plane.shape[1] * 2, plane.shape[0] * 2), interpolation=cv2.INTER_LINEAR)
    return np.asarray(twice[:height, :width], np.uint8)


def jpeg_of(bgr: Bgr, quality: int = 90) -> bytes:
    """Encoded as JPEG (JFIF); quality 1-100."""
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
