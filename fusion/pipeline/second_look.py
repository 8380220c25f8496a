"""Closing by eye: after "handled" the terminals that told of the thing look again, and say whether the place is clear.

For each terminal that kept a picture of the thing: the newest looks, over a few seconds, are compared with the ground
before it and with that picture. Cameras that cannot see now say so, and why; then a person decides.
"""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import structlog

from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.folder import file_of
from fusion.evidence.keep import keep_view, read_metadata
from fusion.incidents.codes import ClosingPolicy
from fusion.pipeline.second_look_words import BLIND, because, no_pictures, sentence, with_rule, worst
from fusion.tracking.clearing import Compared, View, compare
from fusion.types.case import Case, CaseState, Trace
from fusion.types.errors import FusionError, PeerFault
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Reason
from fusion.types.terminal import Health, Terminal, TerminalStatus
from fusion.types.verdict import Clear, Verdict

_LOG = structlog.get_logger()
_MOST_WAITING = 500
_HANDS = 3
_EACH_S = 1.0
_SHARE_OF_TIME = 0.6  #: of `look_within` that looking may take; the answer must be there in time


@dataclass(frozen=True, slots=True)
class Seat:
    """What one terminal kept of a thing."""

    terminal: Terminal
    box: Box
    with_it: EvidenceRef
    before: EvidenceRef | None


class SecondLook:
    """A few threads; a case that finds the queue full is left to a person when its time is over."""

    def __init__(
        self,
        terminals: Mapping[str, Terminal],
        evidence: Path,
        clock: ZoneInfo,
        policy: ClosingPolicy,
        *,
        still: Callable[[str], bytes | None],
        statuses: Callable[[], Sequence[TerminalStatus]],
        traces: Callable[[str], Sequence[Trace]],
        answer: Callable[[Verdict], None],
    ) -> None:
        """What it needs.

        Args:
            terminals: by id.
            evidence: the folder.
            clock: the site's time.
            policy: the site's.
            still: gives a terminal's newest picture as JPEG, or None.
            statuses: how the terminals are doing.
            traces: who told of a case's thing, and whether its rule has seen it end.
            answer: takes the verdict; it must be safe (on the bus) when this returns.
        """
        self._terminals, self._evidence, self._clock, self._policy = terminals, evidence, clock, policy
        self._still, self._statuses, self._traces, self._answer = still, statuses, traces, answer
        self._waiting: queue.Queue[Case | None] = queue.Queue(_MOST_WAITING)
        self._asked: set[tuple[str, datetime | None]] = set()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"second look {n}", daemon=True) for n in range(_HANDS)
        ]

    def start(self, standing: Sequence[Case] = ()) -> None:
        """Begin; `standing` are cases that waited for an answer when fusion was stopped."""
        for thread in self._threads:
            thread.start()
        for case in standing:
            self.on_case(case)

    def stop(self) -> None:
        """Stop after what is at hand."""
        self._stopping.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(timeout=3)

    def on_case(self, case: Case) -> None:
        """Called after each change of a case; each "handled" is looked at once."""
        key = (case.id, case.handled_at)
        if case.state is not CaseState.FEEDBACK or case.seen is not None or case.due_at is None or key in self._asked:
            return
        self._asked.add(key)
        try:
            self._waiting.put_nowait(case)
        except queue.Full:
            _LOG.warning("no second look: too many cases at once", case=case.number)

    def _run(self) -> None:
        while (case := self._waiting.get()) is not None:
            self._stopping.wait(self._policy.look_after.total_seconds())
            if self._stopping.is_set():
                return
            try:
                self._answer(self._judge(case))
            except FusionError as error:
                _LOG.warning("second look in vain", case=case.number, error=str(error))
            except Exception:  # noqa: BLE001 - a loop's top: one case must not end the looking at all others
                _LOG.exception("second look failed", case=case.number)

    def _judge(self, case: Case) -> Verdict:
        seats = self._seats(case)
        told = [self._look(seat, case) for seat in seats]
        clear, reason = worst([(one[0], one[1]) for one in told]) if told else (Clear.CANNOT_SEE, no_pictures())
        evidence = tuple(ref for one in told for ref in one[2])
        handled_at = case.handled_at or case.changed_at
        return Verdict(
            id=f"eye:{case.id}:{int(handled_at.timestamp() * 1000)}",
            case_id=case.id,
            handled_at=handled_at,
            at=datetime.now(UTC),
            clear=clear,
            reason=reason,
            evidence=evidence,
        )

    def _seats(self, case: Case) -> list[Seat]:
        """The terminals that kept a picture of the thing, each with its first one."""
        found: dict[str, Seat] = {}
        before: dict[str, EvidenceRef] = {}
        for ref in case.evidence:
            if ref.kind not in {"plain", "before"}:
                continue
            said = read_metadata(self._evidence, ref)
            terminal = self._terminals.get(str(said.get("terminal", {}).get("id")))
            if terminal is None:
                continue
            if ref.kind == "before":
                before.setdefault(terminal.id, ref)
            elif said.get("box"):
                found.setdefault(terminal.id, Seat(terminal, Box(*map(float, said["box"])), ref, None))
        return [Seat(seat.terminal, seat.box, seat.with_it, before.get(name)) for name, seat in found.items()]

    def _look(self, seat: Seat, case: Case) -> tuple[Clear, Reason, tuple[EvidenceRef, ...]]:
        name = seat.terminal.id
        status = next((one for one in self._statuses() if one.terminal_id == name), None)
        if status is None or status.health is not Health.LIVE:
            return Clear.CANNOT_SEE, because(name, "offline"), ()
        blind = next((trouble for trouble in status.troubles if trouble.kind in BLIND), None)
        if blind is not None:
            return Clear.CANNOT_SEE, Reason(f"{name}：{blind.zh}", f"{name}: {blind.en}"), ()
        looks = self._looks(name)
        if not looks:
            return Clear.CANNOT_SEE, because(name, "no picture"), ()
        after = keep_view(self._evidence, looks[-1], "after", self._facts(seat, case), datetime.now(UTC), self._clock)
        if seat.before is None:
            return Clear.CANNOT_SEE, because(name, "no background"), (after,)
        pair = (seat.before, after)
        compared = self._compared(seat, seat.before, looks)
        clear, reason = with_rule(*sentence(name, compared), self._traces_of(name, case), case.handled_at)
        return clear, reason, pair

    def _traces_of(self, terminal_id: str, case: Case) -> list[Trace]:
        return [trace for trace in self._traces(case.id) if trace.source_id == terminal_id]

    def _looks(self, terminal_id: str) -> list[bytes]:
        """The newest pictures, each once, as many as are wanted or come in the time."""
        found: list[bytes] = []
        tries = int(self._policy.look_within.total_seconds() * _SHARE_OF_TIME / _EACH_S)
        for _ in range(max(1, tries)):
            still = self._still(terminal_id)
            if still is not None and still not in found:
                found.append(still)
            if len(found) >= self._policy.looks or self._stopping.wait(_EACH_S):
                break
        return found

    def _compared(self, seat: Seat, before: EvidenceRef, looks: list[bytes]) -> Compared:
        try:
            kept = [file_of(self._evidence, ref.path).read_bytes() for ref in (before, seat.with_it)]
        except OSError as error:
            raise PeerFault(f"evidence of {seat.terminal.id}: {error.strerror}; wanted: a readable file") from error
        ground, with_it, *now = [_view(data) for data in (*kept, *looks)]
        policy = self._policy
        return compare(ground, with_it, now, seat.box, darkest=policy.darkest, clear_share=policy.clear_share)

    def _facts(self, seat: Seat, case: Case) -> SnapshotFacts:
        return SnapshotFacts(
            terminal=seat.terminal,
            kind=case.kind,
            reason=case.reason,
            met_at=case.met_at,
            signal_id=case.id,
            thing_id=case.incident_id,
            box=seat.box,
            zone=next((zone for zone in seat.terminal.zones if zone.id == case.zone_id), None),
            place=case.place,
            grid_id=case.grid_id,
            small_grid_id=case.small_grid_id,
        )


def _view(jpeg: bytes) -> View:
    """Luma, Cr and Cb of a JPEG of ours."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise PeerFault("evidence: a picture cannot be decoded; wanted: the JPEG that was kept")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb), np.uint8)
