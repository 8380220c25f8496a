import pytest

from fusion.detectors import ssd  # noqa: F401 - the family of the shipped model registers itself
from fusion.detectors.base import Detector, load
from fusion.detectors.manifest import find_model


@pytest.fixture(scope="session")
def shipped() -> Detector:
    """The shipped model, at the scores that the judging chain reads."""
    return load(find_model("ssdlite_mobilenet_v2_coco"), least_score=0.2)
