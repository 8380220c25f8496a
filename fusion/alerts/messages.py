"""Every MQTT payload: strict JSON, checked at the door, with a JSON Schema of its own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from fusion.types.errors import SiteError
from fusion.types.false_reason import FalseReason
from fusion.types.phone import Answer, PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.place import Datum, GeoPoint
from fusion.types.report import RawReport, ReportSource

LARGEST_BYTES = 64 * 1024
CLOCK_SLACK = timedelta(minutes=5)  #: phones' clocks; further in the future is refused
STALEST = timedelta(days=7)
_MOST_SAID = 200  # characters of a decoder's words, which may name a field of the payload

#: `(?![\s\S])` is the end of the text in Python and in ECMAScript; `$` would let a line's end through in Python.
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}(?![\s\S])")]
Lon = Annotated[float, Meta(ge=-180, le=180)]
Lat = Annotated[float, Meta(ge=-90, le=90)]
Sentence = Annotated[str, Meta(max_length=2000)]
Moment = Annotated[datetime, Meta(tz=True)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of all payloads: an unknown field is an error."""

    largest_bytes: ClassVar[int] = LARGEST_BYTES


class Alert(Message, frozen=True):
    """A case for a worker. The id stays the same however often it is sent; worth nothing after `expires_at`."""

    id: Id
    case_id: Id
    number: str
    kind: str
    kind_zh: str
    kind_en: str
    lon: Lon
    lat: Lat
    datum: Datum
    uncertainty_m: Annotated[float, Meta(ge=0)]
    grid_id: str | None
    small_grid_id: str | None
    terminal_id: str | None
    worker_id: Id
    why_zh: Sentence
    why_en: Sentence
    why_you_zh: Sentence
    why_you_en: Sentence
    rule_met_at: Moment
    issued_at: Moment
    expires_at: Moment
    evidence_ids: tuple[str, ...] = ()
    evidence_sha256: tuple[str, ...] = ()


class Update(Message, frozen=True):
    """A case that the worker was told of changed; `withdrawn` means: no longer yours."""

    id: Id
    case_id: Id
    number: str
    state: str
    withdrawn: bool
    issued_at: Moment


class PositionMessage(Message, frozen=True):
    """Where a worker is, with the datum by name (phones' map SDKs give GCJ-02)."""

    id: Id
    lon: Lon
    lat: Lat
    datum: Datum
    accuracy_m: Annotated[float, Meta(ge=0, le=100_000)]
    at: Moment


class ReceiptMessage(Message, frozen=True):
    """The phone has the alert."""

    id: Id
    case_id: Id
    alert_id: Id
    at: Moment


class AnswerMessage(Message, frozen=True):
    """What the worker does about it; to the answer "false" belongs a `false_reason`, and `reason` is free text."""

    id: Id
    case_id: Id
    alert_id: Id
    answer: Answer
    at: Moment
    reason: Annotated[str, Meta(max_length=500)] = ""
    false_reason: FalseReason | None = None


class ReportMessage(Message, frozen=True):
    """Something that the worker found, with a photo of it (JPEG or PNG, as base64), if there is one."""

    largest_bytes: ClassVar[int] = 768 * 1024

    id: Id
    kind: Annotated[str, Meta(max_length=64)]
    lon: Lon
    lat: Lat
    datum: Datum
    accuracy_m: Annotated[float, Meta(ge=0, le=2000)]
    at: Moment
    text: Sentence = ""
    photo: bytes = b""


class ReadingMessage(Message, frozen=True):
    """What a sensor measured; `value` is in the unit of its kind. Read by `fusion.sensors.reading`."""

    at: Moment
    value: float
    unit: Annotated[str, Meta(max_length=16)] | None = None


class TroubleMessage(Message, frozen=True):
    """One thing wrong with a terminal, since when, in a sentence."""

    kind: str
    since: Moment
    zh: Sentence
    en: Sentence


class TerminalHealth(Message, frozen=True):
    """How a terminal is; no troubles means that none is known, not that all is clear."""

    terminal_id: Id
    health: str
    troubles: tuple[TroubleMessage, ...]
    at: Moment


class EngineStatus(Message, frozen=True):
    """Whether the engine runs."""

    online: bool
    at: Moment


_M = TypeVar("_M", bound=Message)
ToWgs84 = Callable[[float, float, Datum], GeoPoint]
FromPhone = PhonePosition | PhoneReceipt | PhoneAnswer | RawReport


def decode(kind: type[_M], payload: bytes, now: datetime) -> _M:
    """A payload as its message; SiteError says what was wrong and what is wanted.

    Refused are: more bytes than such a message may have (64 KiB; 768 KiB for a report with its photo), no JSON, an
    unknown or missing field (the datum too), a value out of its range, and a time (`at`) more than 5 minutes ahead of
    `now` or more than 7 days before it.
    """
    if len(payload) > kind.largest_bytes:
        raise SiteError(f"{kind.__name__}: {len(payload)} bytes; wanted {kind.largest_bytes} at most")
    try:
        message = msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SiteError(f"{kind.__name__}: {str(error)[:_MOST_SAID]}") from error
    at: datetime | None = getattr(message, "at", None)
    # Compared before it is converted: a time at the calendar's edge cannot be converted to UTC.
    if at is not None and not now - STALEST <= at <= now + CLOCK_SLACK:
        raise SiteError(
            f"{kind.__name__}: at {at.isoformat()}; wanted a time within the last 7 days and not in the future"
        )
    return message


def encode(message: Message) -> bytes:
    """A message as its payload."""
    return msgspec.json.encode(message)


def from_phone(message: Message, worker_id: str, to_wgs84: ToWgs84) -> FromPhone:
    """A checked payload as the engine's own type; positions are converted to the one datum here."""
    if isinstance(message, PositionMessage):
        point = to_wgs84(message.lon, message.lat, message.datum)
        return PhonePosition(
            id=message.id,
            worker_id=worker_id,
            point=point,
            accuracy_m=message.accuracy_m,
            at=message.at.astimezone(UTC),
        )
    if isinstance(message, ReceiptMessage):
        return PhoneReceipt(
            id=message.id,
            worker_id=worker_id,
            case_id=message.case_id,
            alert_id=message.alert_id,
            at=message.at.astimezone(UTC),
        )
    if isinstance(message, AnswerMessage):
        if (message.answer is Answer.FALSE) != (message.false_reason is not None):
            wanted = "wanted: one with the answer false, and with no other"
            raise SiteError(f"AnswerMessage: false_reason with the answer {message.answer}: {wanted}")
        return PhoneAnswer(
            id=message.id,
            worker_id=worker_id,
            case_id=message.case_id,
            alert_id=message.alert_id,
            answer=message.answer,
            at=message.at.astimezone(UTC),
            reason=message.reason,
            false_reason=message.false_reason,
        )
    if isinstance(message, ReportMessage):
        return _report(message, worker_id)
    raise SiteError(f"{type(message).__name__}: no message of a phone")


def _report(message: ReportMessage, worker_id: str) -> RawReport:
    """Its place stays as it came: whoever takes reports checks and converts it with all others."""
    return RawReport(
        source=ReportSource.WORKER,
        key=message.id,
        kind=message.kind,
        lon=message.lon,
        lat=message.lat,
        datum=message.datum,
        at=message.at,
        text=message.text,
        uncertainty_m=message.accuracy_m,
        worker_id=worker_id,
        photo=message.photo,
        entered_by=f"worker:{worker_id}",
    )


def schemas(kinds: tuple[type[Message], ...]) -> dict[str, Any]:
    """JSON Schema (2020-12) of each message, by name."""
    return {kind.__name__: msgspec.json.schema(kind) for kind in kinds}
