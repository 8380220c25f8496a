"""What the page reads and does."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from fusion.command_room.backend import Backend, PeerState, User, ZoneMap
from fusion.geo.nearest import DispatchPolicy
from fusion.handlers.room import RoomBackend
from fusion.handlers.roster import Roster
from fusion.types.case import CaseState, Deed
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.terminal import Health, Terminal, TerminalStatus

from .zone import ADMIN, HERE, NOON, SHANGHAI, Site, a_picture, said, workers


def a_terminal(name: str) -> Terminal:
    return Terminal(id=name, name=name, point=HERE, height_m=4.0, bearing_deg=0.0, grid_id="G-1", small_grid_id=None)


@pytest.fixture
def room(site: Site, tmp_path: Path) -> RoomBackend:
    zone = ZoneMap(
        name_zh="示范区",
        name_en="Demo zone",
        timezone="Asia/Shanghai",
        boundary=(HERE,),
        streets=(),
        grids=(),
        terminals=(a_terminal("T-1"), a_terminal("T-2")),
        workers=tuple(workers(["W-1", "W-2", "W-3"])),
        kinds={},
    )
    (tmp_path / "evidence").mkdir()
    return RoomBackend(
        zone,
        site.store,
        site.engine,
        Roster(zone.workers, site.store, DispatchPolicy(position_kept=timedelta(days=9999)), SHANGHAI),
        tmp_path / "evidence",
        statuses=lambda: [TerminalStatus(terminal_id="T-1", health=Health.LIVE, since=NOON)],
        still=lambda _terminal: None,
        peers=lambda: [PeerState(name="bus", well=True, since=NOON)],
        metrics=lambda: b"",
    )


def test_it_is_what_the_command_room_wants(room: RoomBackend) -> None:
    backend: Backend = room
    assert backend.zone().name_en == "Demo zone"
    assert [peer.name for peer in backend.peers()] == ["bus"]
    assert not backend.looking().overloaded


def test_a_terminal_that_nobody_reads_is_shown_as_registered(room: RoomBackend) -> None:
    assert [(s.terminal_id, s.health) for s in room.terminals()] == [("T-1", Health.LIVE), ("T-2", Health.REGISTERED)]


def test_workers_are_shown_with_duty_position_and_load(room: RoomBackend, site: Site) -> None:
    site.hear()
    found = {status.worker.id: status for status in room.workers()}
    assert found["W-1"].open_cases == 1
    assert found["W-2"].open_cases == 0
    assert found["W-1"].point is not None
    assert found["W-1"].on_duty


def test_cases_are_read_and_acted_on(room: RoomBackend, site: Site) -> None:
    changed: list[str] = []
    stop = room.subscribe(changed.append)
    case = site.hear()
    assert room.cases() == [case]
    assert room.case_counts() == {CaseState.DISPATCHED: 1}
    rejected = room.act(case.id, Deed.REJECT, by=ADMIN, version=case.version, given=Given(reason="误报"))
    found = room.case(case.id)
    assert found is not None
    assert found[0] == rejected
    assert [event.deed for event in found[1]] == ["opened", "file", "dispatch", "reject"]
    with pytest.raises(IllegalDeed):
        room.act(case.id, Deed.CLOSE, by=ADMIN)
    stop()
    assert changed == [case.id, case.id]
    assert room.case("C-none") is None


def test_evidence_outside_its_folder_is_not_there(room: RoomBackend, site: Site, tmp_path: Path) -> None:
    (tmp_path / "evidence" / "e1.jpg").write_bytes(b"jpeg")
    (tmp_path / "secret.txt").write_text("secret")
    pictures = (a_picture("e1"), a_picture("e2", "../secret.txt"), a_picture("e3", "gone.jpg"))
    site.hear(said(NOON, evidence=(*pictures, a_picture("e4", str(tmp_path / "secret.txt")))))
    found = [room.evidence_file(name) for name in ("e1", "e2", "e3", "e4", "e5")]
    assert found == [tmp_path / "evidence" / "e1.jpg", None, None, None, None]


def test_users_are_kept(room: RoomBackend) -> None:
    user = User(name="admin", password_hash="$argon2id$x", role="administrator", created_at=NOON, must_change=True)
    assert room.user("admin") is None
    room.put_user(user)
    assert room.user("admin") == user
    assert room.users() == [user]


def test_while_the_store_is_away_the_lists_show_what_was_known(
    room: RoomBackend, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = site.hear()
    room.cases()
    room.case_counts()
    broken = _failing(sqlite3.OperationalError("disk I/O error"))
    monkeypatch.setattr(site.store._db._engine.dialect, "do_execute", broken)
    assert room.cases() == [case]
    assert room.cases(states=[CaseState.CLOSED]) == []
    assert room.case_counts() == {CaseState.DISPATCHED: 1}
    assert room.case(case.id) == (case, ())
    assert site.store.detail == "disk I/O error"


def _failing(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail
