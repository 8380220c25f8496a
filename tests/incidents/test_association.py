"""Which signals speak of one thing."""

import pytest

from fusion.types.sighting import Box

from .saying import Desk, said


def test_what_a_camera_tells_again_under_the_same_name_is_one_thing() -> None:
    desk = Desk()
    desk.hear(said(0), said(10, since_s=0), said(20, since_s=0))
    (thing,) = desk.things
    assert thing.signals == 3
    assert len(desk.cases) == 1


def test_a_name_counts_only_while_what_it_names_is_there() -> None:
    # A tracker that was started again gives "P1" to the first thing it sees.
    desk = Desk()
    desk.hear(said(0), said(60, since_s=55, east_m=60, box=Box(0.8, 0.8, 0.9, 0.9)))
    assert len(desk.things) == 2


def test_a_thing_that_vanishes_for_two_minutes_is_the_same() -> None:
    desk = Desk()
    desk.hear(said(0), said(120, thing="Z/P2"))
    assert len(desk.things) == 1


def test_a_thing_that_was_away_for_longer_is_a_new_incident() -> None:
    desk = Desk()
    desk.hear(said(0), said(121, thing="Z/P2"))
    assert len(desk.things) == 2


def test_two_cameras_whose_places_agree_speak_of_one_thing() -> None:
    desk = Desk()
    desk.hear(said(0), said(3, source="T-2", east_m=10, uncertainty_m=3))
    (thing,) = desk.things
    assert thing.source_ids == ("T-1", "T-2")


def test_two_cameras_whose_places_differ_by_more_than_they_err_speak_of_two_things() -> None:
    desk = Desk()
    desk.hear(said(0), said(3, source="T-2", east_m=15, uncertainty_m=3))
    assert len(desk.things) == 2


def test_vague_places_are_not_one_thing_because_they_are_vague() -> None:
    desk = Desk()
    desk.hear(said(0, uncertainty_m=50), said(3, source="T-2", east_m=60, uncertainty_m=50))
    assert len(desk.things) == 2


def test_an_uncalibrated_camera_tells_its_things_apart_by_their_boxes() -> None:
    left, right = Box(0.05, 0.4, 0.15, 0.6), Box(0.8, 0.4, 0.9, 0.6)
    desk = Desk()
    desk.hear(said(0, uncertainty_m=50, box=left), said(1, thing="Z/P2", uncertainty_m=50, box=right))
    assert len(desk.things) == 2
    desk.hear(said(5, thing="Z/P3", uncertainty_m=50, box=Box(0.16, 0.42, 0.25, 0.6)))  # beside the left one
    assert len(desk.things) == 2


def test_two_stalls_ten_metres_apart_stay_two_though_a_second_camera_sees_both() -> None:
    near, far = Box(0.1, 0.5, 0.3, 0.9), Box(0.32, 0.4, 0.4, 0.55)
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)):
        told = [
            said(0, box=near),
            said(1, thing="Z/P2", east_m=10, box=far),
            said(2, source="T-2", thing="Z/P1", east_m=1, box=far),
            said(3, source="T-2", thing="Z/P2", east_m=11, box=near),
        ]
        desk = Desk()
        desk.hear(*(told[i] for i in order))
        assert len(desk.things) == len(desk.cases) == 2


@pytest.mark.parametrize("kind", ["waste_dumping", "loitering"])
def test_different_kinds_at_one_place_are_different_things(kind: str) -> None:
    desk = Desk()
    desk.hear(said(0), said(1, kind=kind))
    assert len(desk.things) == 2


def test_two_reports_without_a_picture_are_one_by_their_places() -> None:
    desk = Desk()
    desk.hear(said(0, source="8890", thing="call-1", box=None, uncertainty_m=20))
    desk.hear(said(60, source="8890", thing="call-2", box=None, uncertainty_m=20, east_m=30))
    assert len(desk.things) == 1
