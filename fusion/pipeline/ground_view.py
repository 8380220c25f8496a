"""What a place looked like without the thing, as a picture that people may see."""

import cv2
import numpy as np

from fusion.evidence.jpeg import bgr_of, jpeg_of
from fusion.ingest.masks import PictureMasks
from fusion.types.cover import covered
from fusion.types.masks import Masks
from fusion.types.picture import Picture


def ground_view(ground: Picture, shown: Picture, masks: Masks) -> bytes:
    """The ground as a JPEG of its own size.

    Nothing was learnt of ignored areas, so they are as in the picture of the thing: closing by eye compares the light
    of the whole picture, and a flat area would be another scene. What is private is grey, as in every picture.

    Args:
        ground: as it was learnt.
        shown: the picture of the thing as people may see it.
        masks: of the terminal.
    """
    view = bgr_of(PictureMasks(masks).shown(ground))
    if masks.ignored:
        now = np.asarray(cv2.resize(bgr_of(shown), ground.size_px, interpolation=cv2.INTER_AREA), np.uint8)
        hidden = covered(masks.ignored, ground.size_px) & ~covered(masks.private, ground.size_px)
        view = np.where(hidden[..., None], now, view)
    return jpeg_of(view)
