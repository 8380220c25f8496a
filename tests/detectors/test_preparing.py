"""A picture as a model's input: what the family is trained with, what the manifest says instead, and the way back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.detectors.manifest import ModelFacts
from fusion.detectors.preparing import Preparation, Preset

_sides = st.tuples(st.integers(1, 400), st.integers(1, 400))


def facts(**keys: object) -> ModelFacts:
    return ModelFacts.model_validate({"family": "f", "classes": ["person"], **keys})


def plain(blue: int = 10, green: int = 20, red: int = 30, size: tuple[int, int] = (8, 4)) -> np.ndarray:
    return np.full((size[1], size[0], 3), (blue, green, red), np.uint8)


def test_each_channel_has_its_own_mean_and_deviation_in_the_models_order() -> None:
    preset = Preset(channels="rgb", scale=0.1, mean=(1, 2, 3), std=(2, 4, 8))
    out = Preparation.of(facts(), preset, (8, 4))(plain())
    assert out.shape == (3, 4, 8)
    np.testing.assert_allclose(out[:, 0, 0], [(3 - 1) / 2, (2 - 2) / 4, (1 - 3) / 8], atol=1e-6)


def test_a_manifest_that_says_anything_of_the_scaling_says_all_of_it() -> None:
    preset = Preset(scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))
    np.testing.assert_array_equal(Preparation.of(facts(shift=1.0), preset, (8, 4))(plain())[:, 0, 0], [31, 21, 11])
    own = facts(mean=[10, 20, 30], std=[10, 10, 10], channels="bgr")
    np.testing.assert_array_equal(Preparation.of(own, preset, (8, 4))(plain())[:, 0, 0], [0, 0, 0])


def test_the_layout_is_planes_or_pixels() -> None:
    planes = Preparation.of(facts(channels="bgr"), Preset(), (8, 4))(plain())
    pixels = Preparation.of(facts(channels="bgr", layout="nhwc"), Preset(), (8, 4))(plain())
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, planes.transpose(1, 2, 0))


@pytest.mark.parametrize(
    ("fit", "rows"),
    [("stretch", [10] * 8), ("letterbox", [7, 7, 10, 10, 10, 10, 7, 7]), ("corner", [10] * 4 + [7] * 4)],
)
def test_a_wide_picture_is_squashed_or_padded_around_or_below(fit: str, rows: list[int]) -> None:
    out = Preparation.of(facts(fit=fit, pad=7, channels="bgr"), Preset(), (8, 8))(plain(size=(16, 8)))
    np.testing.assert_array_equal(out[0, :, 0], rows)


@settings(deadline=None)  # a loaded machine is no fault
@given(_sides, _sides, st.sampled_from(["stretch", "letterbox", "corner"]))
def test_the_picture_lies_in_the_input_where_boxes_come_back_from(
    picture: tuple[int, int], model: tuple[int, int], fit: str
) -> None:
    preparation = Preparation.of(facts(fit=fit, pad=0, channels="bgr"), Preset(), model)
    shown = preparation(plain(200, 200, 200, picture))[0] > 0
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    box = np.array([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]], np.float32)
    np.testing.assert_allclose(preparation.back(box, picture), [[0, 0, *picture]], atol=0.01)


def test_a_small_picture_is_enlarged_smoothly_and_not_by_repeating_pixels() -> None:
    edge = np.zeros((126, 126, 3), np.uint8)
    edge[:, 63:] = 255
    assert len(np.unique(Preparation.of(facts(), Preset(), (300, 300))(edge)[0, 150])) > 3
