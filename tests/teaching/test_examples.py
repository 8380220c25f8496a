import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from fusion.app.learning import Taught, taught
from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.keep import keep_snapshot
from fusion.ingest.files import read_file
from fusion.storage import Store
from fusion.teaching.crops import cut
from fusion.teaching.examples import Example, decoded_jpeg, forget, gather, keep_crop, read_crops, unique
from fusion.types.case import Case, CaseEvent, CaseState, Deed, Incident
from fusion.types.errors import SiteError
from fusion.types.picture import Picture
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import Reason
from fusion.types.terminal import Terminal

from .crops import CLIPS

LATE = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # half past one of the next day in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")
HERE = GeoPoint(120.03, 29.33)
BOX = Box(0.4, 0.3, 0.6, 0.7)
TERMINAL = Terminal(id="T_1/南门", name="南门", point=HERE, height_m=6.0, bearing_deg=90.0, grid_id=None)
TODAY = date(2026, 11, 26)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return next(iter(read_file(CLIPS / "stall_cart.sub.mp4", every=None, clock_start=LATE, keyframes_only=True)))


@pytest.fixture
def place(tmp_path: Path) -> Taught:
    with closing(Store(taught_folder(tmp_path).store)):
        return taught(tmp_path)


def taught_folder(folder: Path) -> Taught:
    (folder / "teaching").mkdir()
    return taught(folder)


@pytest.fixture
def store(place: Taught) -> Iterator[Store]:
    with closing(Store(place.store)) as found:
        yield found


def file_case(store: Store, place: Taught, picture: Picture, number: int, kind: str = "street_stall") -> Case:
    """A case with its snapshot, as the engine and the eyes leave it."""
    why = Reason("摊点停留", "a stall stayed")
    facts = SnapshotFacts(
        terminal=TERMINAL, kind=kind, reason=why, met_at=LATE, signal_id="s", thing_id="x", box=BOX
    )  # fmt: skip
    refs = keep_snapshot(place.evidence, picture, facts, SHANGHAI)
    case = Case(
        id=f"C{number}",
        number=f"2026-11-25-{number:04d}",
        incident_id=f"i-{number}",
        kind=kind,
        state=CaseState.OPENED,
        place=Place(HERE, 2.0),
        grid_id=None,
        small_grid_id=None,
        terminal_id=TERMINAL.id,
        zone_id="Z",
        reason=why,
        box=BOX,
        opened_at=LATE + timedelta(seconds=number),
        met_at=LATE,
        changed_at=LATE,
        version=1,
        evidence=refs,
    )
    incident = Incident(
        id=case.incident_id, kind=kind, place=case.place, source_ids=(TERMINAL.id,), zone_id="Z",
        first_at=LATE, last_at=LATE, belief=0.8, signals=1, case_id=case.id,
    )  # fmt: skip
    with store.transaction() as unit:
        unit.put_incident(incident, None)
        unit.put_case(case)
    return case


def mark(store: Store, case: Case, state: CaseState, deed: Deed, note: str = "", actor: str = "user:li") -> None:
    event = CaseEvent(case_id=case.id, at=LATE, deed=deed, actor=actor, state=state, note_zh=note, note_en=note)
    with store.transaction() as unit:
        unit.put_case(replace(case, state=state, version=case.version + 1))
        unit.add_event(event)


def words(place: Taught) -> list[str]:
    return sorted(example.word for example in read_crops(place.shelf.crops))


def test_marked_cases_become_crops_with_class_terminal_and_local_day(
    store: Store, place: Taught, picture: Picture
) -> None:
    marks = [
        (CaseState.REJECTED, Deed.REJECT, "行人停留交谈"),
        (CaseState.REJECTED, Deed.REJECT, "parked_car: a white van"),
        (CaseState.REJECTED, Deed.REJECT, "who knows"),
        (CaseState.HANDLED, Deed.HANDLE, "talked to the vendor"),
    ]
    for number, (state, deed, note) in enumerate(marks):
        mark(store, file_case(store, place, picture, number), state, deed, note)
    mark(store, file_case(store, place, picture, 8, "waste_dumping"), CaseState.HANDLED, Deed.HANDLE)
    file_case(store, place, picture, 9)  # nobody has said anything of it yet
    found = place.gather(TODAY)
    assert (found.added, found.no_picture) == (5, 0)
    assert found.by_class == {"chat": 1, "parked_car": 1, "other": 1, "stall": 1, "rubbish": 1}
    assert words(place) == ["chat", "other", "parked_car", "rubbish", "stall"]
    example = read_crops(place.shelf.crops)[0]
    assert (example.terminal, example.day) == (TERMINAL.id, date(2026, 11, 25))


def test_a_crop_is_what_the_camera_showed_around_the_thing(store: Store, place: Taught, picture: Picture) -> None:
    case = file_case(store, place, picture, 1)
    mark(store, case, CaseState.HANDLED, Deed.HANDLE)
    place.gather(TODAY)
    (example,) = read_crops(place.shelf.crops)
    snapshot = (place.evidence / case.evidence[0].path).read_bytes()
    wanted = cut(decoded_jpeg(snapshot, "snapshot"), BOX).astype(int)
    assert np.abs(example.crop().astype(int) - wanted).mean() < 3  # it was coded once more
    assert example.path.stat().st_mode & 0o077 == 0
    assert example.path.parent.stat().st_mode & 0o077 == 0
    assert place.shelf.crops.stat().st_mode & 0o077 == 0


def test_gathering_again_adds_nothing_and_a_new_mark_moves_the_crop(
    store: Store, place: Taught, picture: Picture
) -> None:
    case = file_case(store, place, picture, 1)
    mark(store, case, CaseState.HANDLED, Deed.HANDLE)
    assert place.gather(TODAY).added == 1
    assert place.gather(TODAY).added == 0
    mark(store, case, CaseState.REJECTED, Deed.REJECT, "licensed_cart")
    found = place.gather(TODAY)
    assert (found.added, found.moved) == (0, 1)
    assert words(place) == ["licensed_cart"]


def test_a_double_that_fusion_dropped_and_a_case_closed_unseen_teach_nothing(
    store: Store, place: Taught, picture: Picture
) -> None:
    first, second = (file_case(store, place, picture, number) for number in (1, 2))
    mark(store, first, CaseState.REJECTED, Deed.REJECT, "= 2026-11-25-0002", actor="fusion")
    mark(store, second, CaseState.CLOSED, Deed.CLOSE)
    found = place.gather(TODAY)
    assert (found.added, found.unmarked) == (0, 2)


@pytest.mark.parametrize("fault", ["changed", "missing", "no metadata", "no box", "other box"])
def test_a_snapshot_that_is_not_what_was_kept_teaches_nothing(
    store: Store, place: Taught, picture: Picture, fault: str
) -> None:
    case = file_case(store, place, picture, 1)
    mark(store, case, CaseState.HANDLED, Deed.HANDLE)
    file = place.evidence / case.evidence[0].path
    beside = file.with_name(file.name.replace("-plain.jpg", ".json"))
    document = json.loads(beside.read_text())
    if fault == "changed":
        file.write_bytes(file.read_bytes() + b"x")
    elif fault == "missing":
        file.unlink()
    elif fault == "no metadata":
        beside.unlink()
    else:
        document["box"] = None if fault == "no box" else ["left", 0, 1, 1]
        beside.write_text(json.dumps(document))
    found = place.gather(TODAY)
    assert (found.added, found.no_picture) == (0, 1)


def test_crops_are_forgotten_after_their_time(store: Store, place: Taught, picture: Picture) -> None:
    mark(store, file_case(store, place, picture, 1), CaseState.HANDLED, Deed.HANDLE)
    place.gather(TODAY)
    assert forget(place.shelf.crops, date(2026, 11, 25)) == 0
    assert forget(place.shelf.crops, date(2026, 11, 26)) == 1
    assert read_crops(place.shelf.crops) == []


def grey(path: Path) -> None:
    keep_crop(path, np.full((40, 40, 3), 90, np.uint8))


def test_folders_that_are_no_class_and_names_without_a_day_are_refused_by_name(tmp_path: Path) -> None:
    grey(tmp_path / "stal" / "T-1_2026-11-24_1.jpg")
    with pytest.raises(SiteError, match=r"'stal' is no class; valid: stall, stall_closed, rubbish, chat"):
        read_crops(tmp_path)
    (tmp_path / "stal").rename(tmp_path / "stall")
    grey(tmp_path / "stall" / "T-1_2026-13-24_1.jpg")
    with pytest.raises(SiteError, match=r"T-1_2026-13-24_1.jpg: wanted a name such as"):
        read_crops(tmp_path)


def test_one_picture_with_two_classes_is_refused(tmp_path: Path) -> None:
    grey(tmp_path / "stall" / "T-1_2026-11-24_1.jpg")
    grey(tmp_path / "chat" / "T-1_2026-11-24_2.jpg")
    with pytest.raises(SiteError, match="wanted: one class"):
        unique(read_crops(tmp_path))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03"])
def test_what_is_no_picture_or_far_too_large_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "T-1_2026-11-24_1.jpg"
    file.write_bytes(data)
    with pytest.raises(SiteError, match=r"T-1_2026-11-24_1\.jpg"):
        Example("stall", "T-1", TODAY, file, "").crop()


def test_a_folder_that_is_neither_a_site_nor_its_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="wanted: a site's folder, or one of its data"):
        taught(tmp_path)


def test_many_cases_are_read_page_by_page(store: Store, place: Taught, picture: Picture) -> None:
    case = file_case(store, place, picture, 0)
    with store.transaction() as unit:
        for number in range(1, 450):
            name = f"i-{number}"
            incident = Incident(
                id=name, kind=case.kind, place=case.place, source_ids=(), zone_id=None,
                first_at=LATE, last_at=LATE, belief=0.8, signals=1,
            )  # fmt: skip
            unit.put_incident(incident, None)
            unit.put_case(replace(case, id=f"C{number}", number=name, incident_id=name, state=CaseState.CLOSED))
    assert gather(store, lambda _ref: None, place.shelf.crops).unmarked == 449
