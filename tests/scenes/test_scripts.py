"""What a seed says, without drawing anything."""

import json

import numpy as np
import pytest

from scenes import truth
from scenes.camera import CAMERAS
from scenes.collection import NEGATIVES
from scenes.scripts import KINDS, Kind
from scenes.streets import STREETS

_SIZE_PX, _FPS = (640, 360), 5
_SEEDS = range(300, 306)
_NAMED = {
    "chat", "bus_queue", "sits", "vendor_passes", "stall_packs_up", "licensed_cart", "parked_car", "parked_bicycle",
    "bag_taken_along", "bin_put_out", "shadows", "wet_ground", "light_change", "leaves", "rain", "night_traffic",
}  # fmt: skip
_FIRST_KINDS = {"stall_cart", "stall_tricycle", "dump_bags", "dump_truck", "chat", "rain", "dusk_parking", "night"}


def _said(kind: str, seed: int) -> str:
    return json.dumps(truth.of_script(KINDS[kind].script(seed), _SIZE_PX, _FPS), sort_keys=True)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_truth_and_another_seed_another(kind: str) -> None:
    assert _said(kind, 300) == _said(kind, 300)
    assert _said(kind, 300) != _said(kind, 301)


def test_every_named_negative_is_a_kind_that_notes_it_and_tells_nothing() -> None:
    assert set(NEGATIVES) == _NAMED
    for name in _NAMED:
        script = KINDS[name].script(300)
        assert not script.events
        assert name in {happening.name for happening in script.happenings}


def test_the_kinds_of_the_demonstration_are_still_known() -> None:
    assert set(KINDS) >= _FIRST_KINDS


def test_both_events_come_in_easy_and_in_hard_forms() -> None:
    forms = {(kind.family, kind.hard) for kind in KINDS.values()}
    assert {(family, hard) for family in ("stall", "dumping") for hard in (False, True)} <= forms


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.family == "stall"], ids=lambda kind: kind.name
)
def test_a_stall_trades_for_at_least_half_a_minute_once_its_vendor_has_stopped(kind: Kind) -> None:
    for seed in _SEEDS:
        script = kind.script(seed)
        (event,) = script.events
        assert event.kind == "street_stall"
        assert event.left_s is None
        assert script.duration_s - event.start_s >= 30
        vendor = next(walker for walker in script.walkers if walker.label in event.box_ids)
        for time_s in np.arange(event.start_s + 1.5, script.duration_s, 0.5):  # out of his van by then
            place = vendor.course.at(time_s)
            assert place is not None
            assert np.hypot(place.x - event.at[0], place.y - event.at[1]) < 6.0


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.family == "dumping"], ids=lambda kind: kind.name
)
def test_what_was_dumped_lies_still_for_twenty_seconds_after_its_bringer_left(kind: Kind) -> None:
    for seed in _SEEDS:
        script = kind.script(seed)
        (event,) = script.events
        assert event.left_s is not None
        assert event.start_s <= event.left_s <= script.duration_s - 20
        for prop in (prop for prop in script.props if prop.label in event.box_ids):
            places = {prop.where(time_s) for time_s in np.arange(event.left_s, script.duration_s, 1.0)}
            assert len(places) == 1


@pytest.mark.parametrize("name", ["dump_bags", "dump_mattress", "dump_heap", "dump_dark"])
def test_nobody_who_bent_down_to_leave_something_is_near_once_left(name: str) -> None:
    for seed in _SEEDS:
        script = KINDS[name].script(seed)
        (event,) = script.events
        assert event.left_s is not None
        for bringer in (walker for walker in script.walkers if walker.bends):
            for time_s in np.arange(event.left_s, script.duration_s, 0.5):
                place = bringer.course.at(time_s)
                assert place is None or np.hypot(place.x - event.at[0], place.y - event.at[1]) > 3.0


def test_a_licensed_cart_stands_in_its_permitted_place_within_its_hours() -> None:
    for seed in _SEEDS:
        document = json.loads(_said("licensed_cart", seed))
        (permit,) = (zone for zone in document["zones"] if zone["kind"] == "permitted_stall")
        clock = document["starts_at"][11:16]
        assert any(start <= clock < end for start, end in permit["windows"])


def test_the_same_cart_after_hours_is_a_street_stall() -> None:
    for seed in _SEEDS:
        document = json.loads(_said("stall_after_hours", seed))
        (permit,) = (zone for zone in document["zones"] if zone["kind"] == "permitted_stall")
        assert not any(start <= document["starts_at"][11:16] < end for start, end in permit["windows"])
        assert document["events"]


def test_every_truth_has_both_zones_within_the_picture_and_large_enough_to_matter() -> None:
    for kind in KINDS:
        for seed in _SEEDS:
            document = json.loads(_said(kind, seed))
            for wanted in ("no_stall", "no_dumping"):
                polygon = np.array(next(zone["polygon"] for zone in document["zones"] if zone["kind"] == wanted))
                assert (polygon >= 0).all()
                assert (polygon <= 1).all()
                x, y = polygon.T
                assert abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2 > 0.02


def test_the_homography_leads_from_the_events_pixels_back_to_its_place_also_in_a_mirrored_picture() -> None:
    mirrored = set()
    for seed in _SEEDS:
        script = KINDS["dump_bags"].script(seed)
        document = truth.of_script(script, _SIZE_PX, _FPS)
        (event,), setting = script.events, script.setting
        ((u, v),) = setting.camera.project([(*event.at, setting.street.kerb_m)], _SIZE_PX)
        u = _SIZE_PX[0] - u if setting.mirrored else u
        x, y, w = np.array(document["homography"]) @ [u, v, 1]
        assert document["events"][0]["ground_m"] == pytest.approx([x / w, y / w], abs=0.02)
        mirrored.add(setting.mirrored)
    assert mirrored == {False, True}


def test_streets_and_cameras_are_as_many_and_people_as_small_and_large_as_promised() -> None:
    assert len({street.kind for street in STREETS.values()}) >= 4
    heights = [camera.person_px(1.2, 12.4, _SIZE_PX) for camera in CAMERAS.values()]
    assert len(heights) >= 6
    assert min(heights) < 50
    assert max(heights) > 145


def test_one_kind_is_many_scenes() -> None:
    settings = [KINDS["chat"].script(seed).setting for seed in range(300, 340)]
    assert {setting.sky[0] for setting in settings} == {"sun", "cloud", "dusk", "lamps", "infrared"}
    assert len({setting.fault for setting in settings}) == 5
    assert {setting.codec for setting in settings} == {"h264", "h265"}
    assert len({setting.street.kind for setting in settings}) == 4
