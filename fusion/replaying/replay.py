"""Judges again what was told in a stretch of time, and says what would have been other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from fusion.evidence.folder import file_of
from fusion.incidents.reliability import counted, reliability_of
from fusion.incidents.suggesting import Judged
from fusion.incidents.trace import together_believed
from fusion.replaying.change import Setup
from fusion.replaying.clips import Clips
from fusion.replaying.numbers import judged_again
from fusion.replaying.verdict import Again, Verdict
from fusion.storage import Store
from fusion.types.case import Case
from fusion.types.errors import SiteError
from fusion.types.signal import EvidenceRef
from fusion.types.told import Mark, Outcome, ToldThing


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was told of one incident, and what became of it."""

    incident_id: str
    things: tuple[ToldThing, ...]  #: at least one, oldest first
    case: Case | None  #: None: it was not believed
    marks: tuple[Mark, ...]

    @property
    def outcome(self) -> Outcome | None:
        """What people said of it."""
        return self.marks[0].outcome if self.marks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One incident, judged again."""

    record: Record
    verdicts: tuple[Verdict, ...]  #: of each of its things
    filed: Again  #: whether it would be a case

    @property
    def why(self) -> Verdict:
        """The verdict that decided."""
        return next((v for v in self.verdicts if v.again is self.filed), self.verdicts[0])


@dataclass(frozen=True, slots=True)
class Source:
    """Where what was told lies."""

    store: Store
    evidence: Path


def records(source: Source, since: datetime, until: datetime) -> list[Record]:
    """What was told first from `since` on and before `until`, by incident, oldest first."""
    with source.store.learnt() as learnt:
        things = learnt.things(since, until)
        ends = learnt.cases_of([thing.incident_id for thing in things])
        by_case: dict[str, list[Mark]] = {}
        for mark in learnt.marks():
            by_case.setdefault(mark.case_id, []).append(mark)
    groups: dict[str, list[ToldThing]] = {}
    for thing in things:
        groups.setdefault(ends.get(thing.incident_id, (thing.incident_id, None))[0], []).append(thing)
    found = []
    for incident_id, group in groups.items():
        case = ends.get(group[0].incident_id, (incident_id, None))[1]
        marks = tuple(by_case.get(case.id, ())) if case is not None else ()
        found.append(Record(incident_id=incident_id, things=tuple(group), case=case, marks=marks))
    return found


def judged(found: Iterable[Record]) -> list[Judged]:
    """The same as suggestions want them."""
    return [Judged(thing=thing, outcome=record.outcome) for record in found for thing in record.things]


class Replay:
    """Judges records again; clips only where the numbers do not tell, or not at all."""

    def __init__(
        self,
        before: Setup,
        after: Setup,
        site_tz: tzinfo,
        *,
        clips: Clips | None = None,
        evidence: Path | None = None,
        all_clips: bool = False,
    ) -> None:
        """What to judge by.

        Args:
            before: by what things were told.
            after: by what they are judged again.
            site_tz: of the zones' windows.
            clips: runs the clips that were kept; None: none is run.
            evidence: where those lie.
            all_clips: run also the clips of things of which the numbers tell enough.
        """
        self._before, self._after, self._site_tz = before, after, site_tz
        self._clips, self._evidence, self._all_clips = clips, evidence, all_clips

    def run(self, found: Sequence[Record], at: Callable[[int], None] = lambda _done: None) -> list[Judgement]:
        """Each record judged again, in the same order; `at` is told how many are done."""
        marks: dict[tuple[str, str | None, str], list[Mark]] = {}
        for mark in (mark for record in found for mark in record.marks):
            marks.setdefault((mark.source_id, mark.zone_id, mark.kind), []).append(mark)
        done = []
        for number, record in enumerate(found):
            at(number)
            verdicts = tuple(self._verdict(thing, record.case) for thing in record.things)
            done.append(Judgement(record=record, verdicts=verdicts, filed=self._filed(record, verdicts, marks)))
        return done

    def _verdict(self, thing: ToldThing, case: Case | None) -> Verdict:
        verdict = judged_again(thing, self._before, self._after, self._site_tz)
        if self._clips is None or case is None or thing.first.source_id != case.terminal_id:
            return verdict
        if verdict.again is not Again.UNKNOWN and not self._all_clips:
            return verdict
        clip = next((ref for ref in case.evidence if ref.kind == "clip"), None)
        path = None if clip is None else self._file(clip)
        if clip is None or path is None:
            return verdict
        by_clip = self._clips.judged_again(thing, path, clip.at, self._before, self._after)
        if by_clip.again is not Again.UNKNOWN:
            return by_clip
        if verdict.again is not Again.UNKNOWN:
            return verdict
        return replace(verdict, zh=f"{verdict.zh}；{by_clip.zh}", en=f"{verdict.en}; {by_clip.en}")

    def _file(self, ref: EvidenceRef) -> Path | None:
        if self._evidence is None:
            return None
        try:
            path = file_of(self._evidence, ref.path)
        except SiteError:
            return None  # it leads out of the folder, and is nothing that fusion kept
        return path if path.is_file() else None

    def _filed(
        self,
        record: Record,
        verdicts: Sequence[Verdict],
        marks: Mapping[tuple[str, str | None, str], Sequence[Mark]],
    ) -> Again:
        """Whether what is left of an incident would be believed."""
        pairs = list(zip(record.things, verdicts, strict=True))
        told = [thing for thing, verdict in pairs if verdict.again is Again.TOLD]
        maybe = [thing for thing, verdict in pairs if verdict.again is Again.UNKNOWN]
        if len(told) == len(pairs) and self._before.fusion == self._after.fusion:
            return Again.TOLD if record.case is not None else Again.NOT_TOLD
        if self._believed(told, marks):
            return Again.TOLD
        return Again.UNKNOWN if self._believed([*told, *maybe], marks) else Again.NOT_TOLD

    def _believed(
        self, things: Sequence[ToldThing], marks: Mapping[tuple[str, str | None, str], Sequence[Mark]]
    ) -> bool:
        strongest: dict[str, float] = {}
        for thing in things:
            source_id = thing.first.source_id
            strongest[source_id] = max(strongest.get(source_id, 0.0), self._belief(thing, marks))
        return together_believed(strongest.values()) >= self._after.fusion.believed

    def _belief(self, thing: ToldThing, marks: Mapping[tuple[str, str | None, str], Sequence[Mark]]) -> float:
        """What its belief counted for, or would: by the marks that were there before it."""
        policy = self._after.fusion.reliability
        if policy == self._before.fusion.reliability:
            return thing.belief
        first = thing.first
        if not policy.on or thing.seen_at - first.met_at >= policy.held_at_most:
            return first.belief
        known = marks.get((first.source_id, first.zone_id, first.kind), ())
        earlier = [mark for mark in known if mark.at < first.at]
        return counted(first.belief, reliability_of(earlier, first.at, policy), policy)
