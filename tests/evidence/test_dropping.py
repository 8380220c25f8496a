"""What is kept how long, what a full disk takes first, and what it never takes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fusion.evidence.check import check
from fusion.evidence.folder import free_bytes
from fusion.evidence.keep import keep_snapshot
from fusion.types.case import Case
from fusion.types.errors import IllegalDeed, PeerFault

from .world import NOON, SHANGHAI, World, facts, picture

LATER = NOON + timedelta(days=400)


def aged(world: World, days: float) -> None:
    """Everything that lies there now was kept so long ago, by the real clock."""
    at = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    for path in world.folder.rglob("*"):
        os.utime(path, (at, at))


def closed(world: World) -> Case:
    case = world.close(world.file())
    world.custody.seal(case.id)
    return case


def there(world: World, case: Case) -> bool:
    return all((world.folder / ref.path).is_file() for ref in case.evidence)


def test_files_of_a_case_go_when_it_was_closed_long_enough_ago_and_the_check_says_so(world: World) -> None:
    old = closed(world)
    world.janitor(NOON + timedelta(days=364)).turn()
    assert there(world, old)
    world.janitor(NOON + timedelta(days=366)).turn()
    assert not there(world, old)
    report = check(world.folder)
    assert report.intact
    assert any("was dropped on purpose" in line and "kept for 365d" in line for line in report.lines("en"))
    assert any("已按规定删除" in line and "保存期限已满" in line for line in report.lines("zh"))


def test_a_tombstone_for_one_case_excuses_no_other(world: World) -> None:
    closed(world)
    other = world.file()
    world.custody.seal(other.id)
    world.janitor(LATER).turn()
    (world.folder / other.evidence[0].path).unlink()
    assert [finding.path for finding in check(world.folder).findings if finding.fault] == [other.evidence[0].path]


def test_each_kind_has_its_own_time(world: World) -> None:
    case = closed(world)
    world.janitor(NOON + timedelta(days=31), keep_by_kind={"waste_dumping": "30d"}).turn()
    assert there(world, case)
    world.janitor(NOON + timedelta(days=31), keep_by_kind={"street_stall": "30d"}).turn()
    assert not there(world, case)


def test_an_open_case_keeps_its_files_for_ever(world: World) -> None:
    case = world.file()
    world.custody.seal(case.id)
    world.janitor(NOON + timedelta(days=9999), high_water=0.000001).turn()
    assert there(world, case)


def test_a_held_case_keeps_its_files_until_it_is_released(world: World) -> None:
    case = closed(world)
    world.custody.hold(case, "法院调取", "user:admin")
    world.janitor(LATER, high_water=0.000001).turn()
    assert there(world, case)
    world.custody.release(case, "已判决", "user:admin")
    world.janitor(LATER).turn()
    assert not there(world, case)
    found = world.store.case(case.id)
    assert found is not None
    assert [(e.deed, e.actor, e.note_zh) for e in found[1] if e.deed in {"held", "released"}] == [
        ("held", "user:admin", "法院调取"),
        ("released", "user:admin", "已判决"),
    ]
    assert check(world.folder).intact


def test_releasing_what_is_not_held_is_refused(world: World) -> None:
    case = closed(world)
    with pytest.raises(IllegalDeed, match="is not held"):
        world.custody.release(case, "x", "user:admin")


def test_pictures_of_signals_that_became_no_case_go_after_their_own_time(world: World) -> None:
    case = world.file()
    orphan = world.snapshot()
    aged(world, 29)
    world.janitor(datetime.now(UTC)).turn()
    assert (world.folder / orphan[0].path).is_file()
    aged(world, 31)
    world.janitor(datetime.now(UTC)).turn()
    assert not any((world.folder / ref.path).exists() for ref in orphan)
    assert there(world, case)


def test_above_the_high_water_mark_those_pictures_go_at_once_and_nothing_else_does(world: World) -> None:
    case, closed_lately = world.file(), closed(world)
    orphan = world.snapshot()
    aged(world, 0.5)
    world.janitor(datetime.now(UTC), high_water=0.000001).turn()
    assert not (world.folder / orphan[0].path).exists()
    assert there(world, case)
    assert there(world, closed_lately)
    assert not world.condition.well
    assert "nothing may be dropped" in world.condition.detail


def test_a_signal_that_may_still_become_a_case_keeps_its_picture(world: World) -> None:
    orphan = world.snapshot()
    world.janitor(datetime.now(UTC), high_water=0.000001).turn()
    assert (world.folder / orphan[0].path).is_file()


def test_files_of_others_are_left_alone(world: World) -> None:
    world.snapshot()
    (world.folder / "2026-11-24" / "notes.txt").write_text("x")
    (world.folder / "other").mkdir()
    (world.folder / "other" / "a-plain.jpg").write_text("x")
    aged(world, 99)
    world.janitor(datetime.now(UTC)).turn()
    assert world.files() == {"2026-11-24/notes.txt", "other/a-plain.jpg"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=False)
    if done.returncode != 0:
        pytest.skip("this machine lets nobody mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_no_case_says_so_and_goes_on_when_there_is_room(small_disk: Path, tmp_path: Path) -> None:
    world = World(tmp_path, evidence=small_disk / "evidence")
    first = world.file()
    (small_disk / "ballast").write_bytes(bytes(free_bytes(small_disk) - 4096))
    with pytest.raises(PeerFault, match="No space left"):
        world.snapshot()
    late = world.file(())  # a case without a picture is a case
    with pytest.raises(PeerFault, match="No space left"):
        world.custody.seal(late.id)
    assert {case.id for case in world.store.cases()} == {first.id, late.id}
    world.janitor(NOON, reserve_mib=1).turn()
    assert "disk full" in world.condition.detail
    (small_disk / "ballast").unlink()
    assert world.custody.seal(late.id) is not None
    assert world.custody.seal(first.id) is not None
    world.janitor(NOON).turn()
    assert world.condition.well
    assert check(world.folder).intact
    world.store.close()


def test_pictures_leave_the_store_its_room_on_the_same_disk(small_disk: Path) -> None:
    world = World(small_disk)
    reserve = 2 << 20

    def fill() -> None:
        for _ in range(200):
            keep_snapshot(world.folder, picture(), facts(), SHANGHAI, reserve_bytes=reserve)

    with pytest.raises(PeerFault, match="kept for the store"):
        fill()
    assert free_bytes(small_disk) >= reserve - (1 << 18)
    case = world.file(())
    assert world.custody.seal(case.id) is not None
    world.store.close()
