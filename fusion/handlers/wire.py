"""How signals and phones' messages travel on the bus: JSON with the type's name, checked when it is read."""

import math
from datetime import UTC, datetime, timedelta

import msgspec

from fusion.types.errors import SiteError
from fusion.types.phone import PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.place import GeoPoint
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef, Signal
from fusion.types.verdict import Verdict

SIGNALS = "fusion:signals"
PHONES = "fusion:phones"

Inbound = Signal | PhonePosition | PhoneReceipt | PhoneAnswer | Verdict

_KINDS: dict[str, type] = {kind.__name__: kind for kind in (Signal, PhonePosition, PhoneReceipt, PhoneAnswer, Verdict)}
_LONGEST_ID = 300
_CLOCK_SLACK = timedelta(minutes=5)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_WIDEST_M = 1_000_000
_WORST_CLOCK_S = 86_400
_LARGEST_BYTES = 256 * 1024
_BOX = (-0.5, 1.5)  # a thing at the edge may reach a little beyond it


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    body: msgspec.Raw


def pack(message: object) -> bytes:
    """A message as bytes for the bus."""
    body = msgspec.Raw(msgspec.json.encode(message))
    return msgspec.json.encode(_Envelope(type(message).__name__, body))


def unpack(payload: bytes, now: datetime) -> Inbound:
    """The message of bytes from the bus.

    Raises:
        SiteError: somebody else wrote it: it is not JSON of a known kind, an id is empty or unprintable, a time
            has no zone or lies more than 5 minutes after `now`, a number is out of its range.
    """
    if len(payload) > _LARGEST_BYTES:
        raise SiteError(f"bus message: {len(payload)} bytes; wanted: {_LARGEST_BYTES} at most")
    try:
        envelope = msgspec.json.decode(payload, type=_Envelope)
        message: Inbound = msgspec.json.decode(envelope.body, type=_KINDS[envelope.kind])
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError) as error:
        raise SiteError(f"bus message: {str(error)[:200]}; wanted: one of {', '.join(_KINDS)}") from error
    fault = _fault(message, now)
    if fault:
        raise SiteError(f"bus message: {type(message).__name__}: {fault}")
    return message


def _fault(message: Inbound, now: datetime) -> str | None:
    """What is wrong with it, and what is wanted."""
    if isinstance(message, Signal):
        return (
            _ids(message, "id", "kind", "source", "source_id", "thing_id")
            or _times(message, now, "at", "since", "met_at")
            or _in_order(message)
            or _point(message.place.point)
            or _number("uncertainty_m", message.place.uncertainty_m, 0, _WIDEST_M)
            or _number("belief", message.belief, 0, 1)
            or _number("clock_error", message.clock_error.total_seconds(), 0, _WORST_CLOCK_S)
            or _box(message.box)
            or _evidence(message.evidence)
        )
    if isinstance(message, Verdict):
        return _ids(message, "id", "case_id") or _times(message, now, "at", "handled_at") or _evidence(message.evidence)
    if isinstance(message, PhonePosition):
        ids = _ids(message, "id", "worker_id")
        return (
            ids
            or _times(message, now, "at")
            or _point(message.point)
            or _number("accuracy_m", message.accuracy_m, 0, _WIDEST_M)
        )
    return _ids(message, "id", "worker_id", "case_id", "alert_id") or _times(message, now, "at")


def _ids(message: object, *names: str) -> str | None:
    for name in names:
        value = getattr(message, name)
        if not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
            return f"{name} {value[:40]!r}; wanted: 1 to {_LONGEST_ID} printable characters"
    return None


def _evidence(refs: tuple[EvidenceRef, ...]) -> str | None:
    return next((fault for ref in refs if (fault := _ids(ref, "id", "kind", "path"))), None)


def _times(message: object, now: datetime, *names: str) -> str | None:
    for name in names:
        value = getattr(message, name)
        if value.tzinfo is None or not _EARLIEST <= value <= now + _CLOCK_SLACK:
            return f"{name} {value.isoformat()}; wanted: a time with its zone, not in the future"
    return None


def _in_order(signal: Signal) -> str | None:
    return None if signal.since <= signal.at else f"since {signal.since.isoformat()}; wanted: not after at"


def _point(point: GeoPoint) -> str | None:
    return _number("lon", point.lon, -180, 180) or _number("lat", point.lat, -90, 90)


def _box(box: Box | None) -> str | None:
    if box is None:
        return None
    ordered = _BOX[0] <= box.left <= box.right <= _BOX[1] and _BOX[0] <= box.top <= box.bottom <= _BOX[1]
    return None if ordered else f"box {tuple(box)}; wanted: left, top, right, bottom as shares of the picture"


def _number(name: str, value: float, least: float, most: float) -> str | None:
    return None if math.isfinite(value) and least <= value <= most else f"{name} {value}; wanted: {least} to {most}"
