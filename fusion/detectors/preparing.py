"""From a picture to a model's input and back: fit, channel order, scaling, layout, by the manifest or the family."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.detectors.manifest import ModelFacts

Image = NDArray[np.uint8]  # [height, width, 3], BGR, 0-255
Fit = Literal["stretch", "letterbox", "corner"]
Triple = tuple[float, float, float]
_ONE: Triple = (1.0, 1.0, 1.0)
_NOUGHT: Triple = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How a family's models are usually trained; what the manifest says goes before it.

    The input is (value x scale + shift - mean) / std, value being 0-255; mean and std by channel, in `channels`' order.
    """

    fit: Fit = "stretch"
    channels: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1.0
    mean: Triple = _NOUGHT
    std: Triple = _ONE
    pad: int = 114  #: 0-255, the grey beside a picture that keeps its shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """One model's way from pictures to its input, and from boxes of the input back to the picture."""

    size_px: tuple[int, int]  #: width, height of the input
    fit: Fit  #: stretch: squashed; letterbox: scaled to fit and centred; corner: the same, at the left and top
    channels: Literal["rgb", "bgr"]
    layout: Literal["nchw", "nhwc"]
    gain: Triple
    offset: Triple
    pad: int

    @classmethod
    def of(cls, facts: ModelFacts, preset: Preset, size_px: tuple[int, int]) -> "Preparation":
        """What the manifest says, and for the rest what the family usually does."""
        scale, shift, mean, std = preset.scale, 0.0, preset.mean, preset.std
        if facts.scales:
            # Half of the family's figures with half of the manifest's would be nobody's.
            scale, shift = facts.scale or 1.0, facts.shift or 0.0
            mean, std = facts.mean or _NOUGHT, facts.std or _ONE
        return cls(
            size_px=size_px,
            fit=facts.fit or preset.fit,
            channels=facts.channels or preset.channels,
            layout=facts.layout,
            gain=(scale / std[0], scale / std[1], scale / std[2]),
            offset=((shift - mean[0]) / std[0], (shift - mean[1]) / std[1], (shift - mean[2]) / std[2]),
            pad=preset.pad if facts.pad is None else facts.pad,
        )

    def __call__(self, image: Image) -> NDArray[np.float32]:
        """One picture as input: float32 [3, H, W] or [H, W, 3]."""
        fitted = self._fitted(image)
        width, height = self.size_px
        values = np.empty((3, height, width), np.float32)
        # Plane by plane and in place: a third less time than all channels at once.
        for channel, plane in enumerate(cv2.split(fitted)):
            index = 2 - channel if self.channels == "rgb" else channel
            into = values[index]
            into[...] = plane
            into *= np.float32(self.gain[index])
            into += np.float32(self.offset[index])
        return values if self.layout == "nchw" else np.ascontiguousarray(values.transpose(1, 2, 0))

    def back(self, xyxy_px: NDArray[np.floating], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Boxes [N, 4] in pixels of the input as boxes in pixels of a picture of (width, height)."""
        placed_px, left, top = self._place(size_px)
        boxes = xyxy_px.astype(np.float32)
        if left or top:
            boxes -= np.array([left, top, left, top], np.float32)
        if placed_px != size_px:
            across, down = size_px[0] / placed_px[0], size_px[1] / placed_px[1]
            boxes *= np.array([across, down, across, down], np.float32)
        return boxes

    def _place(self, size_px: tuple[int, int]) -> tuple[tuple[int, int], int, int]:
        """Size, left and top that a picture gets within the input."""
        width, height = self.size_px
        if self.fit == "stretch":
            return self.size_px, 0, 0
        ratio = min(width / size_px[0], height / size_px[1])
        # As the families' own code does it: the corner fit cuts off (YOLOX), the centred one rounds (YOLOv5 and on).
        whole = int if self.fit == "corner" else round
        placed = (max(1, whole(size_px[0] * ratio)), max(1, whole(size_px[1] * ratio)))
        if self.fit == "corner":
            return placed, 0, 0
        return placed, (width - placed[0]) // 2, (height - placed[1]) // 2

    def _fitted(self, image: Image) -> Image:
        placed, left, top = self._place((image.shape[1], image.shape[0]))
        resized = _resized(image, placed)
        if placed == self.size_px:
            return resized
        width, height = self.size_px
        canvas = np.full((height, width, 3), self.pad, np.uint8)
        canvas[top : top + placed[1], left : left + placed[0]] = resized
        return canvas


def _resized(image: Image, size_px: tuple[int, int]) -> Image:
    width, height = size_px
    if image.shape[:2] == (height, width):
        return image
    # INTER_AREA enlarges by repeating pixels: on 126-pixel crops that lost one person in ten.
    shrinks = image.shape[1] >= width and image.shape[0] >= height
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size_px, interpolation=how), np.uint8)
