"""What can be set about following. The defaults are physical: seconds, own sizes, shares."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration

PERSON = "person"
VEHICLES = frozenset({"bicycle", "car", "motorcycle", "bus", "truck", "train"})
#: What a detector may name that belongs to a stall: followed, each class for itself.
GOODS = frozenset(
    {
        "umbrella", "dining table", "chair", "bench", "suitcase", "potted plant", "bowl", "bottle", "cup",
        "banana", "apple", "orange", "broccoli", "carrot", "cake", "donut", "hot dog", "sandwich", "pizza",
    }
)  # fmt: skip


def group_of(class_name: str) -> str | None:
    """What a class is followed as; None: not followed."""
    if class_name == PERSON:
        return PERSON
    if class_name in VEHICLES:
        return "vehicle"
    return class_name if class_name in GOODS else None


Share = Annotated[float, Field(gt=0, lt=1)]


class TrackConfig(Config):
    """How detections become tracks."""

    start_score: Share = 0.4  #: a detection that begins a track
    keep_score: Share = 0.2  #: one that continues it
    life: Share = 0.1  #: of its box that must differ from the background before it counts as more than scenery
    empty: Share = 0.1  #: less than this that differs where it was: it left
    speed: Annotated[float, Field(gt=0)] = 1.0  #: own sizes a second that a walker makes (1.0: 1.7 m/s)
    stay_sizes: Annotated[float, Field(gt=0)] = (
        0.45  #: own sizes within which it stays (0.45: three quarters of a metre)
    )
    calm: Share = 0.35  #: of its pixels that must stay the same over gaps of more than a second
    leave_sizes: Annotated[float, Field(gt=0)] = 1.3  #: further from where it stayed: it left at once
    step_aside: Duration = timedelta(seconds=4)  #: further than `stay_sizes` for so long: it left too
    stay_after: Duration = timedelta(seconds=2)
    hidden: Duration = timedelta(seconds=3)  #: how long a moving track may be unseen
    hidden_staying: Duration = timedelta(seconds=30)  #: and one that stays
    step_s: Annotated[float, Field(ge=0)] = 0.4  #: at most one entry of the path in so many seconds
    most: Annotated[int, Field(ge=1, le=1000)] = 120  #: tracks at a time
    remember: Annotated[int, Field(ge=1, le=1000)] = 60  #: tracks that left


class ResidueConfig(Config):
    """How static blobs become residues."""

    still_after: Duration = timedelta(seconds=1)  #: unchanged for so long: a candidate
    least_share: Share = 0.0006  #: of the picture; smaller is noise, a bird or a digit of the clock
    least_side: Share = 0.014  #: of the picture's width
    most_share: Share = 0.25  #: of the picture; larger is the light or the camera
    present: Share = 0.5  #: of its pixels that must look as they did
    gone: Share = 0.65  #: of its pixels that show the background again: it was taken away
    gone_after: Duration = timedelta(seconds=1)
    hidden: Duration = timedelta(minutes=5)  #: how long it may be out of sight before it is given up
    unexplained: Duration = timedelta(minutes=15)  #: a thing that nobody brought becomes background
    brought: Duration = timedelta(hours=24)  #: and one that somebody brought
    absorb: Duration = timedelta(seconds=45)  #: what is too small, thin, or only light becomes background
    most: Annotated[int, Field(ge=1, le=1000)] = 48  #: residues at a time


class FollowerConfig(Config):
    """How one terminal is followed."""

    width_px: Annotated[int, Field(ge=64, le=1920)] = 480  #: working width; a narrower picture keeps its own
    tracks: TrackConfig = TrackConfig()
    residues: ResidueConfig = ResidueConfig()
    look_again: Duration = timedelta(seconds=2)  #: where a detector looks although nothing moves, while somebody stays
    compare_each: Duration = timedelta(seconds=90)  #: where a change gate sees nothing, compare at least so often
    compare_settled: Duration = timedelta(seconds=20)  #: the same where something has been lying for a while
    most_interests: Annotated[int, Field(ge=1, le=64)] = 12
