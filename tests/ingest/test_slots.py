import threading
from datetime import UTC, datetime
from fractions import Fraction

from fusion.ingest.reader import Encoded, StreamHead
from fusion.ingest.slots import NewestSlots

HEAD = StreamHead("h264", None, b"", Fraction(1, 90_000))


def _keyframe(pts: int) -> Encoded:
    return Encoded(HEAD, b"", keyframe=True, at=datetime(2025, 5, 1, tzinfo=UTC), pts=pts, dts=None)


def test_a_newer_keyframe_takes_the_place_of_an_older_one() -> None:
    slots = NewestSlots()
    assert not slots.offer("a", _keyframe(1))
    assert slots.offer("a", _keyframe(2))
    taken = slots.take()
    assert taken is not None
    assert (taken[0], taken[1].pts) == ("a", 2)


def test_terminals_are_served_in_the_order_in_which_they_came() -> None:
    slots = NewestSlots()
    for terminal in ("a", "b", "a", "c"):
        slots.offer(terminal, _keyframe(1))
    assert [_name(slots) for _ in range(3)] == ["a", "b", "c"]


def test_a_terminal_in_work_waits_and_does_not_hold_up_the_others() -> None:
    slots = NewestSlots()
    slots.offer("a", _keyframe(1))
    assert _name(slots) == "a"
    slots.offer("a", _keyframe(2))
    slots.offer("b", _keyframe(1))
    assert _name(slots) == "b"
    slots.done("a")
    assert _name(slots) == "a"


def test_closing_wakes_who_waits() -> None:
    slots = NewestSlots()
    thread = threading.Thread(target=slots.take)
    thread.start()
    slots.close()
    thread.join(5)
    assert not thread.is_alive()


def _name(slots: NewestSlots) -> str | None:
    taken = slots.take()
    return taken[0] if taken else None
