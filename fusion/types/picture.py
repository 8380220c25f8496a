"""One decoded picture, kept as the planes that the decoder gave."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture in planar YCbCr 4:2:0 (BT.601 coefficients); nothing is converted until a detector asks.

    The planes may be views of the decoder's memory: they are read-only, and a holder that keeps a
    picture longer than one look copies it.
    """

    terminal_id: str
    at: datetime  #: when the camera showed it (aware, UTC)
    y: Plane  #: luma, uint8 [height, width]
    u: Plane  #: Cb, uint8 [ceil(height / 2), ceil(width / 2)]
    v: Plane  #: Cr, uint8 [ceil(height / 2), ceil(width / 2)]
    keyframe: bool = True
    full_range: bool = False  #: True: luma spans 0-255 (JPEG), else 16-235

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        height, width = self.y.shape
        return width, height
