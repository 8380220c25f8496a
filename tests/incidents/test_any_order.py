"""The same signals in any order within the watermark give the same incidents and cases."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.types.case import Incident
from fusion.types.sighting import Box
from fusion.types.signal import Phase, Signal

from .saying import POLICY, Desk, after, said

_GRID_M = 60.0  # true things lie this far apart
_CAMERAS = ("T-1", "T-2", "T-3")
_REPEAT_S = 10


@dataclass(frozen=True)
class Stay:
    """One thing, seen by one camera under one name for a while."""

    thing: int
    camera: str
    name: int
    start_s: int
    lasts_s: int
    error_m: float
    belief: float

    def signals(self) -> list[Signal]:
        def one(at_s: float, phase: Phase) -> Signal:
            left = 0.02 + 0.3 * self.thing
            return said(
                at_s,
                source=self.camera,
                thing=f"Z/{self.thing}-{self.name}",
                phase=phase,
                since_s=self.start_s,
                east_m=self.thing * _GRID_M + self.error_m,
                uncertainty_m=3.0,
                belief=self.belief,
                box=Box(left, 0.4, left + 0.08, 0.6),
            )

        end_s = self.start_s + self.lasts_s
        middle = [one(s, Phase.CONTINUING) for s in range(self.start_s + _REPEAT_S, end_s, _REPEAT_S)]
        return [one(self.start_s, Phase.STARTED), *middle, one(end_s, Phase.ENDED)]


@dataclass(frozen=True)
class Told:
    """One thing, told of once by somebody without a picture of it: a hotline, a worker, or a sensor at the place."""

    thing: int
    source: str
    name: int
    at_s: int
    error_m: float
    belief: float

    def signals(self) -> list[Signal]:
        clock_error_s = {"8890": 60, "W-1": 10, "B": 5}[self.source]
        source = f"B-{self.thing}" if self.source == "B" else self.source
        return [
            said(
                self.at_s,
                source=source,
                thing=f"r:{source}:{self.name}",
                since_s=self.at_s - clock_error_s,
                east_m=self.thing * _GRID_M + self.error_m,
                uncertainty_m=15.0,
                belief=self.belief,
                box=None,
            )
        ]


_TOLD = st.builds(
    Told,
    thing=st.integers(0, 2),
    source=st.sampled_from(["8890", "W-1", "B"]),
    name=st.integers(0, 2**30),
    at_s=st.integers(0, 590),
    error_m=st.floats(-3.0, 3.0),
    belief=st.sampled_from([0.45, 0.55, 0.7, 0.9]),
)
_STAYS = st.builds(
    Stay,
    thing=st.integers(0, 2),
    camera=st.sampled_from(_CAMERAS),
    name=st.integers(0, 2**30),
    start_s=st.integers(0, 500),
    lasts_s=st.integers(1, 90),
    error_m=st.floats(-1.5, 1.5),
    belief=st.sampled_from([0.45, 0.55, 0.7, 0.9]),
)


def _heard(signals: list[Signal]) -> Desk:
    desk = Desk()
    desk.hear(*signals)
    desk.wait_until(after(10_000))
    return desk


def _said_of(incident: Incident) -> tuple[Any, ...]:
    """All that an incident says, without the ids that it was given on the way."""
    return (
        incident.kind,
        incident.place,
        incident.source_ids,
        incident.first_at,
        incident.last_at,
        round(incident.belief, 9),
        incident.signals,
        incident.ended_at,
        incident.traces,
        incident.case_id is not None,
    )


def _picture(desk: Desk) -> list[tuple[Any, ...]]:
    return sorted((_said_of(incident) for incident in desk.things), key=repr)


@settings(max_examples=300, deadline=None)
@given(stays=st.lists(_STAYS | _TOLD, min_size=1, max_size=8, unique_by=lambda s: s.name), data=st.data())
def test_signals_of_all_sources_within_the_watermark_give_the_same_incidents_in_any_order(
    stays: list[Stay | Told], data: st.DataObject
) -> None:
    signals = sorted((s for stay in stays for s in stay.signals()), key=lambda s: (s.at, s.id))
    in_order = _heard(signals)
    lateness = data.draw(
        st.lists(st.floats(0, POLICY.lasting.total_seconds()), min_size=len(signals), max_size=len(signals))
    )
    arrivals = sorted(
        zip(signals, lateness, strict=True), key=lambda pair: (pair[0].at + timedelta(seconds=pair[1]), pair[0].id)
    )
    shuffled = _heard([signal for signal, _ in arrivals])
    assert _picture(shuffled) == _picture(in_order)
    assert len(shuffled.open_cases) == len(in_order.open_cases)


@settings(max_examples=200, deadline=None)
@given(stays=st.lists(_STAYS | _TOLD, min_size=1, max_size=6, unique_by=lambda s: s.name), data=st.data())
def test_a_signal_said_twice_changes_nothing_but_the_count(stays: list[Stay | Told], data: st.DataObject) -> None:
    signals = [s for stay in stays for s in stay.signals()]
    once = _heard(sorted(signals, key=lambda s: (s.at, s.id)))
    again = data.draw(st.lists(st.sampled_from(signals), max_size=10))
    twice = _heard(sorted([*signals, *again], key=lambda s: (s.at, s.id)))

    def without_count(desk: Desk) -> list[tuple[Any, ...]]:
        return sorted(((*said_of[:6], *said_of[7:]) for said_of in map(_said_of, desk.things)), key=repr)

    assert without_count(twice) == without_count(once)
    assert len(twice.cases) == len(once.cases)


@settings(max_examples=200, deadline=None)
@given(stays=st.lists(_STAYS, min_size=1, max_size=8, unique_by=lambda s: s.name))
def test_each_true_thing_is_one_incident_while_it_lasts(stays: list[Stay]) -> None:
    signals = sorted((s for stay in stays for s in stay.signals()), key=lambda s: (s.at, s.id))
    wanted = 0
    for thing in {stay.thing for stay in stays}:
        spans = sorted((s.start_s, s.start_s + s.lasts_s) for s in stays if s.thing == thing)
        end_s = -1e9
        for start_s, stop_s in spans:
            wanted += start_s - end_s > POLICY.lasting.total_seconds()
            end_s = max(end_s, stop_s)
    assert len(_heard(signals).things) == wanted
