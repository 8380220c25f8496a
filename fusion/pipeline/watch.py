"""Watching a source without a site: the whole picture is the zone, and media time is the clock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fusion.ingest.files import read_file
from fusion.ingest.planes import copy_of
from fusion.pipeline.judge import Detect, TerminalJudge
from fusion.rules.base import Rule
from fusion.rules.dumping import DumpingConfig
from fusion.rules.stall import StallConfig
from fusion.tracking.config import FollowerConfig
from fusion.types.picture import Picture
from fusion.types.sighting import Box, Sighting
from fusion.types.signal import Finding, Phase, Reason
from fusion.types.zone import Zone

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
#: Where media time is zero: any moment serves, as long as it is the same in every run.
MEDIA_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
EVERY = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WatchEvent:
    """One event of a source; told when it starts, and again, with `ended_at`, when it is seen to end."""

    kind: str  #: an `EventKind`, or what a site's own rule says
    thing_id: str  #: the same in both tellings
    zone_id: str
    began_at: timedelta  #: media time since when the thing was there
    started_at: timedelta  #: media time at which the rule was found met
    ended_at: timedelta | None  #: media time at which it was seen to be gone; None: not yet, or never in this source
    box: Box
    belief: float  #: 0-1
    reason: Reason
    picture: Picture  #: of `started_at`, in memory of its own
    sighting: Sighting  #: what was seen in it


def whole_picture(zones: Sequence[Zone] | None = None) -> tuple[Zone, ...]:
    """The zones given, or the whole picture as a no-stall and a no-dumping zone."""
    if zones:
        return tuple(zones)
    return (
        Zone(id="no_stall", name="全画面", kind="no_stall", polygon=WHOLE),
        Zone(id="no_dumping", name="全画面", kind="no_dumping", polygon=WHOLE),
    )


def watch_rules(dwell: timedelta, residue: timedelta) -> list[Rule]:
    """Each person who stays for `dwell` is an event, and each thing left for `residue`."""
    return [StallConfig(dwell=dwell, goods="optional").start(), DumpingConfig(residue=residue).start()]


def watch_file(
    path: Path,
    *,
    detect: Detect,
    zones: Sequence[Zone] | None = None,
    dwell: timedelta = timedelta(minutes=1),
    residue: timedelta = timedelta(seconds=20),
    every: timedelta | None = EVERY,
    follow: FollowerConfig | None = None,
) -> Iterator[WatchEvent]:
    """The events of a video file or of a folder of images, the same each time.

    Args:
        path: what `fusion.ingest.files.read_file` reads; its errors come through.
        detect: boxes of each image, as `DetectorPool.detect`; it should report scores from 0.2 on.
        zones: where the rules hold; None: the whole picture, for both kinds.
        dwell: how long somebody must stay in one place.
        residue: how long a thing must lie after its bringer left.
        every: media time between looks; None: each picture.
        follow: how tracks and residues are made.
    """
    # Keyframes alone would be as far apart as the file's encoder chose: looks must be what `every` says.
    pictures = read_file(path, every=every, clock_start=MEDIA_ZERO, keyframes_only=False)
    judge = TerminalJudge(
        path.stem,
        zones=whole_picture(zones),
        rules=watch_rules(dwell, residue),
        detect=detect,
        site_tz=UTC,
        follow=follow,
    )
    yield from watch_pictures(pictures, judge)


def watch_pictures(
    pictures: Iterable[Picture],
    judge: TerminalJudge,
    *,
    first: datetime | None = None,
    open_events: dict[str, WatchEvent] | None = None,
) -> Iterator[WatchEvent]:
    """The events that a judge finds in pictures; media time counts from `first`, else from the first picture.

    `open_events` holds what has not ended, for a caller who has one picture at a time.
    """
    open_events = {} if open_events is None else open_events
    for picture in pictures:
        first = first or picture.at
        for finding in judge.look(picture):
            if finding.phase is Phase.STARTED and judge.sighting is not None:
                open_events[finding.thing_id] = _event(finding, first, picture, judge.sighting)
                yield open_events[finding.thing_id]
            elif finding.phase is Phase.ENDED and finding.thing_id in open_events:
                yield replace(open_events.pop(finding.thing_id), ended_at=finding.at - first)


def _event(finding: Finding, first: datetime, picture: Picture, sighting: Sighting) -> WatchEvent:
    return WatchEvent(
        kind=finding.kind,
        thing_id=finding.thing_id,
        zone_id=finding.zone_id,
        began_at=max(finding.since - first, timedelta(0)),
        started_at=finding.at - first,
        ended_at=None,
        box=finding.box,
        belief=finding.belief,
        reason=finding.reason,
        picture=copy_of(picture),
        sighting=sighting,
    )
