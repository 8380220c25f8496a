"""What comes from the bus is checked: one clear refusal, never a fault."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.handlers.wire import Inbound, pack, unpack
from fusion.types.errors import SiteError
from fusion.types.phone import Answer, PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box

from .zone import HERE, NOON, a_picture, said

MESSAGES: list[Inbound] = [
    said(NOON, evidence=(a_picture("e1"),)),
    replace(said(NOON), box=None, zone_id=None),
    PhonePosition(id="p", worker_id="W-1", point=HERE, accuracy_m=5.0, at=NOON),
    PhoneReceipt(id="r", worker_id="W-1", case_id="C", alert_id="A", at=NOON),
    PhoneAnswer(id="a", worker_id="W-1", case_id="C", alert_id="A", answer=Answer.DECLINE, at=NOON, reason="忙"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_was_packed_is_unpacked_as_it_was(message: Inbound) -> None:
    assert unpack(pack(message), NOON) == message


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": ""}, "id ''"),
        ({"source_id": "T\x00-1"}, "source_id"),
        ({"thing_id": "x" * 301}, "thing_id"),
        ({"at": NOON + timedelta(minutes=6)}, "at 2026-11-24T04:06:00"),
        ({"at": NOON.replace(tzinfo=None)}, "at 2026-11-24T04:00:00; wanted: a time with its zone"),
        ({"since": NOON + timedelta(seconds=1)}, "since .*wanted: not after at"),
        ({"met_at": NOON.replace(year=1970)}, "met_at 1970"),
        ({"belief": 1.5}, "belief 1.5; wanted: 0 to 1"),
        ({"place": Place(GeoPoint(181, 29), 1)}, "lon 181"),
        ({"place": Place(HERE, -1)}, "uncertainty_m -1"),
        ({"box": Box(0.5, 0.1, 0.4, 0.2)}, "box .*wanted: left, top"),
        ({"evidence": (a_picture("e", path="a\nb"),)}, "path"),
    ],
)
def test_a_signal_that_cannot_be_is_refused_with_what_is_wanted(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(SiteError, match=f"bus message: Signal: {words}"):
        unpack(pack(replace(said(NOON), **changed)), NOON)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind":"Signal"}',
        b'{"kind":"Sighting","body":{}}',
        b'{"kind":"Signal","body":{},"more":1}',
        b" " * 300_000,
    ],
)
def test_what_is_no_message_is_refused(payload: bytes) -> None:
    with pytest.raises(SiteError, match="bus message: "):
        unpack(payload, NOON)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


def _names(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, inner in items for found in _names(inner, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = _with(value[path[0]], path[1:], new)
    return changed


@settings(max_examples=400, deadline=None)
@given(message=st.sampled_from(MESSAGES), new=_JSON, data=st.data())
def test_a_message_with_anything_in_any_field_is_taken_or_refused(
    message: Inbound, new: object, data: st.DataObject
) -> None:
    whole = msgspec.json.decode(pack(message))
    payload = msgspec.json.encode(_with(whole, data.draw(st.sampled_from(_names(whole))), new))
    try:
        found = unpack(payload, NOON)
    except SiteError:
        return
    assert unpack(pack(found), NOON) == found


@settings(max_examples=200, deadline=None)
@given(payload=st.binary(max_size=200))
def test_any_bytes_are_refused_without_a_fault(payload: bytes) -> None:
    with pytest.raises(SiteError):
        unpack(payload, NOON)
