"""What really happens in a demo zone, in wall time: from the clips' truth and the fleet's clock."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fusion.fleet.process import FleetProcess
from fusion.rules.dumping import DumpingConfig
from fusion.rules.stall import StallConfig
from fusion.settings.site import Site
from fusion.types.case import Incident


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """One thing that happens at one terminal, in one loop of its clip."""

    terminal_id: str
    kind: str
    start: datetime  #: the stall stops, or the first thing is put down
    met: datetime  #: when the rule is met
    end: datetime

    def told_by(self, incident: Incident) -> bool:
        """Whether an incident speaks of this event."""
        in_time = incident.first_at <= self.end and incident.last_at >= self.start
        return incident.kind == self.kind and self.terminal_id in incident.source_ids and in_time


def true_events(site: Site, fleet: FleetProcess, since: datetime, until: datetime) -> list[TrueEvent]:
    """Every event that overlaps the time."""
    events = []
    for entry in site.fleet:
        truth = json.loads((site.folder / "clips" / f"{entry.clip}.json").read_text(encoding="utf-8"))
        timeline = fleet.timeline(f"/{entry.terminal}/sub")
        for event in truth["events"]:
            start, met = timedelta(seconds=event["start_s"]), _met(site, event)
            lasts = timedelta(seconds=event["end_s"]) - start
            for _, at in timeline.occurrences(start, since - timeline.duration, until):
                true = TrueEvent(entry.terminal, event["kind"], at, at + met - start, at + lasts)
                if true.end > since:
                    events.append(true)
    return events


def _met(site: Site, event: dict[str, float | str]) -> timedelta:
    """The second of the clip at which the rule that tells of it is met."""
    for rule in site.rules:
        if rule.event != event["kind"]:
            continue
        if isinstance(rule, StallConfig):
            return timedelta(seconds=float(event["start_s"])) + rule.dwell
        if isinstance(rule, DumpingConfig):
            return timedelta(seconds=float(event["left_s"])) + rule.residue
    return timedelta(seconds=float(event["end_s"]))


def fully_seen(events: Sequence[TrueEvent], since: datetime, until: datetime, grace: timedelta) -> list[TrueEvent]:
    """Events that began while somebody looked and whose rule was met early enough to be told of."""
    return [event for event in events if event.start >= since and event.met + grace <= min(until, event.end)]
