"""From what somebody reports to a case: the door, the row, the engine."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion import metrics
from fusion.geo.datum import from_wgs84, to_wgs84
from fusion.handlers.reports_in import ReportDoor
from fusion.incidents.reports import ReportsPolicy, ZoneFacts
from fusion.storage import Store
from fusion.types.case import Deed
from fusion.types.errors import IllegalDeed
from fusion.types.place import Datum
from fusion.types.report import RawReport, ReportRefused, ReportSource
from fusion.types.stall import Stall

from .zone import ADMIN, HERE, NOON, SHANGHAI, Site, said

GOOD = RawReport(
    source="8890",
    key="1",
    kind="street_stall",
    lon=HERE.lon,
    lat=HERE.lat,
    datum="wgs84",
    at=NOON,
    text="路口有人摆摊",
    entered_by="user:admin",
)


@pytest.fixture
def door(store: Store, tmp_path: Path, site: Site) -> ReportDoor:
    facts = ZoneFacts(
        kinds=("street_stall",),
        workers=("W-1",),
        to_wgs84=to_wgs84,
        inside=lambda point: abs(point.lon - HERE.lon) < 0.1,
    )
    return ReportDoor(store, facts, ReportsPolicy(), tmp_path / "evidence", SHANGHAI, now=lambda: site.now)


def refused(why: str) -> float:
    return float(metrics.REFUSED.labels("report", why)._value.get())


def a_jpeg() -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes())


def test_a_hotlines_call_becomes_a_case_that_says_whose_word_it_is(door: ReportDoor, site: Site) -> None:
    assert door.take(GOOD).fresh
    site.engine.tick()
    assert (site.case.source, site.case.terminal_id) == ("hotline", None)
    assert site.case.reason.zh == "8890 热线诉求：路口有人摆摊"
    (status,) = site.store.reports.newest()
    assert (status.case_id, status.case_number) == (site.case.id, site.case.number)


def test_the_same_call_twice_is_one_and_its_number_for_something_else_is_refused(door: ReportDoor, site: Site) -> None:
    door.take(GOOD)
    assert not door.take(GOOD).fresh
    before = refused("reused")
    with pytest.raises(ReportRefused, match="stands for another report already"):
        door.take(replace(GOOD, text="别的事"))
    assert refused("reused") == before + 1
    site.engine.tick()
    site.engine.tick()
    assert len(site.store.cases()) == 1


def test_a_call_about_what_a_camera_has_seen_goes_into_that_case(door: ReportDoor, site: Site) -> None:
    case = site.hear(said(site.now, east_m=12))
    door.take(replace(GOOD, at=NOON + timedelta(seconds=30)))
    site.wait(60)
    assert [c.id for c in site.store.cases()] == [case.id]
    assert site.deeds.count("signal") == 1
    assert "8890" in site.history[-1].note_zh


def test_a_list_that_comes_the_next_morning_is_placed_by_when_things_were_seen(door: ReportDoor, site: Site) -> None:
    case = site.hear(said(site.now))
    site.now += timedelta(hours=20)
    door.take(GOOD)
    site.engine.tick()
    assert [c.id for c in site.store.cases()] == [case.id]


def test_a_tip_off_waits_on_the_list_until_somebody_else_agrees(door: ReportDoor, site: Site) -> None:
    door.take(replace(GOOD, source="tip_off"))
    site.engine.tick()
    (status,) = site.store.reports.newest(source=ReportSource.TIP_OFF)
    assert status.taken_at is not None
    assert status.case_id is None
    door.take(replace(GOOD, key="2", at=NOON + timedelta(seconds=5)))
    site.engine.tick()
    assert {s.case_id for s in site.store.reports.newest()} == {site.case.id}


def test_what_is_refused_is_counted_by_name_and_changes_nothing(door: ReportDoor, site: Site) -> None:
    wrong = {"datum": {"datum": None}, "outside": {"lon": 121.0}, "future": {"at": NOON + timedelta(hours=1)}}
    for why, change in wrong.items():
        before = refused(why)
        with pytest.raises(ReportRefused):
            door.take(replace(GOOD, **change))  # type: ignore[arg-type]  # fields of the report
        assert refused(why) == before + 1
    before = refused("photo")
    with pytest.raises(ReportRefused, match="neither JPEG nor PNG"):
        door.take(replace(GOOD, photo=b"GIF89a"))
    assert refused("photo") == before + 1
    site.engine.tick()
    assert site.store.cases() == []
    assert site.store.reports.newest() == []


def test_a_workers_photo_is_in_the_case(door: ReportDoor, site: Site, tmp_path: Path) -> None:
    lon, lat = from_wgs84(HERE, Datum.GCJ02)
    raw = replace(GOOD, source="worker", worker_id="W-1", photo=a_jpeg(), lon=lon, lat=lat, datum="gcj02")
    door.take(raw)
    site.engine.tick()
    (ref,) = site.case.evidence
    assert (ref.kind, ref.media_type) == ("photo", "image/jpeg")
    assert (tmp_path / "evidence" / ref.path).is_file()
    assert site.store.evidence_path(ref.id) == ref.path
    assert site.case.place.point == pytest.approx(HERE, abs=1e-7)


def test_a_report_is_placed_once_although_the_engine_is_killed_before_its_commit(
    door: ReportDoor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.take(GOOD)

    class Killed(BaseException):
        """The process ends here."""

    def killed(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("fusion.storage.unit.Unit.mark_report", killed)
        with pytest.raises(Killed):
            site.engine.tick()
    assert site.store.cases() == []
    site.restarted().tick()
    site.restarted().tick()
    assert len(site.store.cases()) == 1
    assert site.deeds.count("opened") == 1


def test_the_third_case_at_a_place_says_that_it_is_a_repeat_offender(site: Site) -> None:
    for day in range(3):
        case = site.hear(said(site.now, thing=f"Z/P{day}"))
        assert (case.repeat is not None) == (day == 2)
        site.engine.deed(case.id, Deed.HANDLE, by=ADMIN)
        site.now += timedelta(days=2)
    assert site.case.repeat is not None
    assert "第 3 次立案" in site.case.repeat.zh
    assert "repeat" in site.deeds


def test_a_vendor_who_moves_about_is_a_repeat_offender_once_the_cases_are_known_to_be_his(site: Site) -> None:
    site.store.stalls.put([Stall(id="S-1", vendor="王")], "user:a", NOON)
    for number in range(3):
        case = site.hear(said(site.now, thing=f"Z/P{number}", source=f"T-{number}", east_m=300.0 * number))
        linked = site.engine.link_stall(case.id, "S-1", "user:a")
        assert (linked.repeat is not None) == (number == 2)
        assert linked.version == case.version
        site.now += timedelta(days=1)
    with pytest.raises(IllegalDeed, match="stall S-9"):
        site.engine.link_stall(site.case.id, "S-9", "user:a")
    assert site.store.stalls.cases("S-1")[0] == site.case.id
