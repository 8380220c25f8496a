"""What a shard is told before it begins: everything it needs, so that it reads no file of the site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fusion.detectors.pool import OnnxConfig
from fusion.ingest.counters import Counters
from fusion.ingest.looking import Load
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.reader import StreamSpec, Way
from fusion.rules.base import RuleConfig
from fusion.teaching.policy import SecondStagePolicy
from fusion.tracking.config import FollowerConfig
from fusion.types.place import Grid
from fusion.types.terminal import Terminal, TerminalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The work of one shard; pickled, and so only ever passed from a parent to its own child."""

    number: int  #: of the shard, from 0
    folder: Path  #: the site's
    plugins: tuple[str, ...]  #: the site's own files, loaded before anything that names their kinds
    detectors: OnnxConfig
    looking: LookingPolicy  #: with this shard's share of the budget and of the caps
    follow: FollowerConfig
    rules: tuple[RuleConfig, ...]
    grids: tuple[Grid, ...]
    timezone: str
    evidence: Path
    memories: Path  #: folder in which each terminal's background is kept over restarts
    reserve_bytes: int  #: what evidence leaves free on its disk
    terminals: tuple[Terminal, ...]
    history: Mapping[str, tuple[datetime, ...]]  #: when each terminal had cases, of late
    teaching: Path | None = None  #: folder of the taught classifier; None: no second stage
    second_stage: SecondStagePolicy = field(default_factory=SecondStagePolicy)
    believed: float = 0.6  #: belief at which a case is filed


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a shard is doing; told every second or two."""

    statuses: tuple[TerminalStatus, ...]
    counters: Counters
    load: Load
    looked: int  #: looks judged since its start
    signals: int  #: signals told since its start
    detector_fallback: str | None = None  #: why the detector does not run on what the site wants first


def streams_of(terminals: tuple[Terminal, ...]) -> list[StreamSpec]:
    """The streams of those terminals that are connected."""
    return [stream_of(terminal) for terminal in terminals if terminal.sub_url is not None]


def stream_of(terminal: Terminal) -> StreamSpec:
    """The stream of a connected terminal."""
    main_url = terminal.main_url if terminal.main_url != terminal.sub_url else None
    return StreamSpec(terminal.id, terminal.sub_url or "", Way(terminal.way), main_url, terminal.masks)
