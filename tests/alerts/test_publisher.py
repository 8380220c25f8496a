import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fusion.alerts import publisher as module
from fusion.alerts.notifier import Notifier, addressed, copies
from fusion.alerts.publisher import Publisher
from fusion.types.errors import PeerFault
from fusion.types.phone import OutboxMessage

from .peers import MemoryOutbox, an_alert, eventually, later


class ByHand(Notifier):
    """A way whose peer answers when the test says so."""

    def __init__(self) -> None:
        self.there = True
        self.sent: list[tuple[str, Future[None]]] = []
        self.at_once = False

    def send(self, message: OutboxMessage) -> Future[None] | None:
        if not self.there:
            return None
        future: Future[None] = Future()
        if self.at_once:
            future.set_result(None)
        self.sent.append((message.id, future))
        return future

    def stop(self) -> None:
        self.there = False

    def ids(self) -> list[str]:
        return [message_id for message_id, _future in self.sent]


@pytest.fixture
def running() -> Iterator[list[Publisher]]:
    publishers: list[Publisher] = []
    yield publishers
    for publisher in publishers:
        publisher.stop()


def start(running: list[Publisher], outbox: MemoryOutbox, way: Notifier, **others: Notifier) -> Publisher:
    publisher = Publisher(outbox, way, others)
    running.append(publisher)
    publisher.start()
    return publisher


def test_a_row_is_marked_only_when_the_peer_has_it(running: list[Publisher]) -> None:
    outbox, way = MemoryOutbox([an_alert(1), an_alert(2)]), ByHand()
    start(running, outbox, way)
    assert eventually(lambda: len(way.sent) == 2)
    assert outbox.marked == []
    way.sent[1][1].set_result(None)
    assert eventually(lambda: outbox.marked == [an_alert(2).id])
    assert way.ids() == [an_alert(1).id, an_alert(2).id]


def test_notify_sends_at_once(running: list[Publisher], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_AGAIN_S", 60.0)
    outbox, way = MemoryOutbox(), ByHand()
    publisher = start(running, outbox, way)
    outbox.rows["x"] = an_alert(1)
    publisher.notify()
    assert eventually(lambda: len(way.sent) == 1, 2)


def test_at_most_a_hundred_are_under_way_and_all_go_in_order(running: list[Publisher]) -> None:
    messages = [an_alert(number) for number in range(350)]
    outbox, way = MemoryOutbox(messages), ByHand()
    start(running, outbox, way)
    assert eventually(lambda: len(way.sent) == 100)
    done = 0
    while done < 350:
        assert len(way.sent) - done <= 100
        way.sent[done][1].set_result(None)
        done += 1
        wanted = min(350, done + 1)
        assert eventually(lambda wanted=wanted: len(way.sent) >= wanted)  # type: ignore[misc]
    assert eventually(lambda: len(outbox.marked) == 350)
    assert way.ids() == [message.id for message in messages]


def test_an_expired_alert_is_given_up_and_never_sent(running: list[Publisher]) -> None:
    stale = replace(an_alert(1), expires_at=datetime.now(UTC) - timedelta(seconds=1))
    outbox, way = MemoryOutbox([stale, an_alert(2)]), ByHand()
    way.at_once = True
    start(running, outbox, way)
    assert eventually(lambda: len(outbox.marked) == 2)
    assert way.ids() == [an_alert(2).id]


def test_an_alert_that_expires_while_the_broker_is_away_is_not_sent_when_it_is_back(running: list[Publisher]) -> None:
    outbox, way = MemoryOutbox([replace(an_alert(1), expires_at=later(seconds=0.3)), an_alert(2)]), ByHand()
    way.there = False
    start(running, outbox, way)
    assert eventually(lambda: bool(outbox.marked), 5)
    way.there, way.at_once = True, True
    assert eventually(lambda: len(outbox.marked) == 2)
    assert way.ids() == [an_alert(2).id]


def test_what_was_under_way_when_the_connection_was_lost_goes_again_with_the_same_id(running: list[Publisher]) -> None:
    outbox, way = MemoryOutbox([an_alert(1), an_alert(2)]), ByHand()
    start(running, outbox, way)
    assert eventually(lambda: len(way.sent) == 2)
    way.at_once = True
    for _id, future in list(way.sent):
        future.set_exception(PeerFault("connection lost"))
    assert eventually(lambda: sorted(outbox.marked) == [an_alert(1).id, an_alert(2).id])
    assert way.ids() == [an_alert(1).id, an_alert(2).id] * 2


def test_a_store_that_is_away_makes_nothing_go_twice(running: list[Publisher], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_AGAIN_S", 0.05)
    outbox, way = MemoryOutbox([an_alert(1)]), ByHand()
    publisher = start(running, outbox, way)
    assert eventually(lambda: len(way.sent) == 1)
    outbox.fault = PeerFault("store: away")
    way.sent[0][1].set_result(None)
    publisher.notify()
    threading.Event().wait(0.3)
    outbox.fault = None
    assert eventually(lambda: outbox.marked == [an_alert(1).id])
    assert len(way.sent) == 1


def test_a_peer_that_never_answers_is_asked_again(running: list[Publisher], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STUCK_S", 0.2)
    monkeypatch.setattr(module, "_LOOK_AGAIN_S", 0.05)
    outbox, way = MemoryOutbox([an_alert(1)]), ByHand()
    start(running, outbox, way)
    assert eventually(lambda: len(way.sent) >= 2)
    way.sent[0][1].set_result(None)  # the late answer to the first does not count for the second
    way.at_once = True
    assert eventually(lambda: outbox.marked == [an_alert(1).id])


def test_a_notifier_that_is_away_holds_up_its_own_messages_only(running: list[Publisher]) -> None:
    mqtt, hook = ByHand(), ByHand()
    mqtt.at_once, hook.there = True, False
    rows = [row for number in range(300) for row in copies(an_alert(number), {"hook": hook})]
    rows.sort(key=lambda row: not row.topic.startswith("hook:"))  # the blocked ones stand first
    outbox = MemoryOutbox(rows)
    start(running, outbox, mqtt, hook=hook)
    assert eventually(lambda: len(mqtt.sent) == 300)
    assert hook.sent == []
    hook.there, hook.at_once = True, True
    assert eventually(lambda: len(outbox.marked) == 600)
    assert hook.ids() == [an_alert(number).id for number in range(300)]


def test_a_message_for_a_notifier_that_the_site_has_no_more_is_given_up(running: list[Publisher]) -> None:
    mqtt = ByHand()
    mqtt.at_once = True
    outbox = MemoryOutbox([*copies(an_alert(1), {"gone": mqtt})])
    start(running, outbox, mqtt)
    assert eventually(lambda: len(outbox.marked) == 2)
    assert mqtt.ids() == [an_alert(1).id]


def test_a_copy_is_a_row_of_its_own_that_reads_back_as_the_message() -> None:
    message, way = an_alert(1), ByHand()
    first, copy = copies(message, {"ops": way})
    assert first is message
    assert copy.id != message.id
    assert addressed(copy) == ("ops", message)
    assert addressed(first) == ("", message)
