"""Each trouble of a picture: a perturbed clip that shows it found, and what looks like it found silent."""

from datetime import timedelta

import pytest

from fusion.ingest.troubles.picture import PictureTroubles
from fusion.ingest.troubles.policy import PicturePolicy, TroublePolicy
from fusion.types.terminal import TroubleKind

from . import scenes
from .scenes import Camera, Happening, clip, clip_names, small_of

BEFORE_S = 90
CLIPS = ("stall_cart", "night", "rain")


def watching(name: str, **more: float) -> Camera:
    """A camera that has been watched for a while, and is well."""
    camera = Camera(clip(name), **more)  # type: ignore[arg-type]  # floats are passed on by name
    assert camera.see(BEFORE_S) == {}
    return camera


@pytest.mark.parametrize("name", clip_names())
def test_a_clean_clip_is_silent_for_half_an_hour(name: str) -> None:
    assert Camera(clip(name), every_s=5, jitter_px=2.0).see(1800) == {}


@pytest.mark.parametrize("name", ["stall_tricycle", "rain"])
def test_a_looped_clip_without_any_added_noise_is_silent(name: str) -> None:
    assert Camera(clip(name), noise=0).see(600) == {}


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize(
    ("trouble", "kind", "within_s"),
    [
        (scenes.black, TroubleKind.BLACK, 20),
        (scenes.blinded, TroubleKind.OVER_EXPOSED, 25),
        (scenes.blurred(3.0), TroubleKind.BLURRED, 35),
        (scenes.cover(), TroubleKind.COVERED, 35),
        (scenes.cover(0.9, tone=45), TroubleKind.COVERED, 35),
        (scenes.moved(0.04), TroubleKind.MOVED, 35),
        (scenes.moved(-0.25, 0.05), TroubleKind.MOVED, 40),
        (scenes.moved(0.05, turn_deg=8), TroubleKind.MOVED, 50),
        (scenes.moved(zoom=1.15), TroubleKind.MOVED, 50),
    ],
)
def test_a_trouble_is_found_with_its_beginning_and_ends_when_it_is_over(
    name: str, trouble: Happening, kind: TroubleKind, within_s: float
) -> None:
    camera = watching(name)
    began = camera.now
    found = camera.see(100, trouble)
    assert set(found) == {kind}
    assert found[kind][0] <= within_s
    assert camera.trouble(kind).since - began <= timedelta(seconds=10)
    camera.see(60)
    assert camera.told() == set()


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("clock", [False, True])
def test_a_frozen_picture_is_found_also_under_a_running_clock(name: str, clock: bool) -> None:
    camera = watching(name)
    began = camera.now
    found = camera.see(60, scenes.Frozen(clock=clock))
    assert set(found) == {TroubleKind.FROZEN}
    assert 20 <= found[TroubleKind.FROZEN][0] <= 40
    assert camera.trouble(TroubleKind.FROZEN).since - began <= timedelta(seconds=2)
    camera.see(40)
    assert camera.told() == set()


@pytest.mark.parametrize("name", ["stall_cart", "night", "rain", "chat"])
@pytest.mark.parametrize(
    "harmless",
    [
        scenes.lorry(0.4),
        scenes.lorry(0.6, right=True),
        scenes.crowd(80),
        scenes.light_switched(0.15),
        scenes.headlights,
        scenes.infra_red,
        scenes.grain(10),
        scenes.fog(20),
        scenes.gusts(25),
        scenes.blurred(0.8),
        scenes.moved(0.01),
    ],
    ids=["lorry", "lorry_60", "crowd", "light", "headlights", "infra_red", "grain", "fog", "gusts", "soft", "sagged"],
)
def test_what_passes_or_changes_the_light_is_no_trouble_and_neither_is_its_end(name: str, harmless: Happening) -> None:
    camera = watching(name)
    assert camera.see(150, harmless) == {}
    assert camera.see(60) == {}


@pytest.mark.parametrize("name", ["stall_cart", "night", "dump_truck"])
@pytest.mark.parametrize(("over_s", "stops_s", "share"), [(2, 0, 0.6), (6, 0, 0.6), (6, 60, 0.4), (6, 20, 0.9)])
@pytest.mark.parametrize("every_s", [0.2, 2.0])
def test_a_bus_that_passes_or_stops_does_not_move_the_camera(
    name: str, over_s: float, stops_s: float, share: float, every_s: float
) -> None:
    camera = watching(name)
    camera.every_s = every_s
    assert camera.see(over_s + stops_s, scenes.bus(share, over_s=over_s, stops_s=stops_s)) == {}
    camera.every_s = 2.0
    assert camera.see(60) == {}


def test_one_bus_after_another_is_still_no_trouble() -> None:
    camera = watching("stall_tricycle")
    bus = scenes.bus(0.6, over_s=8)
    assert camera.see(300, lambda luma, t: bus(luma, t % 10)) == {}


@pytest.mark.parametrize("name", ["chat", "dusk_parking"])
def test_dusk_with_growing_noise_is_no_trouble(name: str) -> None:
    camera = watching(name)
    camera.every_s = 5
    assert camera.see(600, scenes.dusk(180), scenes.grain(3)) == {}


def test_the_sentence_tells_the_shift_as_a_share_of_the_picture() -> None:
    camera = watching("chat")
    camera.see(50, scenes.moved(0.10, -0.04))
    trouble = camera.trouble(TroubleKind.MOVED)
    assert "10 % to the right" in trouble.en
    assert "7 % up" in trouble.en  # of the height: 0.04 of the width
    assert "向右 10%" in trouble.zh


def test_a_camera_that_looks_elsewhere_is_told_after_minutes() -> None:
    camera = watching("stall_cart")
    found = camera.see(400, scenes.turned_away(clip("dump_truck")))
    assert 240 <= found[TroubleKind.MOVED][0] <= 330
    assert "gone" in camera.trouble(TroubleKind.MOVED).en


def test_a_moved_view_is_learnt_and_the_trouble_ends_after_a_while() -> None:
    policy = TroublePolicy(picture=PicturePolicy(moved_told_for=timedelta(minutes=3)))
    camera = Camera(clip("chat"), policy=policy)
    camera.see(BEFORE_S)
    shift = scenes.moved(0.1)
    found = camera.see(400, shift)
    assert found[TroubleKind.MOVED][1] - found[TroubleKind.MOVED][0] == pytest.approx(180, abs=5)
    assert camera.see(120, shift) == {}
    assert TroubleKind.MOVED in camera.see(60)  # back is a shift too, now


def test_relearn_ends_moved_and_covered_at_once() -> None:
    camera = watching("chat")
    shift = scenes.moved(0.1)
    camera.see(50, shift)
    assert camera.told() == {TroubleKind.MOVED}
    camera.troubles.relearn()
    assert camera.told() == set()
    assert camera.see(200, shift) == {}


def test_a_view_that_is_moved_back_ends_the_trouble() -> None:
    camera = watching("night")
    camera.see(50, scenes.moved(-0.12))
    assert camera.told() == {TroubleKind.MOVED}
    assert camera.see(120)[TroubleKind.MOVED][1] <= 30


def test_a_kind_that_the_site_ignores_is_never_told() -> None:
    camera = Camera(clip("chat"), policy=TroublePolicy(ignored=frozenset({TroubleKind.MOVED})))
    camera.see(BEFORE_S)
    assert camera.see(120, scenes.moved(0.2)) == {}


def test_at_a_look_each_ten_seconds_a_shift_is_found_within_a_minute() -> None:
    camera = watching("rain", every_s=10.0)
    assert camera.see(80, scenes.moved(0.08))[TroubleKind.MOVED][0] <= 60


def test_looks_five_times_a_second_do_not_hasten_a_trouble() -> None:
    camera = watching("chat")
    camera.every_s = 0.2
    assert camera.see(14, scenes.black) == {}
    assert camera.see(14, scenes.cover()) == {}


def test_the_still_pictures_between_keyframes_are_not_frozen() -> None:
    camera = watching("chat")
    assert camera.see(120, scenes.Frozen(), keyframe=False) == {}


def test_a_noiseless_scene_that_is_still_is_only_called_frozen_after_minutes() -> None:
    still = clip("chat")[:1]
    camera = Camera(still, noise=0)
    assert camera.see(240) == {}
    assert TroubleKind.FROZEN in camera.see(120)


def test_a_soft_camera_that_was_never_sharp_is_blurred() -> None:
    camera = Camera(clip("stall_cart"))
    camera.see(60, scenes.blurred(5))
    assert camera.told() == {TroubleKind.BLURRED}
    assert "never" in camera.trouble(TroubleKind.BLURRED).en


def test_a_burst_on_the_main_stream_does_not_disturb_what_is_known_of_the_sub_stream() -> None:
    camera = watching("chat")
    main = scenes.lumas_of(scenes.CLIPS / "stall_cart.main.mp4")[0]
    for _ in range(20):
        camera.troubles.judge(small_of(main), camera.now, luma=main)
        camera.now += timedelta(seconds=0.2)
    assert TroubleKind.BLURRED in camera.see(40, scenes.blurred(3))


def test_a_clock_that_is_set_back_raises_nothing_and_stops_nothing() -> None:
    camera = watching("stall_cart")
    camera.see(20, scenes.cover())
    camera.now -= timedelta(hours=3)
    assert camera.see(20, scenes.cover()) == {}
    assert TroubleKind.COVERED in camera.see(30, scenes.cover())


@pytest.mark.parametrize("size", [(1, 1), (17, 9), (40, 300), (176, 144)])
def test_odd_sizes_are_judged_as_far_as_can_be(size: tuple[int, int]) -> None:
    troubles = PictureTroubles(TroublePolicy())
    for look in range(20):
        plane = scenes.side_of_a_bus(size[1], size[0])
        troubles.judge(plane, scenes.START + timedelta(seconds=2 * look), luma=plane)
    assert troubles.troubles() == ()
