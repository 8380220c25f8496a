"""A site's notifier can do what it likes: MQTT goes on, and the page says how the notifier does."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from fusion.alerts import notifier_beside, publisher
from fusion.alerts.notifier import Notifier, copies
from fusion.alerts.notifier_beside import Beside
from fusion.alerts.publisher import Publisher
from fusion.types.errors import PeerFault
from fusion.types.phone import OutboxMessage

from .peers import MemoryOutbox, an_alert, eventually


class AtOnce(Notifier):
    """A way that takes everything."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def send(self, message: OutboxMessage) -> Future[None] | None:
        self.ids.append(message.id)
        future: Future[None] = Future()
        future.set_result(None)
        return future

    def stop(self) -> None:
        """Nothing to free."""


class Bad(AtOnce):
    """A way that does wrong, until it is mended."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what, self.mended = what, threading.Event()

    def send(self, message: OutboxMessage) -> Future[None] | None:
        if self.mended.is_set():
            return super().send(message)
        if self.what == "raises":
            raise RuntimeError("https://ops:hunter2@hook.example refused token=abc")
        if self.what == "blocks":
            self.mended.wait()
            return super().send(message)
        if self.what == "fails":
            failed: Future[None] = Future()
            failed.set_exception(PeerFault("503"))
            return failed
        return None if self.what == "takes nothing" else Future()

    def wants(self, message: OutboxMessage) -> bool:
        if self.what == "raises":
            raise RuntimeError("no idea")
        return super().wants(message)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "_LOOK_AGAIN_S", 0.1)


def beside(inner: Notifier, stack: ExitStack, name: str = "ops") -> Beside:
    found = Beside(name, inner)
    stack.callback(found.stop)
    return found


def publishing(outbox: MemoryOutbox, mqtt: Notifier, other: Beside, stack: ExitStack) -> Publisher:
    found = Publisher(outbox, mqtt, {other.name: other})
    stack.callback(found.stop)
    found.start()
    return found


@pytest.mark.parametrize("what", ["raises", "blocks", "fails", "takes nothing", "never answers"])
def test_mqtt_goes_on_whatever_a_notifier_does_and_it_gets_all_once_it_is_mended(
    what: str, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "_STUCK_S", 1.0)
    monkeypatch.setattr(notifier_beside, "_FORGET_S", 1.0)
    bad, mqtt = Bad(what), AtOnce()
    stack.callback(bad.mended.set)
    other = beside(bad, stack)
    rows = [row for number in range(400) for row in copies(an_alert(number), {"ops": other})]
    rows.sort(key=lambda row: not row.topic.startswith("ops:"))  # the notifier's stand first
    outbox = MemoryOutbox(rows)
    publishing(outbox, mqtt, other, stack)
    assert eventually(lambda: len(set(mqtt.ids)) == 400)
    assert len(mqtt.ids) == 400
    assert bad.ids == []
    bad.mended.set()
    assert eventually(lambda: len(outbox.marked) == 800, 20)
    assert set(bad.ids) == {an_alert(number).id for number in range(400)}
    assert other.well


def test_a_notifier_that_fails_is_shown_as_away_with_why_but_without_secrets_and_as_well_when_it_is_back(
    stack: ExitStack,
) -> None:
    bad = Bad("raises")
    other = beside(bad, stack)
    assert (other.well, other.detail) == (True, "")
    began = datetime.now(UTC)
    sent = other.send(an_alert(1))
    assert sent is not None
    with pytest.raises(PeerFault, match="notifier ops: "):
        sent.result(5)
    assert not other.well
    assert other.since >= began
    assert "hook.example refused" in other.detail
    assert "hunter2" not in other.detail
    assert "abc" not in other.detail
    bad.mended.set()
    again = other.send(an_alert(1))
    assert again is not None
    again.result(5)
    assert (other.well, other.detail) == (True, "")


def test_one_that_gives_no_answer_is_shown_as_away_and_takes_no_more_than_fifty(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier_beside, "_SLOW_S", 0.05)
    other = beside(Bad("never answers"), stack)
    taken = [other.send(an_alert(number)) for number in range(60)]
    assert [future is None for future in taken] == [False] * 50 + [True] * 10
    assert eventually(lambda: not other.well)
    assert other.detail.startswith("no answer for ")


def test_one_that_hangs_does_not_keep_fusion_from_ending(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_beside, "_STOP_WITHIN_S", 0.1)
    bad = Bad("blocks")
    stack.callback(bad.mended.set)
    other = beside(bad, stack)
    other.send(an_alert(1))
    other.stop()
    assert other.send(an_alert(2)) is None


def test_what_expired_while_it_waited_is_not_sent(stack: ExitStack) -> None:
    way = AtOnce()
    other = beside(way, stack)
    stale = an_alert(1, now=datetime.now(UTC) - timedelta(hours=3))
    sent = other.send(stale)
    assert sent is not None
    with pytest.raises(PeerFault, match="expired"):
        sent.result(5)
    assert way.ids == []
    assert other.well


def test_a_copy_of_what_never_expires_does_so_that_one_away_for_days_does_not_fill_the_outbox(
    stack: ExitStack,
) -> None:
    other, until = beside(AtOnce(), stack), datetime.now(UTC) + timedelta(days=1)
    lasting = OutboxMessage(id="u", topic="fusion/v1/workers/W-1/updates", payload=b"{}")
    assert [row.expires_at for row in copies(lasting, {"ops": other}, until)] == [None, until]
    alert = an_alert(1)
    assert [row.expires_at for row in copies(alert, {"ops": other}, until)] == [alert.expires_at] * 2
