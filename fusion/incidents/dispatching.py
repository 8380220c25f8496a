"""What a case needs as time passes: a worker to be told, the next one, or the command room."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration
from fusion.types.case import Case, CaseState


class DispatchTimes(Config):
    """How long a worker may take, and how often the command room's cases are tried again."""

    acknowledge_within: Duration = timedelta(seconds=90)
    try_again_after: Duration = timedelta(seconds=60)  #: while nobody could be told
    most_told: Annotated[int, Field(ge=1, le=100)] = 6  #: after so many silent or declining workers: command room


class Need(StrEnum):
    """What is due."""

    TELL = "tell"  #: choose a worker and tell; when there is none, the command room
    PASS_ON = "pass_on"  #: the one who was told did not answer in time
    GIVE_UP_LOOKING = "give_up_looking"  #: no terminal said in time whether the place is clear
    NOTHING = "nothing"


def due(case: Case, now: datetime) -> Need:
    """What a case needs now; the same case and time always need the same."""
    if case.due_at is None or now < case.due_at:
        return Need.NOTHING
    if case.state is CaseState.DISPATCHED:
        return Need.PASS_ON
    if case.state is CaseState.FEEDBACK:
        return Need.GIVE_UP_LOOKING
    if case.state is CaseState.FILED:
        return Need.TELL  # somebody may have come on duty since
    return Need.NOTHING


def may_tell(case: Case, times: DispatchTimes) -> bool:
    """Whether one more worker may be told before people decide."""
    return len(case.told) < times.most_told


def try_again_after(case: Case, times: DispatchTimes) -> timedelta | None:
    """How long the command room has a case before somebody is looked for again; None: until a person acts."""
    return times.try_again_after if may_tell(case, times) else None
