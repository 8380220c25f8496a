"""What people's marks say, for pages and the API: how reliable each source is, and what is suggested to change."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fusion.command_room.backend import Advice, Learning, SourceRecord
from fusion.incidents.policy import FusionPolicy
from fusion.incidents.reliability import reliability_of
from fusion.incidents.suggesting import Judged, Suggestion, suggestions
from fusion.storage import Store
from fusion.types.told import Mark, Outcome

_FRESH_FOR = timedelta(minutes=1)  #: many pages may ask, and marks come a few an hour


class Learner:
    """Reads the store; what it found is good for a minute."""

    def __init__(
        self,
        store: Store,
        policy: FusionPolicy,
        site_tz: ZoneInfo,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._policy, self._site_tz, self._clock = store, policy, site_tz, clock
        self._known = Learning()
        self._known_at = datetime.min.replace(tzinfo=UTC)

    def of(self, terminal_id: str | None = None) -> Learning:
        """What marks say of a terminal and of the rules of all, or of everything.

        Raises:
            PeerFault: the store is away.
        """
        now = self._clock()
        if self._known_at > now or now - self._known_at >= _FRESH_FOR:
            self._known, self._known_at = self._read(now), now
        if terminal_id is None:
            return self._known
        return Learning(
            sources=tuple(one for one in self._known.sources if one.source_id == terminal_id),
            suggestions=tuple(one for one in self._known.suggestions if one.source_id in {None, terminal_id}),
        )

    def _read(self, now: datetime) -> Learning:
        with self._store.learnt() as learnt:
            marks = learnt.marks()
            things = learnt.things(now - self._policy.replayable, now + _FRESH_FOR)
            ends = learnt.cases_of([thing.incident_id for thing in things])
        outcomes = {mark.case_id: mark.outcome for mark in marks}
        judged = []
        for thing in things:
            _, case = ends.get(thing.incident_id, ("", None))
            judged.append(Judged(thing=thing, outcome=outcomes.get(case.id) if case is not None else None))
        found = suggestions(judged, self._site_tz)
        return Learning(sources=self._sources(marks, now), suggestions=tuple(_advice(one) for one in found))

    def _sources(self, marks: list[Mark], now: datetime) -> tuple[SourceRecord, ...]:
        groups: dict[tuple[str, str, str], list[Mark]] = {}
        for mark in marks:
            groups.setdefault((mark.source_id, mark.zone_id or "", mark.kind), []).append(mark)
        found = [
            SourceRecord(
                source_id=source_id,
                zone_id=zone_id or None,
                kind=kind,
                trues=sum(mark.outcome is Outcome.TRUE for mark in group),
                falses=sum(mark.outcome is Outcome.FALSE for mark in group),
                reliability=round(reliability_of(group, now, self._policy.reliability).mean, 3),
                false_reasons=dict(Counter(mark.reason for mark in group if mark.reason is not None).most_common()),
            )
            for (source_id, zone_id, kind), group in sorted(groups.items())
        ]
        return tuple(sorted(found, key=lambda one: -one.falses))


def _advice(one: Suggestion) -> Advice:
    return Advice(
        source_id=one.source_id,
        zone_id=one.zone_id,
        kind=one.kind,
        change=str(one.change),
        zh=one.zh,
        en=one.en,
        falses=one.falses,
        falses_less=one.falses_less,
        trues=one.trues,
        trues_lost=one.trues_lost,
        patch=one.patch,
    )
