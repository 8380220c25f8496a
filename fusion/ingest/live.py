"""The newest picture of a terminal as the page shows it."""

import cv2
import numpy as np

from fusion.types.picture import Picture

# BT.601 (ITU-R BT.601-7): rows give B, G, R from Y, Cb, Cr; the last column takes the offsets out.
_CHROMA = np.array([[1.772, 0.0], [-0.344136, -0.714136], [0.0, 1.402]])


def as_jpeg(picture: Picture, *, widest_px: int = 960, quality: int = 80) -> bytes:
    """JPEG (BT.601 full range, as JFIF wants), shrunk to `widest_px` where it is wider, with its proportions kept."""
    width, height = picture.size_px
    factor = min(1.0, widest_px / width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    luma = picture.y if factor == 1.0 else cv2.resize(picture.y, size, interpolation=cv2.INTER_AREA)
    chroma = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (picture.u, picture.v)]
    bgr = cv2.transform(cv2.merge([luma, *chroma]), _matrix(full_range=picture.full_range))
    _, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return coded.tobytes()


def _matrix(*, full_range: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """3x4, for `cv2.transform`."""
    black, luma, chroma = (0.0, 1.0, 1.0) if full_range else (16.0, 255 / 219, 255 / 224)
    rows = np.hstack([np.full((3, 1), luma), _CHROMA * chroma])
    return np.hstack([rows, -(rows @ np.array([[black], [128.0], [128.0]]))])
