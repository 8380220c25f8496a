from datetime import timedelta

import numpy as np
import pytest

from fusion.tracking.follower import Follower
from fusion.tracking.memory import pack, unpack
from fusion.types.errors import SiteError
from fusion.types.sighting import Residue

from .street import START, Street, play
from .test_follower import BAG, a_man_leaves_a_bag, times


def kept() -> tuple[bytes, Residue]:
    """The memory of a follower that has seen a man leave a bag, and the bag."""
    follower = Follower("T")
    sightings = play(follower, a_man_leaves_a_bag(Street()), times(40, 0.5))  # type: ignore[arg-type] # a scene
    data = pack(follower)
    assert data is not None
    return data, sightings[-1].residues[0]


def test_after_a_restart_the_bag_is_the_same_thing_and_not_the_ground() -> None:
    data, bag = kept()
    again = Follower("T")
    assert unpack(data, again, START + timedelta(seconds=60))
    street = Street(noise=2.0)
    scene = lambda at_s: (street.picture(at_s, things=[(BAG, 45)]), None)  # noqa: E731 - one line says it
    sightings = play(again, scene, [60 + 2.0 * n for n in range(10)])  # type: ignore[arg-type] # a scene
    (same,) = sightings[-1].residues
    assert same.id == bag.id
    assert same.first_at == bag.first_at
    assert same.bringer == bag.bringer
    assert same.bringer_class == "person"
    assert same.bringer_left_at is not None


def test_what_was_taken_away_while_nobody_looked_is_gone() -> None:
    data, _ = kept()
    again, street = Follower("T"), Street()
    unpack(data, again, START + timedelta(seconds=60))
    scene = lambda at_s: (street.picture(at_s), None)  # noqa: E731 - one line says it
    assert not play(again, scene, [60 + 2.0 * n for n in range(10)])[-1].residues  # type: ignore[arg-type] # a scene


def test_ids_are_never_used_again() -> None:
    data, bag = kept()
    again, street = Follower("T"), Street()
    unpack(data, again, START + timedelta(seconds=60))
    other = (100, 215, 150, 250)

    def scene(at_s: float) -> object:
        return street.picture(at_s, things=[(BAG, 45), *([(other, 200)] if at_s >= 70 else [])]), None

    ids = {residue.id for residue in play(again, scene, [60 + 1.0 * n for n in range(40)])[-1].residues}  # type: ignore[arg-type] # a scene
    assert bag.id in ids
    assert len(ids) == 2


def test_a_memory_of_yesterday_is_not_taken_up() -> None:
    data, _ = kept()
    fresh = Follower("T")
    assert not unpack(data, fresh, START + timedelta(days=1))
    assert not unpack(data, fresh, START - timedelta(seconds=1))
    assert fresh.memory() is None


def test_a_memory_is_small() -> None:
    data, _ = kept()
    assert len(data) < 400_000


@pytest.mark.parametrize("cut", [0, 1, 100, 5000])
def test_half_a_memory_is_refused_and_nothing_breaks(cut: int) -> None:
    data, _ = kept()
    with pytest.raises(SiteError, match="memory"):
        unpack(data[:cut], Follower("T"), START + timedelta(seconds=60))


def test_flipped_bytes_never_break_it() -> None:
    data, _ = kept()
    rng = np.random.default_rng(3)
    for _ in range(60):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 4):
            broken[place] ^= int(rng.integers(1, 256))
        follower = Follower("T")
        try:
            unpack(bytes(broken), follower, START + timedelta(seconds=60))
        except SiteError:
            continue


def test_what_was_learnt_under_other_masks_is_not_taken_up() -> None:
    data, _ = kept()
    area = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5))
    masked = Follower("T", unjudged=(area,))
    assert not unpack(data, masked, START + timedelta(seconds=60))
    street = Street()
    play(masked, lambda at_s: (street.picture(at_s), None), [60.0, 62.0])  # type: ignore[arg-type, return-value] # a scene
    own = pack(masked)
    assert own is not None
    assert unpack(own, Follower("T", unjudged=(area,)), START + timedelta(seconds=70))
    assert not unpack(own, Follower("T"), START + timedelta(seconds=70))
