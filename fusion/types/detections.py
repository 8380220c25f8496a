"""What a detector saw in one picture."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes of one picture, all arrays of the same length N, refused at the door if they are not."""

    xyxy_px: NDArray[np.float32]  #: [N, 4], left, top, right, bottom in pixels of the picture
    score: NDArray[np.float32]  #: [N], 0-1
    class_id: NDArray[np.int64]  #: [N], index into `class_names`
    class_names: tuple[str, ...]  #: the model's classes

    def __post_init__(self) -> None:
        count = len(self.score)
        found = (self.xyxy_px.shape, self.score.shape, self.class_id.shape)
        if found != ((count, 4), (count,), (count,)):
            raise ValueError(f"Detections: wanted shapes (N, 4), (N,), (N,), found {found}")

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def none(cls, class_names: tuple[str, ...] = ()) -> Self:
        """No boxes."""
        return cls(
            np.empty((0, 4), np.float32),
            np.empty(0, np.float32),
            np.empty(0, np.int64),
            class_names,
        )

    def pick(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """The boxes that a mask [N] or an index array names."""
        return type(self)(self.xyxy_px[keep], self.score[keep], self.class_id[keep], self.class_names)

    def of_class(self, *names: str) -> Self:
        """The boxes of the named classes; a name that the model does not know matches nothing."""
        wanted = [i for i, name in enumerate(self.class_names) if name in names]
        return self.pick(np.isin(self.class_id, wanted))

    def names(self) -> list[str]:
        """The class name of each box, length N."""
        return [self.class_names[i] for i in self.class_id]
