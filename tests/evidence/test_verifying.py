"""Whatever is changed, taken away, added or exchanged is found, by the public key alone."""

import hashlib
import random
import shutil
import zipfile
from pathlib import Path

import pytest

from fusion.evidence.chain import place
from fusion.evidence.check import check
from fusion.evidence.findings import Report
from fusion.evidence.keys import Key, KeyFolder, read_public
from fusion.evidence.seals import KeyMade
from fusion.types.errors import FusionError, SiteError

from .world import World

TRIES = 400


def key_of(world: World, seq: int = 1) -> Key:
    what = world.chain.read(seq).entry.what
    assert isinstance(what, KeyMade)
    return Key(bytes.fromhex(what.public))


def whats(report: Report) -> set[str]:
    return {finding.what for finding in report.findings if finding.fault}


@pytest.fixture
def store(world: World) -> World:
    """Three cases, one closed, one with its key changed in between; six seals in all."""
    first = world.file()
    world.custody.seal(first.id)
    second = world.file((*world.snapshot(), world.clip()))
    world.custody.seal(second.id)
    world.custody.rotate()
    world.close(first)
    world.custody.seal(first.id)
    world.custody.seal(world.file().id)
    return world


@pytest.fixture
def package(store: World, tmp_path: Path) -> Path:
    case = store.store.cases()[-1]
    assert case.id == "C" + case.id[1:]
    return store.export(min(store.store.cases(), key=lambda case: case.number), tmp_path / "case.zip")


def unpacked(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def test_a_store_a_package_and_an_unpacked_package_are_intact(store: World, package: Path, tmp_path: Path) -> None:
    for path in (store.folder, package, unpacked(package, tmp_path / "case")):
        for key in (None, key_of(store), key_of(store, 4)):
            report = check(path, key)
            assert report.intact, report.lines("en")
    assert check(store.folder).seals == 6
    assert len(check(store.folder).cases) == 3


def test_the_judgement_comes_last_in_both_languages(store: World) -> None:
    report = check(store.folder, key_of(store))
    assert report.lines("zh")[-1].startswith("完好：6 个封存")
    assert report.lines("en")[-1].startswith("intact: seals 6, ")


def test_any_byte_of_a_package_that_is_flipped_is_found(package: Path) -> None:
    data = package.read_bytes()
    chance = random.Random(11)  # noqa: S311 - seeded
    flipped = package.with_name("flipped.zip")
    edges = [0, 1, 29, 30, len(data) - 1, len(data) - 22, len(data) - 23]
    for at in [*edges, *(chance.randrange(len(data)) for _ in range(TRIES))]:
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        flipped.write_bytes(changed)
        try:
            intact = check(flipped).intact
        except FusionError:
            intact = False
        assert not intact, f"byte {at} of {len(data)}"


def test_any_byte_of_any_file_of_an_unpacked_package_that_is_flipped_is_found(package: Path, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "case")
    _flip_about(folder, sorted(path for path in folder.rglob("*") if path.is_file()), each=12)


def test_any_byte_of_any_sealed_file_of_a_store_that_is_flipped_is_found(store: World) -> None:
    _flip_about(store.folder, sorted(path for path in store.folder.rglob("*") if path.is_file()), each=8)


def _flip_about(folder: Path, files: list[Path], each: int) -> None:
    chance = random.Random(5)  # noqa: S311 - seeded
    assert len(files) > 8
    for file in files:
        data = file.read_bytes()
        for at in {0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(each))}:
            changed = bytearray(data)
            changed[at] ^= 1 << chance.randrange(8)
            file.write_bytes(changed)
            assert not check(folder).intact, f"{file.name} at {at}"
        file.write_bytes(data)
    assert check(folder).intact


def test_each_file_of_a_package_that_is_missing_is_named(package: Path, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "case")
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "contents.json"):
        data = file.read_bytes()
        file.unlink()
        report = check(folder)
        name = file.relative_to(folder).as_posix()
        assert any(finding.what == "missing" and finding.path == name for finding in report.findings), name
        file.write_bytes(data)


def test_a_package_without_its_list_is_no_package(package: Path, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "case")
    (folder / "contents.json").unlink()
    assert not check(folder).intact


def test_an_extra_file_is_named(package: Path, store: World, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "case")
    (folder / "extra.jpg").write_bytes(b"x")
    assert [(f.what, f.path) for f in check(folder).findings if f.fault] == [("extra", "extra.jpg")]
    (store.folder / "chain/000000/note.txt").write_text("x")
    assert [(f.what, f.path) for f in check(store.folder).findings if f.fault] == [("extra", "chain/000000/note.txt")]


def test_a_missing_picture_of_the_store_is_named(store: World) -> None:
    path = store.store.cases()[0].evidence[0].path
    (store.folder / path).unlink()
    assert [(f.what, f.path) for f in check(store.folder).findings if f.fault] == [("missing", path)]


def test_pictures_that_no_seal_names_are_said_and_prove_nothing(store: World) -> None:
    store.snapshot()
    report = check(store.folder, key_of(store))
    assert report.intact
    assert "of which nothing is proved: 3" in report.lines("en")[0]


def test_a_seal_taken_out_of_the_middle_cuts_the_chain(store: World) -> None:
    (store.folder / place(3)).unlink()
    assert "cut" in whats(check(store.folder, key_of(store)))
    assert any("seal 3 is missing" in line for line in check(store.folder).lines("en"))


def test_a_seal_taken_out_with_the_later_ones_moved_up_is_found(store: World) -> None:
    (store.folder / place(3)).unlink()
    for seq in (4, 5, 6):
        (store.folder / place(seq)).rename(store.folder / place(seq - 1))
    assert {"wrong_place", "wrong_previous"} & whats(check(store.folder, key_of(store)))


def test_two_seals_exchanged_are_found(store: World) -> None:
    one, other = store.folder / place(5), store.folder / place(6)
    data = one.read_bytes(), other.read_bytes()
    one.write_bytes(data[1])
    other.write_bytes(data[0])
    assert "wrong_place" in whats(check(store.folder, key_of(store)))


def test_the_first_seal_taken_away_is_found(store: World) -> None:
    (store.folder / place(1)).unlink()
    assert not check(store.folder).intact
    assert "wrong_key" in whats(check(store.folder, Key(KeyFolder(store.keys / "x").make().public.raw)))


def test_an_end_that_was_cut_off_is_found_where_the_end_was_noted_down(store: World) -> None:
    end = store.chain.head()
    assert end is not None
    last = store.chain.read(end.seq)
    (store.folder / place(end.seq)).unlink()
    (store.folder / place(end.seq, "records")).unlink()
    assert check(store.folder, key_of(store)).intact  # nobody can see it in what is left
    assert whats(check(store.folder, key_of(store), (end.seq, last.sha256))) == {"cut_end"}
    store.custody.sync()
    assert store.custody.cut is not None  # the store knows it
    assert store.custody.cut.known == end.seq


def test_after_a_cut_the_chain_goes_on_from_what_the_store_knows_and_the_gap_stays_to_be_seen(store: World) -> None:
    (store.folder / place(6)).unlink()
    (store.folder / place(6, "records")).unlink()
    seal = store.custody.seal(store.file().id)
    assert seal is not None
    assert seal.entry.seq == 7
    assert whats(check(store.folder, key_of(store))) == {"cut"}


def test_a_folder_that_lost_its_whole_chain_gets_no_new_one(store: World) -> None:
    shutil.rmtree(store.folder / "chain")
    with pytest.raises(FusionError, match="holds no seal, and the store knows 6"):
        store.custody.seal(store.file().id)


def test_another_site_s_key_is_refused_by_name(store: World, package: Path, tmp_path: Path) -> None:
    other = KeyFolder(tmp_path / "other").make().public
    for path in (store.folder, package):
        report = check(path, other)
        assert whats(report) == {"wrong_key"}
        assert other.id in "".join(report.lines("en"))


def test_a_chain_of_a_forger_who_names_the_site_s_key_is_not_the_site_s(store: World, tmp_path: Path) -> None:
    forger = World(_made(tmp_path / "forger"))
    forger.custody.seal(forger.file().id)
    genuine = key_of(store, 4)

    seal = forger.chain.append(lambda _making: KeyMade(public=genuine.raw.hex(), proof="00" * 64))
    assert isinstance(seal.entry.what, KeyMade)
    assert {"wrong_signature", "wrong_key"} <= whats(check(forger.folder, genuine))
    forger.store.close()


def test_a_list_signed_by_somebody_else_is_found(package: Path, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "case")
    text = (folder / "contents.json").read_text()
    start = text.index('"signature":"') + 13
    forged = text[:start] + ("0" if text[start] != "0" else "1") + text[start + 1 :]
    (folder / "contents.json").write_text(forged)
    assert whats(check(folder)) == {"wrong_signature"}


def test_a_picture_exchanged_together_with_the_list_s_hash_is_found(package: Path, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "case")
    picture = next(folder.glob("2026*/*-plain.jpg"))
    text = (folder / "contents.json").read_text()
    before, after = (_sha256(data) for data in (picture.read_bytes(), b"another"))
    size = picture.stat().st_size
    picture.write_bytes(b"another")
    forged = text.replace(before, after).replace(f'"size":{size}', '"size":7')
    (folder / "contents.json").write_text(forged)
    assert {"wrong_signature", "changed"} <= whats(check(folder))


def test_a_link_in_a_folder_is_refused_by_name_and_not_followed(store: World) -> None:
    (store.folder / "2026-11-24" / "link-plain.jpg").symlink_to("/etc/passwd")
    findings = [finding for finding in check(store.folder).findings if finding.fault]
    assert [(f.what, f.path, f.detail) for f in findings] == [("refused", "2026-11-24/link-plain.jpg", "a link")]


def test_what_is_neither_a_package_nor_a_store_is_said_in_one_line(tmp_path: Path) -> None:
    for path, wrong in ((tmp_path, "neither contents.json"), (tmp_path / "none", "there is none")):
        with pytest.raises(SiteError, match=wrong):
            check(path)


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_file_that_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(SiteError, match=r"wanted: a PEM file of an Ed25519 public key"):
        read_public(text.encode(), "public.pem")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
