"""The life of a case as a table, after GB/T 30428-8 (filing, handling and closing).

collected ─file→ filed ─dispatch→ dispatched ─acknowledge→ handling ─handle→ feedback ─verify→ verified ─close→ closed

Each row: from where, which deed, to where, who may do it, what it must come with. The engine, the REST API, the
phones' messages and the pages ask this table and nothing else.
"""

from dataclasses import dataclass

from fusion.types.case import CaseState, Deed
from fusion.types.deed import Wants
from fusion.types.role import ROOM, Role

_S, _D, _W = CaseState, Deed, Wants

SYSTEM = frozenset({Role.SYSTEM})
WORKER = frozenset({Role.WORKER})
GRID = ROOM | {Role.GRID_LIAISON}
PLATFORM = ROOM | {Role.PLATFORM_LIAISON}
DESK = GRID | PLATFORM  #: everybody who signs in


@dataclass(frozen=True, slots=True)
class Step:
    """One row."""

    source: CaseState
    deed: Deed
    to: CaseState
    who: frozenset[Role]
    wants: frozenset[Wants] = frozenset()


def _rows(
    sources: tuple[CaseState, ...], deed: Deed, to: CaseState | None, who: frozenset[Role], *wants: Wants
) -> tuple[Step, ...]:
    """The same row from several states; `to` is None where the state stays."""
    return tuple(Step(source, deed, to or source, who, frozenset(wants)) for source in sources)


_OPEN = (_S.FILED, _S.DISPATCHED, _S.HANDLING, _S.FEEDBACK)

TABLE: tuple[Step, ...] = (
    # Collected: what is believed is filed by fusion, or waits for a person where the site wants that.
    *_rows((_S.COLLECTED,), _D.FILE, _S.FILED, ROOM | SYSTEM),
    # Filed: somebody is told. When nobody is left to tell, the command room is, and it may act itself.
    *_rows((_S.FILED,), _D.DISPATCH, _S.DISPATCHED, DESK | SYSTEM),
    *_rows((_S.FILED,), _D.ESCALATE, _S.FILED, SYSTEM),
    *_rows((_S.FILED,), _D.HANDLE, _S.FEEDBACK, DESK),
    *_rows((_S.FILED,), _D.CLOSE, _S.CLOSED, ROOM, _W.REASON, _W.PARTS),
    # Told: the worker goes, will not go, or does not answer; then the case goes back to be told to the next.
    *_rows((_S.DISPATCHED,), _D.ACKNOWLEDGE, _S.HANDLING, GRID | WORKER),
    *_rows((_S.DISPATCHED,), _D.DECLINE, _S.FILED, WORKER),
    *_rows((_S.DISPATCHED,), _D.PASS_ON, _S.FILED, GRID | SYSTEM),
    *_rows((_S.DISPATCHED,), _D.HANDLE, _S.FEEDBACK, GRID | WORKER),
    # Going: done, or it turns out that the worker cannot after all.
    *_rows((_S.HANDLING,), _D.HANDLE, _S.FEEDBACK, GRID | WORKER),
    *_rows((_S.HANDLING,), _D.DECLINE, _S.FILED, WORKER),
    *_rows((_S.HANDLING,), _D.PASS_ON, _S.FILED, GRID, _W.REASON),
    # Said to be done: the terminals look again, else a person does. Who was there himself closes at once.
    *_rows((_S.FEEDBACK,), _D.VERIFY, _S.VERIFIED, SYSTEM, _W.PICTURE, _W.PARTS),
    *_rows((_S.FEEDBACK,), _D.VERIFY, _S.VERIFIED, DESK, _W.PARTS),
    *_rows((_S.FEEDBACK,), _D.BOUNCE, _S.HANDLING, SYSTEM, _W.PICTURE),
    *_rows((_S.FEEDBACK,), _D.BOUNCE, _S.HANDLING, DESK, _W.REASON),
    *_rows((_S.FEEDBACK,), _D.CLOSE, _S.CLOSED, ROOM, _W.PARTS),
    *_rows((_S.VERIFIED,), _D.CLOSE, _S.CLOSED, ROOM | SYSTEM, _W.PARTS),
    *_rows((_S.VERIFIED,), _D.BOUNCE, _S.HANDLING, ROOM, _W.REASON),
    # Not what it was taken for.
    *_rows((_S.COLLECTED, *_OPEN, _S.VERIFIED, _S.SUSPENDED), _D.REJECT, _S.REJECTED, ROOM, _W.FALSE_REASON),
    *_rows((_S.DISPATCHED, _S.HANDLING), _D.REJECT, _S.REJECTED, WORKER, _W.FALSE_REASON),  # who stands there sees it
    *_rows((_S.COLLECTED, *_OPEN, _S.SUSPENDED), _D.MERGE, _S.MERGED, ROOM, _W.OTHER),
    *_rows((_S.FILED, _S.DISPATCHED), _D.MERGE, _S.MERGED, SYSTEM, _W.OTHER),
    *_rows((_S.COLLECTED, *_OPEN, _S.VERIFIED, _S.SUSPENDED), _D.SPLIT, None, ROOM, _W.SOURCES),
    # Paused, and going on where it stood; who was told and had not answered is not told again by itself.
    *_rows(_OPEN, _D.SUSPEND, _S.SUSPENDED, PLATFORM, _W.REASON),
    *(step for to in (_S.FILED, _S.HANDLING, _S.FEEDBACK) for step in _rows((_S.SUSPENDED,), _D.RESUME, to, PLATFORM)),
    # Joint action: several platforms, each with its own part.
    *_rows(_OPEN, _D.JOIN, None, PLATFORM, _W.PLATFORMS),
    *_rows((*_OPEN, _S.SUSPENDED), _D.FINISH_PART, None, PLATFORM, _W.PLATFORM),
    # Closed, rejected and merged cases stay as they are: a thing that comes back is a new case.
)

FIRST = CaseState.COLLECTED
OPEN_STATES = frozenset(step.source for step in TABLE)
#: A worker has the case in hand and may answer.
IN_HAND = frozenset({_S.DISPATCHED, _S.HANDLING})


def steps(state: CaseState, deed: Deed) -> tuple[Step, ...]:
    """The rows of a deed from a state."""
    return tuple(step for step in TABLE if step.source is state and step.deed is deed)


def leads(state: CaseState, deed: Deed, to: CaseState) -> bool:
    """Whether some row goes this way."""
    return any(step.to is to for step in steps(state, deed))


def markdown() -> str:
    """The table for the documents."""
    lines = ["| from | deed | to | who | comes with |", "|---|---|---|---|---|"]
    lines += [
        f"| {step.source} | {step.deed} | {step.to} | {', '.join(sorted(step.who))} | {', '.join(sorted(step.wants))} |"
        for step in TABLE
    ]
    return "\n".join(lines) + "\n"
