from collections.abc import Sequence

import numpy as np
import pytest

from fusion.tracking.background import Background, Difference
from fusion.tracking.reduced import reduce
from fusion.types.picture import Picture

from .street import Street

SIZE = (480, 270)
BAG = ((300, 200, 340, 240), 40)
ON_BAG = (slice(156, 174), slice(231, 249))  # the bag's middle in working size


def learnt(pictures: Sequence[tuple[float, Picture]]) -> tuple[Background, Difference]:
    background = Background()
    for at_s, picture in pictures:
        difference = background.look(reduce(picture, SIZE), at_s)
    return background, difference


def quiet(street: Street, seconds: int = 5) -> list[tuple[float, Picture]]:
    return [(float(s), street.picture(s)) for s in range(seconds)]


def test_an_empty_street_has_nothing_new() -> None:
    street = Street(noise=4)
    _, difference = learnt(quiet(street))
    assert difference.new.mean() < 0.002


@pytest.mark.parametrize("gain", [0.75, 0.9, 1.25])
def test_light_that_changes_at_once_is_nothing_new(gain: float) -> None:
    street = Street()
    _, difference = learnt([*quiet(street), (5.0, street.picture(5, gain=gain))])
    assert difference.new.mean() < 0.01


@pytest.mark.parametrize("shift", [(2, 0), (0, -2), (-2, 1)])
def test_a_camera_that_shakes_shows_nothing_new(shift: tuple[int, int]) -> None:
    street = Street()
    _, difference = learnt([*quiet(street), (5.0, street.picture(5, shift=shift))])
    assert difference.light is not None
    assert difference.light.dx_px == pytest.approx(shift[0] * 0.75, abs=0.4)
    assert difference.new.mean() < 0.01


@pytest.mark.parametrize("gap_s", [0.2, 2.0, 10.0])
def test_how_long_a_thing_has_lain_there_does_not_depend_on_the_rate_of_looks(gap_s: float) -> None:
    street = Street()
    later = [(5 + k * gap_s, street.picture(5 + k * gap_s, things=[BAG])) for k in range(4)]
    _, difference = learnt([*quiet(street), *later])
    assert difference.new[ON_BAG].mean() > 0.95
    assert np.median(difference.since_s[ON_BAG]) == pytest.approx(5.0, abs=0.01)


def test_what_stays_is_not_learnt_until_somebody_says_so() -> None:
    street = Street()
    stays = [(5.0 + k, street.picture(5 + k, things=[BAG])) for k in range(120)]
    background, difference = learnt([*quiet(street), *stays])
    assert difference.new[ON_BAG].mean() > 0.95
    mask = np.zeros(difference.new.shape, bool)
    mask[140:190, 215:265] = True
    background.absorb(mask, difference)
    after = background.look(reduce(street.picture(126, things=[BAG]), SIZE), 126.0)
    assert after.new[ON_BAG].mean() < 0.05


def test_the_ground_under_a_thing_follows_the_light_while_nobody_sees_it() -> None:
    street = Street()
    dusk = [(5.0 + k, street.picture(5 + k, things=[BAG], gain=1 - 0.004 * k)) for k in range(100)]
    _, difference = learnt([*quiet(street), *dusk, (106.0, street.picture(106, gain=0.6))])
    assert difference.new[ON_BAG].mean() < 0.2


def test_a_camera_that_was_turned_is_learnt_anew() -> None:
    street, elsewhere = Street(seed=1), Street(seed=2)
    elsewhere.ground += np.linspace(-60, 60, 640, dtype=np.float32)
    turned = [(5.0 + k, elsewhere.picture(5 + k)) for k in range(8)]
    background, difference = learnt([*quiet(street), *turned])
    assert background.restarts == 1
    assert difference.new.mean() < 0.01


def test_what_has_lain_there_for_many_hours_is_still_known_to_be_old() -> None:
    street = Street()
    looks = quiet(street)
    looks += [(5.0 + 600.0 * number, street.picture(number, things=[BAG])) for number in range(40)]
    _, difference = learnt(looks)
    assert difference.new[ON_BAG].all()
    age_s = looks[-1][0] - difference.since_s[ON_BAG]
    assert age_s.min() > 2 * 3600
    assert age_s.max() <= looks[-1][0]
