"""fusion's own truth as JSON, formats 1 and 2; docs/judging.md says what each key means."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from fusion.judging.truth import MEDIA_ZERO, Course, Happening, TrueEvent, Truth
from fusion.rules.zones import around
from fusion.settings.registers import parse_window
from fusion.types.sighting import Box
from fusion.types.zone import TimeWindow, Zone

Share = Annotated[float, Field(ge=-0.5, le=1.5, allow_inf_nan=False)]  #: a thing may reach out of the picture a little
Second = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=100)]

_COURSE_EVERY_S = 0.25
#: Heights of a person in pixels of the sub-stream; the upper ends of the classes.
_SIZES = ((60.0, "small (< 60 px)"), (100.0, "middle (60–100 px)"), (float("inf"), "large (> 100 px)"))


class _Open(BaseModel):
    """Further keys are somebody else's business, unless they look like a misspelt one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                near = get_close_matches(str(key), known, 1, 0.8)
                if key not in known and near and near[0] not in value:
                    raise ValueError(f"the key {key!r}; wanted: {near[0]!r}?")
        return value


def _window(value: Any) -> TimeWindow:
    if isinstance(value, list | tuple) and len(value) == 2:
        value = f"{value[0]}-{value[1]}"
    return parse_window(value)


class _Zone(_Open):
    name: str = ""
    kind: Word
    polygon: Annotated[tuple[tuple[Share, Share], ...], Field(min_length=3, max_length=200)]
    windows: tuple[Annotated[TimeWindow, BeforeValidator(_window)], ...] = ()


class _Lasting(_Open):
    start_s: Second
    end_s: Second
    box_ids: tuple[int | str, ...] = ()
    box: tuple[Share, Share, Share, Share] | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError(f"ends at {self.end_s:g} s, before it starts at {self.start_s:g} s")
        return self


class _Event(_Lasting):
    id: int | str | None = None
    kind: Word
    left_s: Second | None = None


class _Happening(_Lasting):
    name: Word


class _FrameBox(_Open):
    id: int | str
    box_px: tuple[float, float, float, float] | None = None
    box: tuple[Share, Share, Share, Share] | None = None


class _Conditions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    person_px: Annotated[float, Field(ge=0, le=10_000)] | None = None


class TruthDocument(_Open):
    """A truth file of format 1 or 2; only `clip` and what happens are needed."""

    format: Literal[1, 2] = 2
    clip: str = ""
    kind: str = ""
    difficulty: Annotated[str, Field(max_length=60)] = ""
    fps: Annotated[float, Field(gt=0, le=1000)] | None = None
    size_px: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]] | None = None
    starts_at: AwareDatetime | None = None
    zones: Annotated[tuple[_Zone, ...], Field(max_length=1000)] = ()
    events: Annotated[tuple[_Event, ...], Field(max_length=100_000)] = ()
    happenings: Annotated[tuple[_Happening, ...], Field(max_length=100_000)] = ()
    conditions: _Conditions = _Conditions()
    frames: tuple[tuple[_FrameBox, ...], ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.starts_at is None and any(zone.windows for zone in self.zones):
            raise ValueError("zones have windows, but starts_at is missing; wanted: when the clip's first second was")
        pixels = any(box.box_px is not None for frame in self.frames for box in frame)
        if self.frames and self.fps is None:
            raise ValueError("frames, but no fps; wanted: pictures a second")
        if pixels and self.size_px is None:
            raise ValueError("boxes in pixels, but no size_px; wanted: [width, height] that they refer to")
        return self

    def truth(self, file: Path) -> Truth:
        """As judged; what it names no clip for is the clip of its own name."""
        return Truth(
            clip=Path(self.clip.replace("\\", "/")).name,
            scene=self.kind or file.stem,
            starts_at=_fixed(self.starts_at),
            zones=tuple(_zone_of(zone, number) for number, zone in enumerate(self.zones, start=1)),
            events=tuple(self._event(event, number) for number, event in enumerate(self.events, start=1)),
            happenings=tuple(
                Happening(name=h.name, start_s=h.start_s, end_s=h.end_s, course=self._course(h))
                for h in self.happenings
            ),
            conditions=_conditions(self.conditions) | ({"difficulty": self.difficulty} if self.difficulty else {}),
        )

    def _event(self, event: _Event, number: int) -> TrueEvent:
        return TrueEvent(
            id=str(event.id if event.id is not None else number),
            kind=event.kind,
            start_s=event.start_s,
            left_s=event.left_s,
            end_s=event.end_s,
            course=self._course(event),
        )

    def _course(self, thing: _Lasting) -> Course:
        """From the frames where they name it, since things move; else the one box that it has."""
        ids, fps = set(map(str, thing.box_ids)), self.fps or 1.0
        found: list[tuple[float, Box]] = []
        step = max(1, round(_COURSE_EVERY_S * fps))
        first, last = round(thing.start_s * fps), round(thing.end_s * fps)
        for number in range(first, min(last + 1, len(self.frames)), step) if ids else ():
            boxes = [box for entry in self.frames[number] if str(entry.id) in ids for box in self._box(entry)]
            if boxes:
                found.append((number / fps, around(boxes)))
        if not found and thing.box is not None:
            found.append((thing.start_s, Box(*thing.box)))
        return Course(tuple(found))

    def _box(self, entry: _FrameBox) -> Iterable[Box]:
        if entry.box is not None:
            yield Box(*entry.box)
        elif entry.box_px is not None and self.size_px is not None:
            (left, top, right, bottom), (width, height) = entry.box_px, self.size_px
            yield Box(left / width, top / height, right / width, bottom / height)


def _fixed(starts_at: datetime | None) -> datetime:
    return MEDIA_ZERO if starts_at is None else starts_at if starts_at.tzinfo else starts_at.replace(tzinfo=UTC)


def _zone_of(zone: _Zone, number: int) -> Zone:
    return Zone(
        id=f"Z{number}", name=zone.name or f"Z{number}", kind=zone.kind, polygon=zone.polygon, windows=zone.windows
    )


def _conditions(given: _Conditions) -> dict[str, str]:
    found = {
        str(key)[:40]: "none" if value is None else str(value)[:60]
        for key, value in (given.model_extra or {}).items()
        if not isinstance(value, dict | list)
    }
    if given.person_px is not None:
        found["size"] = size_class(given.person_px)
    return found


def size_class(person_px: float) -> str:
    """How large persons are in the picture, in words."""
    return next(name for upper, name in _SIZES if person_px < upper or upper == float("inf"))


def documents(value: Any) -> Sequence[Any]:
    """A truth file holds one clip's truth, or a list of several clips'."""
    return value if isinstance(value, list) else [value]
