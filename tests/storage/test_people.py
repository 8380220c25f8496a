"""Reports, the register of stalls and the audit on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from fusion.storage import Store
from fusion.types.errors import FusionError, IllegalDeed
from fusion.types.place import Datum, GeoPoint, Place
from fusion.types.report import Report, ReportSource
from fusion.types.stall import PermittedPlace, Stall

from .things import NOON

HERE = GeoPoint(120.03, 29.33)


def a_report(number: int, digest: str = "d") -> Report:
    return Report(
        id=f"r:8890:{number}",
        source=ReportSource.HOTLINE,
        source_id="8890",
        kind="street_stall",
        at=NOON,
        since=NOON,
        clock_error=timedelta(minutes=5),
        received_at=NOON,
        place=Place(HERE, 30),
        datum=Datum.GCJ02,
        text="路口有人摆摊 <b>",
        belief=0.7,
        entered_by="import",
        digest=digest,
    )


def a_stall(name: str = "S-1") -> Stall:
    return Stall(id=name, vendor="王建国", phone="13800000000", places=(PermittedPlace(point=HERE),))


def test_a_report_is_kept_once_and_taken_once_in_the_order_in_which_they_came(store: Store) -> None:
    assert store.reports.add([a_report(2), a_report(1)]) == [None, None]
    assert store.reports.add([a_report(1, "other"), a_report(3)]) == [a_report(1), None]
    assert store.reports.waiting() == ["r:8890:2", "r:8890:1", "r:8890:3"]
    with store.transaction() as unit:
        assert unit.waiting_report("r:8890:2") == a_report(2)
        unit.mark_report("r:8890:2", NOON, None)
    with store.transaction() as unit:
        assert unit.waiting_report("r:8890:2") is None
    assert store.reports.waiting() == ["r:8890:1", "r:8890:3"]
    newest = store.reports.newest(limit=3)
    assert [status.report.id for status in newest] == ["r:8890:3", "r:8890:1", "r:8890:2"]
    assert [status.taken_at for status in newest] == [None, None, NOON]


def test_a_stall_changes_by_versions_and_saying_the_same_again_changes_nothing(store: Store) -> None:
    (first,) = store.stalls.put([a_stall()], "user:a", NOON, version=0)
    assert first.version == 1
    assert store.stalls.put([a_stall()], "user:a", NOON) == []
    with pytest.raises(IllegalDeed, match=r"version 1, looked at 0"):
        store.stalls.put([replace(a_stall(), vendor="李")], "user:b", NOON, version=0)
    (second,) = store.stalls.put([replace(a_stall(), vendor="李")], "user:b", NOON, version=1)
    assert store.stalls.all() == [second]


def test_a_withdrawn_stall_is_gone_and_can_be_registered_again(store: Store) -> None:
    store.stalls.put([a_stall()], "user:a", NOON)
    before = store.stalls.mark()
    assert store.stalls.withdraw("S-1", "user:a", NOON)
    assert not store.stalls.withdraw("S-1", "user:a", NOON)
    assert store.stalls.all() == []
    assert store.stalls.mark() != before
    (again,) = store.stalls.put([a_stall()], "user:a", NOON, version=0)
    assert again.version == 3


def test_each_change_stands_in_the_audit_by_whom_and_the_chain_is_whole(store: Store) -> None:
    store.stalls.put([a_stall()], "user:a", NOON)
    store.audit.write(NOON, "user:b", "viewed", "stall:S-1")
    store.stalls.withdraw("S-1", "user:c", NOON)
    lines = store.audit.newest()
    assert [(line.actor, line.deed, line.subject) for line in lines] == [
        ("user:c", "withdrawn", "stall:S-1"),
        ("user:b", "viewed", "stall:S-1"),
        ("user:a", "changed", "stall:S-1"),
    ]
    assert lines[0].before == lines[1].hash
    assert store.audit.broken_at() is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x' WHERE seq = 1", "DELETE FROM audit WHERE seq = 1"])
def test_the_database_itself_refuses_to_change_a_line_of_the_audit(store: Store, statement: str) -> None:
    store.audit.write(NOON, "user:a", "viewed", "stalls")
    with pytest.raises(FusionError, match="a line of the audit stays as it is"), store._db.writing() as db:
        db.execute(text(statement))
    assert len(store.audit.newest()) == 1


def test_a_line_that_was_changed_past_the_database_breaks_the_chain_there(store: Store) -> None:
    for number in range(4):
        store.audit.write(NOON, "user:a", "viewed", f"stall:S-{number}")
    with store._db.writing() as db:
        if db.dialect.name == "sqlite":
            db.execute(text("DROP TRIGGER audit_no_update"))
        else:
            db.execute(text("DROP TRIGGER audit_kept ON audit"))
        db.execute(text("UPDATE audit SET actor = 'user:b' WHERE seq = 3"))
    assert store.audit.broken_at() == 3


def test_a_stall_that_is_not_registered_has_no_cases(store: Store) -> None:
    with pytest.raises(IllegalDeed, match="stall S-9"), store.transaction() as unit:
        unit.link_stall("S-9", "C1", "user:a", NOON)
