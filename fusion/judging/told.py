"""What the pipeline said of a clip, and what it cost."""

from dataclasses import dataclass, field

from fusion.judging.playing import Rate
from fusion.types.sighting import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One signal: a rule is met for the first time. Seconds are media time."""

    kind: str
    thing_id: str
    zone_id: str
    since_s: float  #: when the thing began, as far as the rule knows
    met_s: float  #: when the rule was met, as far as it knows
    told_s: float  #: the look at which it was told
    ended_s: float | None = None  #: when it was seen to be gone
    belief: float  #: 0-1
    box: Box
    reason_zh: str
    reason_en: str
    picture: bytes | None = None  #: JPEG of the look, with what was seen and what was true drawn in


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of judging one clip, or of several together."""

    media_s: float = 0.0  #: how long the clips last
    cpu_s: float = 0.0  #: processor time, all of it
    stages_s: dict[str, float] = field(default_factory=dict)  #: processor time by stage; decode includes reading
    looks: int = 0
    quiet_looks: int = 0  #: looks at which nothing changed, nothing was followed, and nothing given to the detector
    quiet_s: float = 0.0  #: processor time of those, without decoding
    crops: int = 0  #: pictures given to the detector

    def __add__(self, other: "Cost") -> "Cost":
        stages = {
            stage: self.stages_s.get(stage, 0.0) + other.stages_s.get(stage, 0.0)
            for stage in {**self.stages_s, **other.stages_s}
        }
        return Cost(
            media_s=self.media_s + other.media_s,
            cpu_s=self.cpu_s + other.cpu_s,
            stages_s=stages,
            looks=self.looks + other.looks,
            quiet_looks=self.quiet_looks + other.quiet_looks,
            quiet_s=self.quiet_s + other.quiet_s,
            crops=self.crops + other.crops,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRun:
    """One clip at one rate."""

    clip: str
    rate: Rate
    told: tuple[Told, ...]
    cost: Cost
    looks_s: tuple[float, ...]  #: when it was looked at
    fault: str = ""  #: why it could not be judged, in words; then nothing else counts
