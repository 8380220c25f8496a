import numpy as np
import pytest

from fusion.detectors.manifest import find_model
from fusion.teaching.crops import part_of
from fusion.teaching.embedder import MODEL, TAP, Backbone, Embedder, with_outputs
from fusion.types.errors import SiteError
from fusion.types.sighting import Box

from .crops import CARS, STALLS, crops_of


def test_a_vector_is_the_same_each_time_and_tells_a_stall_from_a_car(embedder: Embedder) -> None:
    stalls, cars = crops_of(STALLS, "stall"), crops_of(CARS, "parked_car")
    first, second, other = (embedder.embed(one.crop) for one in (stalls[0], stalls[1], cars[0]))
    assert first.shape == (embedder.width,) == (1280,)
    assert first.dtype == np.float32
    assert np.array_equal(first, embedder.embed(stalls[0].crop))
    assert np.linalg.norm(first - second) < np.linalg.norm(first - other)


def test_the_shipped_file_is_not_changed_by_declaring_an_inner_tensor() -> None:
    model = find_model(MODEL)
    data = model.read()
    edited = with_outputs(data, [TAP])
    assert edited != data
    assert model.read() == data
    assert model.fault is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cannot embed"),
        (b"\x3a\xff\xff\xff\x7f", "cut off"),
        (b"no model at all", "wanted"),
    ],
)
def test_a_file_without_that_tensor_is_refused_by_name(data: bytes, why: str) -> None:
    with pytest.raises(SiteError, match="model other: cannot embed") as refused:
        Embedder(Backbone("other", "0" * 64), data)
    assert why in str(refused.value)


def test_a_model_without_the_tensor_is_refused_with_what_is_wanted() -> None:
    with pytest.raises(SiteError, match=r"wanted: a tensor clip_9999 \[N, C, H, W\]"):
        Embedder(Backbone("other", "0" * 64, "clip_9999"), find_model(MODEL).read())


@pytest.mark.parametrize(
    "box", [Box(0, 0, 1, 1), Box(-0.1, 0.9, 0.05, 1.1), Box(0.5, 0.5, 0.5, 0.5), Box(0.9, 0.1, 0.99, 0.9)]
)
@pytest.mark.parametrize("size_px", [(640, 360), (101, 37), (2, 2)])
def test_a_part_lies_within_the_picture_whatever_the_box(box: Box, size_px: tuple[int, int]) -> None:
    part = part_of(size_px, box)
    assert 0 <= part.left < part.right <= size_px[0]
    assert 0 <= part.top < part.bottom <= size_px[1]
    assert part.left % 2 == part.top % 2 == 0
