"""What is published is read until it is acknowledged."""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from fusion.bus import Bus, BusConfig
from fusion.types.errors import PeerFault, SiteError

from .servers import PASSWORD, Server, eventually

NOW = timedelta(0)


def payloads(bus: Bus, consumer: str = "one", *, ack: bool = True) -> list[bytes]:
    entries = bus.read(["s"], "group", consumer, block_ms=50)
    if ack:
        bus.ack("group", entries)
    return [entry.payload for entry in entries]


def published(bus: Bus, *messages: bytes) -> None:
    for message in messages:
        bus.publish("s", message)
    assert bus.settle(10)


def test_messages_come_in_the_order_in_which_they_were_published(bus: Bus) -> None:
    wanted = [b"%d" % n for n in range(250)]
    published(bus, *wanted)
    found: list[bytes] = []

    def all_there() -> bool:
        found.extend(payloads(bus))
        return len(found) >= len(wanted)

    assert eventually(all_there)
    assert found == wanted


def test_a_message_that_was_acknowledged_does_not_come_again_and_takes_no_room(bus: Bus, server: Server) -> None:
    published(bus, b"a")
    assert payloads(bus) == [b"a"]
    bus.again(["s"])
    assert payloads(bus) == []
    with redis.Redis.from_url(server.url) as client:
        assert client.xlen("s") == 0


def test_what_was_read_and_not_acknowledged_comes_first_when_it_is_asked_for_again(bus: Bus) -> None:
    published(bus, b"a", b"b")
    assert payloads(bus, ack=False) == [b"a", b"b"]
    published(bus, b"c")
    bus.again(["s"])
    assert payloads(bus) == [b"a", b"b"]
    assert payloads(bus) == [b"c"]


def test_a_consumer_that_was_started_again_gets_what_it_had_in_hand(
    bus: Bus, server: Server, tmp_path: Path, stack: ExitStack
) -> None:
    published(bus, b"a")
    assert payloads(bus, ack=False) == [b"a"]
    later = Bus(server.url, tmp_path)
    stack.callback(later.close)
    assert payloads(later) == [b"a"]


def test_another_consumer_takes_over_what_a_dead_one_had_in_hand(bus: Bus) -> None:
    published(bus, b"a", b"b")
    assert payloads(bus, "dead", ack=False) == [b"a", b"b"]
    assert bus.read(["s"], "group", "heir", block_ms=10) == []  # it may still be at it
    bus._claim_at_s = 0.0  # else it looks again only after 10 s
    taken = bus.read(["s"], "group", "heir", block_ms=10, claim_after=NOW)
    assert [entry.payload for entry in taken] == [b"a", b"b"]


def test_a_pending_message_that_somebody_deleted_does_not_come_and_does_not_stay(bus: Bus, server: Server) -> None:
    published(bus, b"a", b"b")
    (first, _) = bus.read(["s"], "group", "one", block_ms=50)
    with redis.Redis.from_url(server.url) as client:
        client.xdel("s", first.entry_id)
        bus.again(["s"])
        assert payloads(bus) == [b"b"]
        assert client.xpending("s", "group")["pending"] == 0


def test_a_message_that_nobody_can_handle_is_set_aside_with_the_reason(bus: Bus, server: Server) -> None:
    published(bus, b"nonsense")
    (entry,) = bus.read(["s"], "group", "one", block_ms=50)
    bus.set_aside("group", entry, "no JSON")
    bus.again(["s"])
    assert payloads(bus) == []
    with redis.Redis.from_url(server.url) as client:
        ((_, fields),) = client.xrange("fusion:refused")
    assert fields == {b"m": b"nonsense", b"why": b"no JSON", b"stream": b"s"}


def test_what_others_wrote_without_a_body_comes_as_an_empty_message(bus: Bus, server: Server) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.xadd("s", {"other": "field"})
    assert payloads(bus) == [b""]


def test_put_returns_when_the_bus_has_the_message(bus: Bus, server: Server) -> None:
    bus.put("s", b"a")
    with redis.Redis.from_url(server.url) as client:
        assert client.xlen("s") == 1


def test_a_full_stream_takes_no_more_and_loses_nothing(server: Server, tmp_path: Path, stack: ExitStack) -> None:
    bus = Bus(server.url, tmp_path, most_waiting=10)
    stack.callback(bus.close)
    published(bus, *(b"%d" % n for n in range(10)))
    bus.publish("s", b"10")
    with pytest.raises(
        PeerFault, match=r"has not taken a message within 0\.2 s: s holds 10 messages that nobody takes"
    ):
        bus.put("s", b"given again later", 0.2)
    assert not bus.well
    found = payloads(bus)
    assert eventually(lambda: bus.backlog == 0)
    assert found + payloads(bus) == [b"%d" % n for n in range(11)]


def test_a_bus_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(PeerFault, match=r"bus redis://127\.0\.0\.1:1/0: ") as refused:
        Bus("redis://user:secret-1@127.0.0.1:1/0?password=secret-2", tmp_path)
    assert "secret" not in str(refused.value)


def test_a_wrong_password_is_refused_without_showing_it(server: Server, tmp_path: Path) -> None:
    with pytest.raises(PeerFault, match="bus redis://") as refused:
        Bus(server.url.replace(PASSWORD, "secret-3"), tmp_path)
    assert "secret-3" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://x", "redis://host:port/0", "", "redis://h/0?socket_timeout=abc"])
def test_what_is_no_redis_url_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"bus\.url: .*wanted: embedded, redis://"):
        Bus(url, tmp_path)


def test_the_password_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "bus.password").write_text("p@ss/word\n")
    config = BusConfig(url="redis://engine@bus.example:6379/1", password_file="bus.password")
    assert config.resolved(tmp_path) == "redis://engine:p%40ss%2Fword@bus.example:6379/1"


def test_a_password_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"bus\.password_file: none: No such file"):
        BusConfig(url="redis://h/0", password_file="none").resolved(tmp_path)
