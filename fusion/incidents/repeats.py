"""Repeat offenders 多次上榜: the same kind of thing again and again at one place, or by one registered vendor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from fusion.incidents.association import distance_m
from fusion.plugins import Config, Duration
from fusion.types.case import Case, CaseState
from fusion.types.signal import Reason


class RepeatPolicy(Config):
    """When it is said that somebody does it again and again."""

    cases: Annotated[int, Field(ge=2, le=1000)] = 3  #: so many, the new one among them
    within: Duration = timedelta(days=30)
    near_m: Annotated[float, Field(gt=0, le=1000)] = 50.0


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier case, and whose it was found to be."""

    case: Case
    stall_id: str | None = None


def repeated(case: Case, stall_id: str | None, past: Iterable[Past], policy: RepeatPolicy) -> Reason | None:
    """The sentence on a case that is one of many; None while it is not.

    Args:
        case: the new one.
        stall_id: the registered stall that it is known to be; None: nobody knows.
        past: earlier cases; those of another kind, false ones and those too long ago do not count.
        policy: the site's.
    """
    counted = [p for p in past if _counts(p.case, case, policy)]
    here = [p.case for p in counted if distance_m(p.case.place.point, case.place.point) <= policy.near_m]
    theirs = [p.case for p in counted if stall_id is not None and p.stall_id == stall_id]
    days = max(1, round(policy.within / timedelta(days=1)))
    if len(theirs) + 1 >= policy.cases and len(theirs) >= len(here):
        return _said(
            f"登记摊点 {stall_id} 近 {days} 天内第 {len(theirs) + 1} 次立案",
            f"registered stall {stall_id}: case {len(theirs) + 1} within {days} days",
            theirs,
        )
    if len(here) + 1 >= policy.cases:
        near = f"{policy.near_m:g}"
        return _said(
            f"多次上榜：近 {days} 天内此处（{near} 米内）第 {len(here) + 1} 次立案",
            f"repeat offender: case {len(here) + 1} within {days} days and {near} m",
            here,
        )
    return None


def _said(zh: str, en: str, cases: list[Case]) -> Reason:
    last = max(cases, key=_opened)
    return Reason(f"{zh}，上次 {last.number}", f"{en}, the last one {last.number}", {"cases": len(cases) + 1})


def _counts(earlier: Case, case: Case, policy: RepeatPolicy) -> bool:
    return (
        earlier.id != case.id
        and earlier.kind == case.kind
        and earlier.state is not CaseState.REJECTED
        and case.opened_at - policy.within <= earlier.opened_at <= case.opened_at
    )


def _opened(case: Case) -> datetime:
    return case.opened_at
