"""What a sensor said, and how it is read from a payload: strictly, and with one sentence when it cannot be."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from fusion.types.errors import TerminalFault

LARGEST_BYTES = 64 * 1024
CLOCK_SLACK = timedelta(minutes=5)  #: a sensor's clock may be so much ahead of ours
_MOST_SAID = 200  # characters of a decoder's words, which may name a field of the payload
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measurement."""

    at: datetime  #: when it was taken (aware)
    value: float  #: finite
    unit: str | None = None  #: of `value`, where the payload names one


class _Own(msgspec.Struct, forbid_unknown_fields=True):
    """The payload on a topic of fusion's own; `fusion.alerts.messages.ReadingMessage` is its schema."""

    at: Annotated[datetime, Meta(tz=True)]
    value: float
    unit: Annotated[str, Meta(max_length=16)] | None = None


def own_form(payload: bytes) -> Reading:
    """A reading in fusion's own form, `{"at": "2026-11-24T10:00:00+08:00", "value": 93.5, "unit": "percent"}`.

    The unit may be left out; one that is named must be the kind's.

    Raises:
        TerminalFault: it is not of that form.
    """
    own = decoded(payload, _Own)
    if not math.isfinite(own.value):
        raise TerminalFault("value: not finite; wanted: a number")
    return Reading(at=own.at, value=own.value, unit=own.unit)


def decoded(payload: bytes, kind: type[_T]) -> _T:
    """A JSON payload as a msgspec Struct, dataclass or dict.

    Raises:
        TerminalFault: more than 64 KiB, no JSON, or not of that form.
    """
    if len(payload) > LARGEST_BYTES:
        raise TerminalFault(f"{len(payload)} bytes; wanted: {LARGEST_BYTES} at most")
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TerminalFault(f"payload: {str(error)[:_MOST_SAID]}") from error


def check_time(at: datetime, now: datetime, oldest: timedelta) -> None:
    """Refuse what was measured too long ago or is yet to come.

    Raises:
        TerminalFault: it says which, and what is wanted.
    """
    if at.tzinfo is None:
        raise TerminalFault(f"at {at.isoformat()}: without its zone; wanted: a time such as 2026-11-24T10:00:00+08:00")
    # Compared before anything is subtracted: a time at the calendar's edge can only be compared.
    if at > now + CLOCK_SLACK:
        raise TerminalFault(f"at {at.isoformat()}: in the future; wanted: the sensor's clock set right")
    if at < now - oldest:
        raise TerminalFault(f"at {at.isoformat()}: stale; wanted: a reading of the last {oldest}")
