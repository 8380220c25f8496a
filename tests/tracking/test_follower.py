from datetime import timedelta

import numpy as np
import pytest

from fusion.tracking.follower import Follower
from fusion.types.detections import Detections
from fusion.types.picture import Picture
from fusion.types.sighting import Box, Sighting

from .street import START, Rect, Street, play, seen

BAG: Rect = (300, 215, 345, 250)
SHOP: Rect = (290, 130, 330, 250)


def walker(x: float, bottom: int = 250) -> Rect:
    return round(x) - 20, bottom - 120, round(x) + 20, bottom


def times(end_s: float, gap_s: float) -> list[float]:
    return [k * gap_s for k in range(round(end_s / gap_s) + 1)]


def a_man_leaves_a_bag(street: Street, *, until_s: float = 1e9) -> object:
    """He comes from the left, is at the place from 6 s to 9 s, and is gone to the left by 12 s."""

    def scene(at_s: float) -> tuple[Picture, Detections]:
        x = min(30 + at_s * 45, 285) if at_s < 9 else 285 - (at_s - 9) * 80
        man = walker(x)
        things = [(BAG, 45)] if 7 <= at_s < until_s else []
        there = x > -20 and at_s > 1.4
        people = [(man, 75)] if there and man[0] > 0 else []
        return street.picture(at_s, things=[*things, *people]), seen(*(box for box, _ in people))

    return scene


@pytest.mark.parametrize("gap_s", [0.2, 0.5, 2.0])
def test_a_bag_that_stays_after_its_bringer_left_is_a_residue(gap_s: float) -> None:
    sightings = play(Follower("T"), a_man_leaves_a_bag(Street()), times(24, gap_s))  # type: ignore[arg-type] # a scene
    (residue,) = sightings[-1].residues
    assert residue.first_at - START == pytest.approx(timedelta(seconds=7), abs=timedelta(seconds=gap_s + 0.6))
    assert residue.bringer is not None
    assert residue.bringer_class == "person"
    assert residue.bringer_left_at is not None
    assert timedelta(seconds=8) <= residue.bringer_left_at - START <= timedelta(seconds=12)
    assert residue.box.left == pytest.approx(BAG[0] / 640, abs=0.02)
    assert residue.box.bottom == pytest.approx(BAG[3] / 360, abs=0.03)


def test_while_its_bringer_stands_beside_it_he_has_not_left() -> None:
    sightings = play(Follower("T"), a_man_leaves_a_bag(Street()), times(9, 0.5))  # type: ignore[arg-type] # a scene
    assert all(residue.bringer_left_at is None for residue in sightings[-1].residues)


def test_a_residue_that_is_taken_away_ends() -> None:
    sightings = play(Follower("T"), a_man_leaves_a_bag(Street(), until_s=20), times(24, 0.5))  # type: ignore[arg-type] # a scene
    assert sightings[38].residues
    assert not sightings[-1].residues


def test_who_passes_in_front_does_not_end_a_residue() -> None:
    street, before = Street(), a_man_leaves_a_bag(Street())

    def scene(at_s: float) -> tuple[Picture, Detections]:
        if at_s < 16:
            return before(at_s)  # type: ignore[operator,no-any-return] # a scene
        passer = walker(200 + (at_s - 16) * 60, bottom=270)
        return street.picture(at_s, things=[(BAG, 45), (passer, 180)]), seen(passer)

    sightings = play(Follower("T"), scene, times(21, 0.5))
    ids = {residue.id for sighting in sightings[28:] for residue in sighting.residues}
    assert len(ids) == 1
    assert all(sighting.residues for sighting in sightings[28:])


def test_what_was_there_from_the_start_and_is_taken_away_leaves_no_ghost() -> None:
    street = Street()

    def scene(at_s: float) -> tuple[Picture, Detections]:
        return street.picture(at_s, things=[(BAG, 45)] if at_s < 5 else []), seen()

    assert not any(sighting.residues for sighting in play(Follower("T"), scene, times(20, 0.5)))


def test_a_shadow_that_stays_is_no_thing() -> None:
    street = Street(noise=0.8)

    def scene(at_s: float) -> tuple[Picture, Detections]:
        return street.picture(at_s, shades=[((250, 180, 360, 230), 0.6)] if at_s > 5 else []), seen()

    sightings = play(Follower("T"), scene, times(30, 0.5))
    assert {residue.explained_as for sighting in sightings for residue in sighting.residues} <= {"shadow"}


def test_a_car_that_parks_is_explained() -> None:
    street = Street()
    car: Rect = (200, 180, 380, 280)

    def scene(at_s: float) -> tuple[Picture, Detections]:
        here = at_s >= 5
        return street.picture(at_s, things=[(car, 190)] if here else []), seen(*[car] * here, name="car")

    (residue,) = play(Follower("T"), scene, times(15, 0.5))[-1].residues
    assert residue.explained_as == "car"


def test_who_stands_still_is_no_residue_even_when_a_detector_misses_him_every_other_time() -> None:
    street = Street()

    def scene(at_s: float) -> tuple[Picture, Detections]:
        here = at_s >= 5
        found = here and round(at_s * 2) % 2 == 0
        return street.picture(at_s, things=[(SHOP, 70)] if here else []), seen(*[SHOP] * found)

    last = play(Follower("T"), scene, times(30, 0.5))[-1]
    assert {residue.explained_as for residue in last.residues} <= {"person"}
    (track,) = last.tracks
    assert track.stays_since is not None
    assert track.stays_since - START == pytest.approx(timedelta(seconds=5), abs=timedelta(seconds=1))


def standing(street: Street, intervals: list[tuple[float, float, int]], hidden: tuple[float, float]) -> object:
    """People (from, to, grey level) at one place; a board hides whoever is there for a while."""

    def scene(at_s: float) -> tuple[Picture, Detections]:
        people = [(SHOP, level) for start, end, level in intervals if start <= at_s < end]
        behind = hidden[0] <= at_s < hidden[1]
        board = [((270, 120, 350, 270), 220)] if behind else []
        return street.picture(at_s, things=[*people, *board]), seen(*[SHOP for _ in people if not behind])

    return scene


def persons(sightings: list[Sighting]) -> list[set[str]]:
    return [{track.id for track in sighting.tracks if track.class_name == "person"} for sighting in sightings]


def test_who_is_hidden_for_ten_seconds_is_not_a_new_one() -> None:
    scene = standing(Street(), [(5, 60, 70)], (20, 30))
    sightings = play(Follower("T"), scene, times(40, 0.5))  # type: ignore[arg-type] # a scene
    assert len(set().union(*persons(sightings))) == 1
    (track,) = sightings[-1].tracks
    assert track.stays_since is not None
    assert track.stays_since - START < timedelta(seconds=7)


def test_who_comes_after_another_left_is_a_new_one() -> None:
    scene = standing(Street(), [(5, 20, 70), (24, 60, 170)], (0, 0))
    sightings = play(Follower("T"), scene, times(40, 0.5))  # type: ignore[arg-type] # a scene
    assert len(set().union(*persons(sightings))) == 2
    assert not persons(sightings)[44]


@pytest.mark.parametrize("gap_s", [0.2, 0.5, 2.0])
def test_who_walks_does_not_stay(gap_s: float) -> None:
    street = Street()

    def scene(at_s: float) -> tuple[Picture, Detections]:
        man = walker(30 + at_s * 45)
        return street.picture(at_s, things=[(man, 70)]), seen(man)

    sightings = play(Follower("T"), scene, times(12, gap_s))
    assert all(track.stays_since is None for sighting in sightings for track in sighting.tracks)


def test_what_a_detector_names_in_the_background_is_scenery() -> None:
    street = Street()
    scarecrow: Rect = (100, 100, 140, 220)

    def scene(at_s: float) -> tuple[Picture, Detections]:
        return street.picture(at_s, things=[(scarecrow, 60)]), seen(scarecrow)

    assert not any(sighting.tracks for sighting in play(Follower("T"), scene, times(20, 0.5)))


def test_a_quiet_street_asks_no_detector() -> None:
    street, follower = Street(), Follower("T")
    asked = 0
    for k in range(40):
        picture = street.picture(k * 0.5)
        asked += bool(follower.interest(picture))
        follower.follow(picture, None)
    assert asked == 0


def test_following_a_picture_that_was_not_compared_is_refused() -> None:
    street, follower = Street(), Follower("T")
    with pytest.raises(ValueError, match="interest"):
        follower.follow(street.picture(0), None)


def test_a_picture_of_another_size_starts_afresh() -> None:
    street, follower = Street(), Follower("T")
    for k in range(4):
        picture = street.picture(float(k))
        follower.interest(picture)
        follower.follow(picture, None)
    half = Picture(
        "T",
        START + timedelta(seconds=9),
        np.ascontiguousarray(picture.y[::2, ::2]),
        np.ascontiguousarray(picture.u[::2, ::2]),
        np.ascontiguousarray(picture.v[::2, ::2]),
    )
    follower.interest(half)
    assert follower.follow(half, None).tracks == ()


def test_a_residue_outlasts_a_light_that_changes_everything() -> None:
    street, before = Street(), a_man_leaves_a_bag(Street())
    lamp = np.linspace(-70, 90, 640, dtype=np.float32)

    def scene(at_s: float) -> tuple[Picture, Detections]:
        if at_s < 16:
            return before(at_s)  # type: ignore[operator,no-any-return] # a scene
        picture = street.picture(at_s, things=[(BAG, 45)], gain=0.6)
        relit = np.clip(picture.y + lamp, 0, 255).astype(np.uint8)
        return Picture("T", picture.at, relit, picture.u, picture.v), seen()

    sightings = play(Follower("T"), scene, times(40, 0.5))
    assert {residue.id for residue in sightings[-1].residues} == {residue.id for residue in sightings[30].residues}


def test_where_the_gate_sees_nothing_the_background_is_still_learnt_now_and_then() -> None:
    street, follower = Street(), Follower("T")
    for k in range(60):
        picture = street.picture(float(k), gain=1 - 0.003 * k)
        assert follower.interest(picture, ()) == ()
        assert follower.follow(picture, None).residues == ()
    thing = street.picture(61.0, things=[(BAG, 45)], gain=0.82)
    (where,) = follower.interest(thing, (Box(0.45, 0.58, 0.55, 0.7),))[:1]
    assert where.left == pytest.approx(BAG[0] / 640, abs=0.03)


def test_where_a_thing_has_long_been_lying_and_the_gate_sees_nothing_it_is_still_there_at_no_cost() -> None:
    follower, street = Follower("T"), Street()
    scene = a_man_leaves_a_bag(street)
    play(follower, scene, times(60, 0.5))  # type: ignore[arg-type] # a scene
    asked = compared = 0
    for second in range(62, 122, 2):
        picture, _ = scene(float(second))  # type: ignore[operator] # a scene
        asked += bool(follower.interest(picture, ()))
        sighting = follower.follow(picture, None)
        (residue,) = sighting.residues
        assert residue.last_at == picture.at
        compared += not follower._quiet
    assert compared <= 6
    assert asked <= 4


def test_when_it_is_taken_away_the_gate_says_so_and_it_ends() -> None:
    follower, street = Follower("T"), Street()
    scene = a_man_leaves_a_bag(street, until_s=80)
    play(follower, scene, times(60, 0.5))  # type: ignore[arg-type] # a scene
    changes: dict[int, tuple[Box, ...]] = {80: (Box(0.46, 0.59, 0.54, 0.7),), 82: (Box(0.46, 0.59, 0.54, 0.7),)}
    shown = {}
    for second in range(62, 90, 2):
        picture, _ = scene(float(second))  # type: ignore[operator] # a scene
        follower.interest(picture, changes.get(second, ()))
        shown[second] = follower.follow(picture, None).residues
    assert shown[78]
    assert not shown[84]
