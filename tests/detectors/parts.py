"""What the tests share: a detector that waits at a gate, and pictures of the demo clips."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import av
import numpy as np
from numpy.typing import NDArray

from fusion.detectors.manifest import Model
from fusion.detectors.preparing import Image
from fusion.detectors.ssd import Ssd
from fusion.types.detections import Detections
from fusion.types.picture import Picture

CLIPS = Path(__file__).parents[2] / "configs" / "demo" / "clips"
MakeModel = Callable[..., Model]
DEADLINE_S = 20.0


@dataclass
class Gate:
    """Where a gated detector stops before it computes; it notes what came."""

    open: threading.Event = field(default_factory=threading.Event)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))  #: released once a batch
    batches: list[list[int]] = field(default_factory=list)  #: the marks of each batch's images, in order
    poison: int | None = None  #: an image of this mark makes the detector raise

    def wait_for_batch(self) -> None:
        assert self.came.acquire(timeout=DEADLINE_S), "no batch came to the detector"


class Gated(Ssd, family="gated"):
    """The shipped model behind a gate; an image's first value is its mark."""

    gate: ClassVar[Gate]

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        gate, marks = Gated.gate, [int(image[0, 0, 0]) for image in images]
        gate.batches.append(marks)
        gate.came.release()
        assert gate.open.wait(DEADLINE_S), "the gate stayed shut"
        if gate.poison in marks:
            raise RuntimeError(f"image {gate.poison} is poison")
        return super().detect(images)


def marked(mark: int) -> Image:
    return np.full((32, 32, 3), mark, np.uint8)


def planes(picture: av.VideoFrame) -> Picture:
    """A decoded frame as a `Picture`."""
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width].copy()
        for plane in picture.reformat(format="yuv420p").planes
    )
    return Picture("clip", datetime(2026, 5, 1, tzinfo=UTC), y, u, v)


@dataclass(frozen=True)
class Scene:
    """A picture of a demo clip, with what is truly in it."""

    picture: Picture
    truth: list[dict[str, Any]]

    def boxes(self, *classes: str, least_height_px: int = 0) -> NDArray[np.float32]:
        """Boxes [N, 4] of the things that the picture shows whole."""
        width, height = self.picture.size_px
        rows = [
            box
            for thing in self.truth
            for box in [thing["box_px"]]
            if thing["class"] in classes and box[3] - box[1] >= least_height_px
            if box[0] > 2 and box[1] > 2 and box[2] < width - 2 and box[3] < height - 2
        ]
        return np.array(rows, np.float32).reshape(-1, 4)


def scenes(name: str, every: int) -> list[Scene]:
    """Each `every`th picture of a clip's sub-stream."""
    truth = json.loads((CLIPS / f"{name}.json").read_text())["frames"]
    with av.open(str(CLIPS / f"{name}.sub.mp4")) as clip:
        frames = list(clip.decode(video=0))
    return [Scene(planes(frame), truth[index]) for index, frame in enumerate(frames) if index % every == 0]
