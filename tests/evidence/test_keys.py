"""Private keys are their owner's alone, and a new one is named by the one before."""

import stat
from pathlib import Path

import pytest

from fusion.evidence.canonical import canonical
from fusion.evidence.keys import KeyFolder
from fusion.evidence.seals import read_seal
from fusion.types.errors import SiteError

from .world import World


def test_a_key_is_made_with_the_first_seal_and_only_its_owner_may_read_it(world: World) -> None:
    world.custody.seal(world.file().id)
    files = list(world.keys.glob("*.pem"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]
    assert stat.S_IMODE(world.keys.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700 | 0o011])
def test_a_key_that_others_may_read_is_refused(world: World, mode: int) -> None:
    world.custody.seal(world.file().id)
    next(world.keys.glob("*.pem")).chmod(mode)
    with pytest.raises(SiteError, match=r"others may read the private key; wanted: mode 0600"):
        world.custody.seal(world.file().id)


def test_a_key_that_is_a_link_or_another_key_is_refused(world: World, tmp_path: Path) -> None:
    world.custody.seal(world.file().id)
    path = next(world.keys.glob("*.pem"))
    other = KeyFolder(tmp_path / "other")
    theirs = tmp_path / "other" / f"{other.make().public.id}.pem"
    path.write_bytes(theirs.read_bytes())
    with pytest.raises(SiteError, match="another key"):
        world.custody.seal(world.file().id)
    path.unlink()
    path.symlink_to(theirs)
    with pytest.raises(SiteError, match="wanted: the private key"):
        world.custody.seal(world.file().id)


def test_after_a_rotation_the_new_key_signs_the_old_private_key_is_gone_and_the_old_public_one_stays(
    world: World,
) -> None:
    first = world.custody.seal(world.file().id)
    rotation = world.custody.rotate()
    after = world.custody.seal(world.file().id)
    assert first is not None
    assert after is not None
    assert rotation.entry.key == first.entry.key != after.entry.key
    assert [path.stem for path in world.keys.glob("*.pem")] == [after.entry.key]
    assert [row.key for row in world.store.seals.of_keys()] == [first.entry.key, after.entry.key]


def test_canonical_json_is_that_of_rfc_8785() -> None:
    document = {"b": [1, True, None, "€\u000f\n'\"\\/é"], "a": {"z": "占", "A": -5}}
    assert canonical(document).decode() == '{"a":{"A":-5,"z":"占"},"b":[1,true,null,"€\\u000f\\n\'\\"\\\\/é"]}'


@pytest.mark.parametrize("value", [1.5, 2**53, {"é": 1}, {1: 1}, "\ud800", b"x", float("nan")])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        canonical(value)


@pytest.mark.parametrize(
    "change", [lambda d: d + b"\n", lambda d: d.replace(b'"seq":2', b'"seq": 2'), lambda _d: b"[" * 99_999]
)
def test_a_seal_written_otherwise_is_none(world: World, change: object) -> None:
    seal = world.custody.seal(world.file().id)
    assert seal is not None
    assert callable(change)
    with pytest.raises(SiteError, match="wanted: the file that fusion wrote"):
        read_seal(change(seal.data), "2.json")
