"""Which family a file is of, found by starting it as each: the lines that a site puts into its YAML."""

from itertools import product
from pathlib import Path

from fusion.detectors import detr, nanodet, ssd, yolo, yolox  # noqa: F401 - the shipped families register themselves
from fusion.detectors.base import Detector, load
from fusion.detectors.coco import LISTS
from fusion.detectors.manifest import OwnModel
from fusion.types.errors import SiteError

_USUAL_PX = (640, 640)  #: for a model that takes any size


def suggestions(path: Path) -> list[OwnModel]:
    """The families and well-known class lists whose outputs are what the file gives, each as a site would write it.

    Raises:
        SiteError: it is no model, or fits none; with what it takes and gives.
    """
    fitting, refusals = list[OwnModel](), set[str]()
    for family, classes in product(sorted(Detector.families), sorted(LISTS)):
        for size_px in (None, _USUAL_PX):
            own = OwnModel(file=path.name, family=family, classes=LISTS[classes], size_px=size_px)
            try:
                load(own.found(path.parent))
            except SiteError as error:
                refusals.add(str(error).partition("; wanted")[0])
                if "takes any size" in str(error):
                    continue
            else:
                fitting.append(own)
            break
    if not fitting:
        families = ", ".join(sorted(Detector.families))
        found = next((one for one in sorted(refusals) if ": outputs " in one), max(refusals))
        raise SiteError(
            f"{found}; wanted: what one of {families} gives for COCO's classes, or own_model with its classes"
        )
    # A query is whatever gives a class and a box: it says less than a family with anchors of its own.
    return [own for own in fitting if own.family != "detr"] or fitting


def lines(own: OwnModel) -> list[str]:
    """The YAML of a suggestion; a well-known list goes by its name."""
    name = next(name for name, classes in LISTS.items() if classes == own.classes)
    size = [f"size_px: {list(own.size_px)}"] if own.size_px else []
    return [f"file: {own.file}", f"family: {own.family}", f"classes: {name}", *size]
