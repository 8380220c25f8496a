"""A package: the same for the same seals, readable by a clerk, and nothing in it that runs or leads elsewhere."""

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest

from fusion.evidence.check import check
from fusion.evidence.stored_zip import write_zip
from fusion.types.errors import SiteError
from fusion.types.signal import Reason

from .world import World


def test_a_package_made_twice_has_the_same_bytes(world: World, tmp_path: Path) -> None:
    case = world.file()
    one, other = (world.export(case, tmp_path / name).read_bytes() for name in ("a.zip", "b.zip"))
    assert one == other


def test_a_package_is_sealed_anew_when_the_case_went_on(world: World, tmp_path: Path) -> None:
    case = world.file()
    world.export(case, tmp_path / "a.zip")
    world.line(case, "acknowledge", Reason("", ""), "worker:W-1")
    world.export(case, tmp_path / "b.zip")
    world.export(case, tmp_path / "c.zip")
    occasions = [what.occasion for what in world.custody.sealed(case.id)]
    assert occasions == ["filed", "asked"]
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()


def test_who_took_a_package_stands_in_the_history(world: World, tmp_path: Path) -> None:
    case = world.file()
    world.export(case, tmp_path / "a.zip")
    found = world.store.case(case.id)
    assert found is not None
    assert [(event.deed, event.actor) for event in found[1]][-1] == ("exported", "user:admin")


def test_any_tool_reads_the_zip(world: World, tmp_path: Path) -> None:
    with zipfile.ZipFile(world.export(world.file(), tmp_path / "case.zip")) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert {"index.html", "contents.json", "public-key.pem", "chain/000000/000000002.json"} <= set(names)
    assert names == sorted(names)


@pytest.fixture
def page(world: World, tmp_path: Path) -> str:
    evil = Reason('<script>alert("1")</script>摊点', "<img src=x onerror=alert(1)> stall")
    case = world.file((*world.snapshot(), world.clip()))
    world.line(case, "reject", evil, "user:<b>admin</b>")
    world.custody.seal(case.id)
    world.custody.hold(case, "法院 <i>12</i> 号", "user:admin")
    with zipfile.ZipFile(world.export(case, tmp_path / "case.zip")) as archive:
        return archive.read("index.html").decode()


def test_what_people_wrote_is_text_on_the_page(page: str) -> None:
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>admin" not in page
    assert "<i>12" not in page


def test_the_page_fetches_nothing_from_elsewhere(page: str) -> None:
    for address in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert re.fullmatch(r"2026-11-24/[\w.-]+", address), address
    assert "http:" not in page
    assert "https:" not in page


def test_the_page_says_what_who_when_why_and_how_right_the_clocks_are(page: str) -> None:
    for said in (
        "占道经营 证据包",
        "两人和一件新物停留 4 分 10 秒",
        "two persons and a new object",
        "2026-11-24 12:00:00",
        "北湖路-铁岭路口 1号",
        "-1.25 秒",
        "判为误报",
        "依法保全",
        "<video",
        "fusion evidence verify",
        "ab" * 32,
    ):
        assert said in page, said
    assert "hunter2" not in page


def test_a_package_of_a_case_whose_files_were_dropped_says_so_and_verifies(world: World, tmp_path: Path) -> None:
    case = world.close(world.file())
    world.custody.seal(case.id)
    assert world.custody.drop(case, Reason("保存期限已满", "kept long enough"))
    report = check(world.export(case, tmp_path / "case.zip"))
    assert report.intact, report.lines("en")
    assert any("kept long enough" in line for line in report.lines("en"))


def test_a_case_that_was_never_sealed_is_sealed_before_anything_of_it_is_dropped(world: World) -> None:
    case = world.close(world.file())
    assert world.custody.drop(case, Reason("", "")) is None


# Archives that somebody made to do harm.


def _archive(path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for entry, data in entries:
            archive.writestr(entry, data)
    return path


def _refused(path: Path) -> dict[str, str]:
    return {finding.path: finding.detail for finding in check(path).findings if finding.what == "refused"}


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "a/../../evil", "C:\\evil", "a\\..\\evil", ".hidden", "a//b", "x\x1b[31m", "证据"],
)
def test_a_name_that_leads_elsewhere_is_refused_by_name(tmp_path: Path, name: str) -> None:
    found = _refused(_archive(tmp_path / "x.zip", ("index.html", b""), (name, b"x")))
    assert list(found.values()) == ["its name leads elsewhere, or is none that fusion gives"]


def test_nothing_of_a_hostile_name_reaches_the_terminal(tmp_path: Path) -> None:
    report = check(_archive(tmp_path / "x.zip", ("\x1b]0;owned\x07", b"x")))
    assert all(line.isprintable() for line in report.lines("en"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    found = _refused(_archive(tmp_path / "x.zip", ("contents.json", b"{}"), ("contents.json", b"x")))
    assert found == {"contents.json": "stands twice"}


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("picture.jpg")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    assert _refused(_archive(tmp_path / "x.zip", (link, b"/etc/passwd"))) == {"picture.jpg": "is a link"}


def test_a_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    path = _archive(tmp_path / "x.zip", ("bomb.jpg", bytes(50_000_000)), compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    assert _refused(path) == {"bomb.jpg": "is compressed, and could unpack to anything"}


@pytest.mark.parametrize("at", ["size", "offset", "count", "end"])
def test_a_directory_that_lies_is_refused(world: World, tmp_path: Path, at: str) -> None:
    path = world.export(world.file(), tmp_path / "case.zip")
    data = bytearray(path.read_bytes())
    start = struct.unpack_from("<I", data, len(data) - 6)[0]
    if at == "end":
        data += b"PK"
    else:
        where = {"size": start + 24, "offset": start + 42, "count": len(data) - 12}[at]
        data[where] ^= 1
    path.write_bytes(data)
    with pytest.raises(SiteError, match="wanted: a ZIP as fusion writes it"):
        check(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 500])
def test_what_is_no_zip_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(SiteError, match=r"^[^\n]*wanted: a ZIP as fusion writes it[^\n]*$"):
        check(tmp_path / "x.zip")


def test_an_empty_zip_lacks_its_list(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    assert [finding.what for finding in check(tmp_path / "x.zip").findings] == ["missing"]


def test_more_than_a_zip_can_hold_is_refused() -> None:
    files = {f"f{number}": lambda: iter((b"",)) for number in range(20_001)}
    with pytest.raises(SiteError, match="more than a ZIP"):
        write_zip(io.BytesIO(), files)
