"""What a worker's phone says, after it was checked at the door."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fusion.types.false_reason import FalseReason
from fusion.types.place import GeoPoint


class Answer(StrEnum):
    """What a worker answers to an alert."""

    ACCEPT = "accept"
    DECLINE = "decline"
    HANDLED = "handled"
    FALSE = "false"  #: the worker was there: a false alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePosition:
    """Where a worker is."""

    id: str
    worker_id: str
    point: GeoPoint
    accuracy_m: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneReceipt:
    """An alert arrived on the phone (not only at the broker)."""

    id: str
    worker_id: str
    case_id: str
    alert_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAnswer:
    """What the worker does about it."""

    id: str
    worker_id: str
    case_id: str
    alert_id: str
    answer: Answer
    at: datetime
    reason: str = ""
    false_reason: FalseReason | None = None  #: of the answer "false"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One MQTT message to be sent once; its id stays the same however often it is tried."""

    id: str
    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expires_at: datetime | None = None  #: worth nothing afterwards
