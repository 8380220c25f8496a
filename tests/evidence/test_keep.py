"""Snapshots on disk: whole, provable, and nowhere but in their folder."""

import dataclasses
import hashlib
import json
import os
import resource
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.folder import file_of
from fusion.evidence.keep import Verdict, keep_snapshot, metadata_path, read_metadata, verify
from fusion.types.errors import PeerFault, SiteError
from fusion.types.picture import Picture
from fusion.types.place import GeoPoint, Place
from fusion.types.sighting import Box
from fusion.types.signal import Reason
from fusion.types.terminal import Terminal
from fusion.types.zone import Zone

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_AT = datetime(2026, 11, 23, 16, 30, 5, 250_000, tzinfo=UTC)  # past midnight in Shanghai


def _picture(noise: bool = False) -> Picture:
    rng = np.random.default_rng(7)
    y = rng.integers(16, 236, (180, 320), np.uint8) if noise else np.full((180, 320), 90, np.uint8)
    chroma = np.full((90, 160), 128, np.uint8)
    return Picture("T-0001", _AT, y, chroma, chroma)


def _facts(terminal_id: str = "T-0001") -> SnapshotFacts:
    terminal = Terminal(
        id=terminal_id,
        name="北湖路-铁岭路口 1号",
        point=GeoPoint(120.03, 29.33),
        height_m=6,
        bearing_deg=90,
        grid_id="E-01",
        sub_url="rtsp://admin:hunter2@camera/sub",
        main_url="rtsp://admin:hunter2@camera/main",
    )
    zone = Zone(id="S-01", name="严管路段", kind="no_stall", polygon=((0.1, 0.5), (0.9, 0.5), (0.9, 0.95), (0.1, 0.95)))
    return SnapshotFacts(
        terminal=terminal,
        kind="street_stall",
        reason=Reason(
            "两人和一件新物停留 4 分 10 秒", "two persons and a new object for 4 min 10 s", {"dwell_s": 250.0}
        ),
        met_at=_AT,
        signal_id="sig-1",
        thing_id="thing-1",
        box=Box(0.4, 0.4, 0.6, 0.8),
        others=((Box(0.45, 0.3, 0.5, 0.7), "person"),),
        zone=zone,
        place=Place(GeoPoint(120.0301, 29.3301), 2.5),
        grid_id="E-01",
        small_grid_id="E-01-3",
        model="ssdlite",
        model_sha256="ab" * 32,
    )


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_snapshot_is_two_pictures_and_one_document_in_the_folder_of_the_local_day(tmp_path: Path) -> None:
    plain, marked = keep_snapshot(tmp_path / "evidence", _picture(), _facts(), _SHANGHAI)
    files = _files(tmp_path / "evidence")
    assert files == sorted([plain.path, marked.path, metadata_path(plain)])
    assert all(name.startswith("2026-11-24/20261123T163005_250-T-0001-") for name in files)
    assert (plain.kind, marked.kind) == ("plain", "annotated")
    assert Path(plain.path).stem == plain.id
    assert plain.at == _AT


def test_the_pictures_are_jpeg_of_the_camera_s_size_and_the_annotated_one_has_a_caption(tmp_path: Path) -> None:
    plain, marked = (
        cv2.imread(str(tmp_path / ref.path)) for ref in keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    )
    assert plain is not None
    assert marked is not None
    assert plain.shape == (180, 320, 3)
    assert marked.shape[0] > 180


def test_the_document_says_what_who_where_when_and_why_with_both_hashes(tmp_path: Path) -> None:
    refs = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    said = read_metadata(tmp_path, refs[0])
    assert [(file["id"], file["path"], file["sha256"]) for file in said["files"]] == [
        (ref.id, ref.path, hashlib.sha256((tmp_path / ref.path).read_bytes()).hexdigest()) for ref in refs
    ]
    assert said["terminal"]["name"] == "北湖路-铁岭路口 1号"
    assert (said["grid"], said["small_grid"], said["zone"]["id"]) == ("E-01", "E-01-3", "S-01")
    assert said["reason"]["zh"].startswith("两人")
    assert said["reason"]["data"] == {"dwell_s": 250.0}
    assert said["at_local"] == "2026-11-24T00:30:05.250000+08:00"
    assert said["met_at"] == "2026-11-23T16:30:05.250000+00:00"
    assert said["model"] == {"name": "ssdlite", "sha256": "ab" * 32}
    assert said["place"]["uncertainty_m"] == 2.5


def test_no_address_and_no_password_is_written(tmp_path: Path) -> None:
    keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"hunter2" not in written
    assert b"rtsp" not in written


def test_a_picture_of_the_main_stream_is_told_apart(tmp_path: Path) -> None:
    refs = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI, main=True)
    assert [ref.kind for ref in refs] == ["main", "annotated_main"]
    assert [verify(tmp_path, ref) for ref in refs] == [Verdict.INTACT, Verdict.INTACT]


def test_the_same_moment_kept_twice_is_four_pictures(tmp_path: Path) -> None:
    refs = [ref for _ in range(2) for ref in keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)]
    assert len({ref.id for ref in refs}) == 4
    assert len(_files(tmp_path)) == 6


@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_a_flipped_bit_is_found_wherever_it_is(tmp_path: Path, place: float) -> None:
    plain, marked = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    file = tmp_path / marked.path
    data = bytearray(file.read_bytes())
    data[int(place * len(data)) if place >= 0 else -1] ^= 1
    file.write_bytes(data)
    assert verify(tmp_path, marked) is Verdict.CHANGED
    assert verify(tmp_path, plain) is Verdict.INTACT


def test_a_missing_picture_is_found(tmp_path: Path) -> None:
    plain, marked = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    (tmp_path / plain.path).unlink()
    assert verify(tmp_path, plain) is Verdict.MISSING
    assert verify(tmp_path, marked) is Verdict.INTACT


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', '{"files": [7]}'])
def test_metadata_that_is_not_what_was_kept_is_found(tmp_path: Path, text: str) -> None:
    plain, _ = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    (tmp_path / metadata_path(plain)).write_text(text)
    assert verify(tmp_path, plain) is Verdict.METADATA
    with pytest.raises(SiteError, match="wanted: the JSON that was kept"):
        read_metadata(tmp_path, plain)


def test_a_picture_swapped_together_with_its_reference_is_given_away_by_the_metadata(tmp_path: Path) -> None:
    plain, _ = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    (tmp_path / plain.path).write_bytes(b"another picture")
    forged = dataclasses.replace(plain, sha256=hashlib.sha256(b"another picture").hexdigest())
    assert verify(tmp_path, forged) is Verdict.METADATA


@pytest.mark.parametrize("terminal_id", ["../../x", "/etc/passwd", "a\0b", "", "..", "终端", "T" * 500, "x\n%s"])
def test_a_hostile_terminal_id_stays_in_the_folder(tmp_path: Path, terminal_id: str) -> None:
    refs = keep_snapshot(tmp_path / "evidence", _picture(), _facts(terminal_id), _SHANGHAI)
    assert [verify(tmp_path / "evidence", ref) for ref in refs] == [Verdict.INTACT, Verdict.INTACT]
    assert [path.name for path in tmp_path.iterdir()] == ["evidence"]
    assert read_metadata(tmp_path / "evidence", refs[0])["terminal"]["id"] == terminal_id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=40))
def test_any_id_gives_a_name_of_harmless_letters(tmp_path: Path, terminal_id: str) -> None:
    ref = keep_snapshot(tmp_path, _picture(), _facts(terminal_id), _SHANGHAI)[0]
    assert set(ref.id) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b", "", ".", "x\0y", "out/link"])
def test_a_reference_that_leads_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    plain, _ = keep_snapshot(folder, _picture(), _facts(), _SHANGHAI)
    with pytest.raises(SiteError, match="leads out of the evidence folder"):
        verify(folder, dataclasses.replace(plain, path=path))


def test_a_good_reference_is_a_file_of_the_folder(tmp_path: Path) -> None:
    plain, _ = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    assert file_of(tmp_path, plain.path) == (tmp_path / plain.path).resolve()


def test_a_disk_without_room_is_a_clear_fault_and_leaves_nothing_half(tmp_path: Path) -> None:
    # A limit on file size fails in the middle of a write just as a full disk does.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(PeerFault, match=r"evidence folder .*: File too large; wanted: .* has room"):
            keep_snapshot(tmp_path, _picture(noise=True), _facts(), _SHANGHAI)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert _files(tmp_path) == []


def test_a_fault_at_the_last_file_takes_the_first_ones_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.fsync, []

    def full_at_the_third(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full_at_the_third)
    with pytest.raises(PeerFault, match="No space left on device"):
        keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    assert _files(tmp_path) == []


def test_a_file_where_the_folder_should_be_is_a_clear_fault(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("")
    with pytest.raises(PeerFault, match="evidence folder"):
        keep_snapshot(tmp_path / "evidence", _picture(), _facts(), _SHANGHAI)


def test_the_document_is_plain_json_that_other_tools_read(tmp_path: Path) -> None:
    plain, _ = keep_snapshot(tmp_path, _picture(), _facts(), _SHANGHAI)
    text = (tmp_path / metadata_path(plain)).read_text("utf-8")
    assert "严管路段" in text
    assert json.loads(text)["format"] == "fusion-snapshot/1"
