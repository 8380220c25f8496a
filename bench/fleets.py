"""Fleets for benches: so many terminals of some clips, spread over their clips' time, in a process of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fusion.fleet import FleetConfig, FleetProcess, StreamConfig

_STEP_S = 0.37  #: between the phases of neighbours: their keyframes come evenly


@dataclass(frozen=True, slots=True)
class Part:
    """Terminals `/name/0000` and on, which play the clips in turn."""

    name: str
    clips: Sequence[Path]
    count: int

    def paths(self, count: int | None = None) -> list[str]:
        """Their paths, or those of the first ones."""
        return [f"/{self.name}/{number:04d}" for number in range(self.count if count is None else count)]


def fleet_of(parts: Sequence[Part], log: Path) -> FleetProcess:
    """A fleet that serves them; not yet started."""
    log.parent.mkdir(parents=True, exist_ok=True)
    streams = [
        StreamConfig(path=path, clip=part.clips[number % len(part.clips)].resolve(), phase_s=number * _STEP_S)
        for part in parts
        for number, path in enumerate(part.paths())
    ]
    return FleetProcess(FleetConfig(streams=tuple(streams)), log=log)
