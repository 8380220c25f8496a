"""Signals and cases made of little, and an engine of nothing but decisions."""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from fusion.incidents import lifecycle
from fusion.incidents.fuse import (
    AddSignal,
    DropCase,
    EndIncident,
    ExtendIncident,
    FusionPolicy,
    Instruction,
    MergeIncident,
    OpenCase,
    OpenIncident,
    fuse,
    over,
)
from fusion.types.case import Case, CaseState, Deed, Incident
from fusion.types.deed import Given
from fusion.types.place import GeoPoint, Place
from fusion.types.role import FUSION, Doer, Role
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Phase, Reason, Signal

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
HERE = GeoPoint(120.03, 29.33)
BOX = Box(0.4, 0.4, 0.5, 0.6)
POLICY = FusionPolicy()


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def away(east_m: float, north_m: float = 0.0) -> GeoPoint:
    metres = 111_194.9
    return GeoPoint(HERE.lon + east_m / metres / math.cos(math.radians(HERE.lat)), HERE.lat + north_m / metres)


def said(
    at_s: float,
    *,
    source: str = "T-1",
    thing: str = "Z/P1",
    phase: Phase = Phase.STARTED,
    since_s: float | None = None,
    east_m: float = 0.0,
    uncertainty_m: float = 2.0,
    belief: float = 0.8,
    box: Box | None = BOX,
    kind: str = "street_stall",
    evidence: tuple[EvidenceRef, ...] = (),
) -> Signal:
    """A signal by the second of its time; by default it began at that second too."""
    return Signal(
        id=f"v:{source}:{kind}:{thing}:{phase}:{at_s}",
        kind=kind,
        phase=phase,
        source="video",
        source_id=source,
        thing_id=thing,
        at=after(at_s),
        since=after(at_s if since_s is None else since_s),
        met_at=after(at_s if since_s is None else since_s),
        place=Place(away(east_m), uncertainty_m),
        belief=belief,
        zone_id="Z",
        reason=Reason("摊点停留", "a stall stayed"),
        box=box,
        evidence=evidence,
    )


def filed(incident: Incident, signal: Signal, number: str = "2026-11-24-0001") -> Case:
    return Case(
        id=f"C-{incident.id}",
        number=number,
        incident_id=incident.id,
        kind=incident.kind,
        state=CaseState.FILED,
        place=incident.place,
        grid_id="G",
        small_grid_id=None,
        terminal_id=signal.source_id,
        zone_id=signal.zone_id,
        reason=signal.reason,
        box=signal.box,
        opened_at=signal.at,
        met_at=signal.met_at,
        changed_at=signal.at,
        version=1,
    )


ADMIN = Doer(name="user:admin", role=Role.ADMINISTRATOR)


def by(deed: Deed) -> Doer:
    """Whoever may do it in every state that allows it at all, as far as these tests go."""
    return FUSION if deed in {Deed.DISPATCH, Deed.ESCALATE} else ADMIN


@dataclass
class Desk:
    """Carries instructions out in memory."""

    policy: FusionPolicy = POLICY
    incidents: dict[str, Incident] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    carried: list[Instruction] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=itertools.count)

    def hear(self, *signals: Signal) -> list[Instruction]:
        """What the last of the signals led to."""
        done: list[Instruction] = []
        for signal in signals:
            known = list(self.incidents.values())
            done = list(fuse(signal, known, self.cases, self.policy, f"i{next(self.ids)}"))
            self._carry_out(done)
        return done

    def wait_until(self, now: datetime) -> list[EndIncident]:
        ended = [end for i in self.incidents.values() if (end := over(i, now, self.policy)) is not None]
        self._carry_out(ended)
        return ended

    @property
    def things(self) -> list[Incident]:
        """Incidents that were not merged into others."""
        return [i for i in self.incidents.values() if i.merged_into is None]

    @property
    def open_cases(self) -> list[Case]:
        return [case for case in self.cases.values() if case.state in lifecycle.OPEN_STATES]

    def do(self, deed: Deed) -> None:
        """To the only open case."""
        (case,) = self.open_cases
        self.cases[case.id] = lifecycle.apply(case, deed, case.changed_at, by=by(deed), given=Given(reason="看过"))

    def _carry_out(self, instructions: Iterable[Instruction]) -> None:
        for done in instructions:
            self.carried.append(done)
            if isinstance(done, OpenIncident | ExtendIncident | MergeIncident | EndIncident):
                self.incidents[done.incident.id] = done.incident
            elif isinstance(done, OpenCase):
                case = filed(done.incident, done.signal)
                self.cases[case.id] = case
                self.incidents[done.incident.id] = replace(done.incident, case_id=case.id)
            elif isinstance(done, DropCase):
                case = self.cases[done.case_id]
                given = Given(other=done.same_as)
                self.cases[case.id] = lifecycle.apply(case, Deed.MERGE, case.changed_at, given=given)
            elif isinstance(done, AddSignal):
                assert done.case_id in self.cases
