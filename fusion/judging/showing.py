"""Pictures of what went wrong, in the report's folder."""

import re
from collections.abc import Mapping
from pathlib import Path

from fusion.judging.drawing import Marks, drawn
from fusion.judging.piece import true_boxes
from fusion.judging.playing import picture_near
from fusion.judging.told import Told
from fusion.judging.truth import TrueEvent, Truth
from fusion.pipeline.watch import whole_picture
from fusion.types.errors import SiteError

FOLDER = "pictures"
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


class Pictures:
    """Writes them; one of each moment, whatever the rate was. Without a folder nothing is written."""

    def __init__(self, folder: Path | None, clips: Mapping[str, tuple[Path, Truth]]) -> None:
        self._folder, self._clips = folder, clips
        self._made: dict[str, str | None] = {}

    def of_signal(self, clip: str, rate: str, told: Told) -> str | None:
        """The picture that was kept when it was told; its path relative to the report."""
        name = f"false-{clip}-{rate}-{told.kind}-{told.told_s:.2f}"
        return self._written(name, told.picture) if told.picture is not None else None

    def of_miss(self, clip: str, event: TrueEvent, at_s: float) -> str | None:
        """The clip at a moment at which the event should have been told."""
        if self._folder is None:
            return None
        name = f"miss-{clip}-{event.kind}-{event.id}"
        if name not in self._made:
            path, truth = self._clips[clip]
            picture = picture_near(path, at_s, clip)
            marks = Marks(zones=whole_picture(truth.zones), true=true_boxes(truth, at_s))
            self._made[name] = None if picture is None else self._written(name, drawn(picture, marks))
        return self._made[name]

    def _written(self, name: str, jpeg: bytes) -> str | None:
        if self._folder is None:
            return None
        file = self._folder / FOLDER / f"{_ODD.sub('_', name)}.jpg"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(jpeg)
        except OSError as error:
            raise SiteError(f"{file}: cannot be written: {error.strerror}; wanted: a folder to write to") from error
        return f"{FOLDER}/{file.name}"
