"""Masks on decoded pictures: what is not to be judged is blanked, and what nobody is to see is grey.

A blanked area is filled with the mean of what is not blanked, plane by plane: under another light (gain and offset) the
fill moves as the picture does, so that neither the change gate nor the background sees anything happen in it.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from fusion.types.cover import Covered, covered
from fusion.types.masks import NO_MASKS, Masks, Polygon
from fusion.types.picture import Picture, Plane

GREY = 128  #: luma and chroma of a private area
_SAMPLE = 4  #: each so many rows and columns are enough for a mean


class PictureMasks:
    """The masks of one terminal for pictures of any size; safe for many threads. Without masks nothing is touched."""

    def __init__(self, masks: Masks = NO_MASKS) -> None:
        self.masks = masks

    def judged(self, picture: Picture) -> Picture:
        """The picture as it is to be judged: neither ignored nor private areas tell anything."""
        return _filled(picture, self.masks.unjudged, blank=True) if self.masks else picture

    def shown(self, picture: Picture) -> Picture:
        """The picture as it may be seen and kept: private areas are grey."""
        return _filled(picture, self.masks.private, blank=False) if self.masks.private else picture

    def both(self, picture: Picture) -> tuple[Picture, Picture | None]:
        """(as it is to be judged, as it may be seen where that is another one)."""
        return (self.judged(picture), self.shown(picture)) if self.masks else (picture, None)


def same_shape(size_px: tuple[int, int], other_px: tuple[int, int], within: float = 0.02) -> bool:
    """Whether shares of a picture of one size mean the same place in one of the other."""
    return abs(size_px[0] * other_px[1] / (size_px[1] * other_px[0]) - 1.0) < within


@lru_cache(maxsize=512)
def _covers(areas: tuple[Polygon, ...], size_px: tuple[int, int]) -> tuple[Covered, Covered]:
    """Of luma, and of chroma at half the size: a chroma pixel is covered where one of its four luma pixels is."""
    luma = covered(areas, size_px)
    width, height = size_px
    even = np.zeros((height + height % 2, width + width % 2), bool)
    even[:height, :width] = luma
    chroma: Covered = even[::2, ::2] | even[1::2, ::2] | even[::2, 1::2] | even[1::2, 1::2]
    for cover in (luma, chroma):
        cover.flags.writeable = False
    return luma, chroma


def _filled(picture: Picture, areas: tuple[Polygon, ...], *, blank: bool) -> Picture:
    luma, chroma = _covers(areas, picture.size_px)
    y, u, v = (
        _over(plane, cover, blank=blank)
        for plane, cover in zip((picture.y, picture.u, picture.v), (luma, chroma, chroma), strict=True)
    )
    return replace(picture, y=y, u=u, v=v)


def _over(plane: Plane, cover: Covered, *, blank: bool) -> Plane:
    filled = plane.copy()
    filled[cover] = _mean(plane, cover) if blank else GREY
    filled.flags.writeable = False
    return filled


def _mean(plane: Plane, cover: Covered) -> int:
    rest = plane[::_SAMPLE, ::_SAMPLE][~cover[::_SAMPLE, ::_SAMPLE]]
    return round(float(rest.mean())) if rest.size else GREY


def masked(pictures: Iterable[Picture], masks: Masks) -> Iterable[Picture]:
    """Each picture of a file as it is to be judged."""
    over = PictureMasks(masks)
    return (over.judged(picture) for picture in pictures) if masks else pictures
