"""The gate on made-up luma: a street of texture, with what happens on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from fusion.ingest.change import Change, ChangeGate
from fusion.ingest.policy import ChangePolicy
from fusion.types.picture import Plane

START = datetime(2025, 5, 1, tzinfo=UTC)


class Street:
    """640x360, seen each 2 s, with a gate behind it."""

    def __init__(self, noise: float = 3.0, texture: int = 40) -> None:
        self._rng = np.random.default_rng(5)
        blocks = self._rng.integers(60, 60 + texture, (36, 64)).astype(np.float64)
        self.luma = blocks.repeat(10, axis=0).repeat(10, axis=1)
        self._noise = noise
        self._gate = ChangeGate(ChangePolicy())
        self._looks = 0

    def see(self, *things: tuple[int, int, int, int], gain: float = 1.0, shift: int = 0) -> Change:
        """Look at it with dark things at (left, top, right, bottom) px."""
        luma: np.ndarray[Any, Any] = np.roll(self.luma, shift, axis=1) * gain
        for left, top, right, bottom in things:
            luma[top:bottom, left:right] = 20 * gain
        luma = luma + self._rng.normal(0, self._noise, luma.shape)
        plane: Plane = np.clip(luma, 0, 255).astype(np.uint8)
        self._looks += 1
        return self._gate.judge(plane, START + timedelta(seconds=2 * self._looks))

    def settled(self) -> "Street":
        for _ in range(10):
            self.see()
        return self


@pytest.mark.parametrize("noise", [0.0, 3.0, 10.0, 25.0])
def test_noise_is_no_change(noise: float) -> None:
    street = Street(noise)
    assert [street.see().boxes for _ in range(30)] == [()] * 30


def test_the_first_picture_is_the_background() -> None:
    assert Street().see((100, 100, 200, 200)).boxes == ()


def test_a_block_that_moves_is_one_box_where_it_is() -> None:
    street = Street().settled()
    for left in range(100, 400, 60):
        change = street.see((left, 120, left + 40, 200))
        box = change.boxes[0]
        assert abs(box.left - left / 640) < 0.012
        assert abs(box.right - (left + 40) / 640) < 0.012
        assert abs(box.top - 120 / 360) < 0.02
        assert abs(box.bottom - 200 / 360) < 0.02
        assert not change.sudden
        assert 0.01 < change.share < 0.04


def test_a_far_person_is_seen_and_a_speck_is_not() -> None:
    street = Street().settled()
    assert len(street.see((300, 60, 311, 88)).boxes) == 1
    assert street.see((500, 200, 504, 204)).boxes == ()


def test_a_thing_that_stays_becomes_background_and_its_going_is_news() -> None:
    street = Street().settled()
    cart = (200, 150, 260, 220)
    assert street.see(cart).boxes
    assert any(not street.see(cart).boxes for _ in range(60))
    assert street.see().boxes


@pytest.mark.parametrize("gain", [0.5, 0.87, 1.15, 1.4])
def test_a_change_of_exposure_is_no_storm_of_boxes(gain: float) -> None:
    street = Street().settled()
    change = street.see(gain=gain)
    assert len(change.boxes) == 0
    assert change.sudden == (gain in {0.5, 1.4})
    assert not street.see(gain=gain).sudden


def test_a_person_is_still_seen_while_the_exposure_changes() -> None:
    street = Street().settled()
    assert len(street.see((300, 100, 340, 200), gain=1.15).boxes) == 1


def test_a_camera_that_was_moved_is_one_sudden_change_without_boxes() -> None:
    street = Street(texture=150).settled()
    change = street.see(shift=137)
    assert change.sudden
    assert change.boxes == ()
    assert change.share > 0.5
    after = street.see(shift=137)
    assert not after.sudden
    assert after.boxes == ()


def test_a_covered_lens_is_sudden() -> None:
    street = Street(texture=150).settled()
    assert street.see((0, 0, 640, 360)).sudden


def test_a_place_that_flickers_all_the_time_becomes_quiet() -> None:
    street = Street().settled()
    flag = (400, 40, 440, 80)
    seen = [bool(street.see(*[flag] * (look % 2)).boxes) for look in range(120)]
    assert any(seen[:4])
    assert not any(seen[-20:])


def test_many_small_changes_flow_together_into_few_boxes() -> None:
    street = Street().settled()
    leaves = [(x, y, x + 14, y + 14) for x in range(10, 600, 45) for y in range(10, 330, 45)]
    assert 0 < len(street.see(*leaves).boxes) <= ChangePolicy().most_boxes


def test_another_picture_size_begins_anew() -> None:
    gate = ChangeGate(ChangePolicy())
    for width in (640, 704, 321, 1):
        change = gate.judge(np.full((17, width), 90, np.uint8), START)
        assert change == Change((), 0.0, sudden=False)
