"""Cases are sealed by themselves, and their clips go on after they were filed, whoever is killed in between."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fusion.handlers.condition import Condition
from fusion.handlers.sealing import Sealer
from fusion.pipeline.clipper import Clipper, Clips
from fusion.types.case import Case
from fusion.types.signal import EvidenceRef

from .world import SHANGHAI, TERMINAL, World


def eventually(holds: Callable[[], bool], within_s: float = 20) -> bool:
    until, pause = datetime.now(UTC) + timedelta(seconds=within_s), threading.Event()
    while not holds():
        if datetime.now(UTC) > until:
            return False
        pause.wait(0.02)
    return True


@pytest.fixture
def sealer(world: World) -> Iterator[Sealer]:
    made = Sealer(world.store, world.custody, world.condition, timedelta(milliseconds=50))
    yield made
    made.stop()


def occasions(world: World, case: Case) -> list[str]:
    return [what.occasion for what in world.custody.sealed(case.id)]


def test_a_case_is_sealed_when_filed_when_files_come_and_when_it_is_closed(world: World, sealer: Sealer) -> None:
    sealer.start()
    case = world.file()
    sealer.on_case(case)
    assert eventually(lambda: occasions(world, case) == ["filed"])
    more = world.put(case, evidence=(*case.evidence, world.clip()))
    sealer.on_case(more)
    assert eventually(lambda: occasions(world, case) == ["filed", "added"])
    sealer.on_case(world.close(more))
    assert eventually(lambda: occasions(world, case) == ["filed", "added", "closed"])


def test_what_was_due_when_somebody_was_killed_is_sealed_at_the_next_start(world: World, sealer: Sealer) -> None:
    new, done = world.file(), world.file()
    world.custody.seal(done.id)
    world.close(done)
    sealer.start()
    assert eventually(lambda: (occasions(world, new), occasions(world, done)) == (["filed"], ["filed", "closed"]))


def test_a_key_that_others_may_read_is_said_and_sealing_goes_on_when_it_is_put_right(
    world: World, monkeypatch: pytest.MonkeyPatch, sealer: Sealer
) -> None:
    monkeypatch.setattr("fusion.handlers.sealing._AGAIN_S", 0.05)
    world.custody.seal(world.file().id)
    key = next(world.keys.glob("*.pem"))
    key.chmod(0o644)
    case = world.file()
    sealer.start()
    assert eventually(lambda: "others may read the private key" in world.condition.detail)
    key.chmod(0o600)
    assert eventually(lambda: occasions(world, case) == ["filed"])
    assert eventually(lambda: world.condition.well)


def test_a_condition_remembers_each_thing_that_is_wrong_until_it_is_well() -> None:
    condition = Condition()
    condition.say("a", "one")
    condition.say("b", "two")
    condition.say("a", "")
    assert (condition.well, condition.detail) == (False, "two")
    condition.say("b", "")
    assert condition.well


class Shard:
    """Gives clips as a shard does."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.dies = False

    def hold(self, _terminal: str, case_id: str) -> bytes | None:
        self.held[case_id] = b"before"
        return b"before"

    def clip(self, _terminal: str, case_id: str) -> bytes | None:
        return None if self.dies else self.held.pop(case_id) + b" and after"


def a_clipper(world: World, shard: Shard) -> Clipper:
    def add(case_id: str, refs: tuple[EvidenceRef, ...]) -> None:
        found = world.store.case(case_id)
        assert found is not None
        world.put(found[0], evidence=(*found[0].evidence, *refs))

    return Clipper(
        {"T-0001": TERMINAL},
        world.folder,
        SHANGHAI,
        ("ssdlite", "ab" * 32),
        Clips(shard.hold, shard.clip),
        add,
        lambda case_id: found[0] if (found := world.store.case(case_id)) else None,
        after=timedelta(milliseconds=100),
    )


def clips(world: World, case: Case) -> list[bytes]:
    found = world.store.case(case.id)
    assert found is not None
    return [(world.folder / ref.path).read_bytes() for ref in found[0].evidence if ref.kind == "clip"]


@pytest.mark.parametrize(("dies", "kept"), [(False, b"before and after"), (True, b"before")])
def test_a_clip_has_what_came_before_and_after_and_the_former_where_the_shard_died(
    world: World, *, dies: bool, kept: bytes
) -> None:
    shard = Shard()
    shard.dies = dies
    clipper = a_clipper(world, shard)
    clipper.start()
    case = world.file()
    clipper.on_case(case)
    clipper.on_case(case)
    assert eventually(lambda: clips(world, case) == [kept])
    clipper.stop()
    assert list((world.folder / "waiting").iterdir()) == []


def test_what_came_before_a_case_is_kept_at_the_next_start_where_the_engine_was_killed(world: World) -> None:
    case = world.file()
    waiting: Path = world.folder / "waiting"
    waiting.mkdir()
    (waiting / f"{case.id}.mp4").write_bytes(b"before")
    (waiting / "none.mp4").write_bytes(b"of a case that nobody knows")
    shard = Shard()
    shard.dies = True
    clipper = a_clipper(world, shard)
    clipper.start()
    assert eventually(lambda: clips(world, case) == [b"before"])
    clipper.stop()
    assert list(waiting.iterdir()) == []
