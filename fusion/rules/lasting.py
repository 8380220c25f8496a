"""A thing that lasts: told once when it starts, now and then while it is there, once when it is gone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fusion.types.sighting import Box
from fusion.types.signal import Finding, Phase, Reason

STALE = timedelta(seconds=30)  #: what was building up so long ago, without a look since, builds no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What a rule remembers of a thing that it has told of."""

    thing_id: str
    zone_id: str
    members: frozenset[str]  #: ids of the tracks and residues that are the thing
    since: datetime
    met_at: datetime
    told_at: datetime
    seen_at: datetime
    belief: float
    box: Box
    reason: Reason

    def finding(self, kind: str, phase: Phase, at: datetime) -> Finding:
        """Say it."""
        return Finding(
            kind=kind,
            phase=phase,
            thing_id=self.thing_id,
            zone_id=self.zone_id,
            at=at,
            since=self.since,
            met_at=self.met_at,
            belief=self.belief,
            box=self.box,
            reason=self.reason,
        )


def told(
    things: Iterable[Lasting], kind: str, now: datetime, *, repeat: timedelta, grace: timedelta
) -> tuple[list[Lasting], list[Finding]]:
    """(the things that go on, what is to be said of them): CONTINUING each `repeat`, ENDED after `grace` unseen."""
    kept, findings = [], []
    for thing in things:
        if now - thing.seen_at >= grace:
            findings.append(thing.finding(kind, Phase.ENDED, now))
        elif thing.seen_at == now and now - thing.told_at >= repeat:
            kept.append(replace(thing, told_at=now))
            findings.append(thing.finding(kind, Phase.CONTINUING, now))
        else:
            kept.append(thing)
    return kept, findings


def seconds(duration: timedelta) -> float:
    """Whole and tenths, as reasons give them."""
    return round(duration.total_seconds(), 1)


def spoken_zh(duration: timedelta) -> str:
    """As in 4 分 10 秒."""
    minutes, rest = divmod(round(duration.total_seconds()), 60)
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"


def spoken_en(duration: timedelta) -> str:
    """As in 4 min 10 s."""
    minutes, rest = divmod(round(duration.total_seconds()), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
