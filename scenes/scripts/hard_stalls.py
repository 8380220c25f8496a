"""Street stalls that are hard to see: hidden, small, in the dark, in rain, without what one knows a stall by."""

import numpy as np

from scenes import props
from scenes.actors import FAR_M, Course
from scenes.poses import carrying, squatting
from scenes.scripts.kinds import kind
from scenes.scripts.riders import cyclists
from scenes.scripts.script import PermittedPlace, fixed, held
from scenes.scripts.stage import Stage
from scenes.scripts.stalls import tricycle_at_night
from scenes.scripts.trade import cart_stall, customers
from scenes.setting import BRIGHT_CAMERAS, CLEAR, DARKNESS, DAYLIGHT, Allowed

_WET = (("cloud", "rain"), ("cloud", "rain"), ("lamps", "rain"))


@kind("stall", Allowed(DAYLIGHT, BRIGHT_CAMERAS), hard=True)
def stall_hidden(stage: Stage) -> None:
    """The vendor sits behind the cart, under a low umbrella that hides him."""
    stop_s, at = stage.between(8, 11), (stage.between(1.7, 1.95), stage.between(11.2, 12.6))
    stall = cart_stall(stage, stop_s, at, hidden=True)
    customers(stage, (at[0] - 1.0, at[1] - 0.3), stop_s + 8, 3)
    stage.passers(3, lanes=(-0.45, 0.1))
    stage.tell("street_stall", stop_s, stall.ids, at)


@kind("stall", Allowed(DAYLIGHT, BRIGHT_CAMERAS), hard=True)
def stall_no_umbrella(stage: Stage) -> None:
    """A lone cart without an umbrella; two customers in all."""
    stop_s, at = stage.between(9, 12), (stage.between(1.8, 2.1), stage.between(11.2, 13.0))
    stall = cart_stall(stage, stop_s, at, umbrella=False)
    customers(stage, (at[0] - 1.0, at[1] - 0.3), stop_s + 9, 2)
    stage.passers(3, lanes=(-0.45, 0.1))
    stage.parked()
    stage.tell("street_stall", stop_s, stall.ids, at)


@kind("stall", Allowed(DAYLIGHT, BRIGHT_CAMERAS), hard=True)
def stall_ground(stage: Stage) -> None:
    """A bundle is opened: goods in rows on a cloth on the ground, the vendor squats behind it."""
    stop_s, (x, y) = stage.between(8, 11), (stage.between(1.5, 1.9), stage.between(11.3, 12.8))
    speed, put_s = 1.3, stop_s + 1.5
    start_s = stop_s - (FAR_M - y) / speed
    squats_s = put_s + 3.5

    course = Course(
        speed,
        (
            (start_s, 1.4, FAR_M),
            (start_s, x - 0.7, y),
            (put_s + 0.8, x - 0.2, y + 1.0),
            (put_s + 0.8, x + 0.95, y + 0.3),
        ),
    )
    vendor = stage.person(
        course, faces_deg=-75, arms=carrying, arms_s=((-np.inf, put_s),), bends=((put_s - 0.8, put_s + 0.8),),
        poses=((squats_s, np.inf, lambda time_s: squatting(time_s, stage.seed)),),
    )  # fmt: skip
    stage.prop("bag", props.sack(stage.dice()), held(vendor, 0.42, 0.0, 0.65, put_s), smooth=True)
    goods = stage.prop("goods", props.spread(stage.dice()), fixed(x + 0.15, y, 90, from_s=put_s))
    customers(stage, (x - 0.75, y - 0.2), stop_s + 8, 4)
    stage.passers(3, lanes=(-0.45, 0.0))
    stage.tell("street_stall", stop_s, (vendor.label, goods), (x, y))


@kind("stall", Allowed((*CLEAR, ("dusk", "dry")), ("far", "roof", "wide")), hard=True)
def stall_far(stage: Stage) -> None:
    """A cart with an umbrella, far from the camera: people are 40 to 65 pixels tall."""
    stop_s, at = stage.between(9, 12), (stage.between(1.6, 2.1), stage.between(11.0, 14.0))
    stall = cart_stall(stage, stop_s, at)
    customers(stage, (at[0] - 1.0, at[1] - 0.3), stop_s + 6, 4)
    stage.passers(3, lanes=(-0.45, 0.1))
    stage.traffic(2)
    stage.tell("street_stall", stop_s, stall.ids, at)


@kind("stall", Allowed((*DARKNESS, ("dusk", "dry")), BRIGHT_CAMERAS), hard=True)
def stall_night(stage: Stage) -> None:
    """A three-wheeler with a table by the light of its own lamp."""
    tricycle_at_night(stage)


@kind("stall", Allowed(_WET, BRIGHT_CAMERAS), hard=True)
def stall_rain(stage: Stage) -> None:
    """A cart under a low umbrella in the rain; few come."""
    stop_s, at = stage.between(9, 12), (stage.between(1.8, 2.0), stage.between(11.2, 12.6))
    stall = cart_stall(stage, stop_s, at, low=True)
    if stage.setting.sky[0] == "lamps":
        stage.lamp_at(at[0] + 0.3, at[1] + 0.3, 1.8, stop_s + 2)
    customers(stage, (at[0] - 1.0, at[1] - 0.3), stop_s + 7, 3)
    stage.passers(3, lanes=(-0.45, 0.1), speed=1.6)
    stage.tell("street_stall", stop_s, stall.ids, at)


@kind(
    "stall",
    Allowed((("sun", "dry"), ("cloud", "dry"), ("cloud", "wet")), BRIGHT_CAMERAS, hours=(15.0, 18.0)),
    hard=True,
)
def stall_after_hours(stage: Stage) -> None:
    """A breakfast cart at its permitted place, but in the afternoon, when it is not permitted."""
    stop_s, at = stage.between(9, 12), (stage.between(1.8, 2.0), stage.between(11.6, 12.4))
    stall = cart_stall(stage, stop_s, at)
    stage.permitted.append(PermittedPlace((0.6, at[1] - 2.4), (3.1, at[1] + 2.0), (("06:00", "09:30"),)))
    customers(stage, (at[0] - 1.0, at[1] - 0.3), stop_s + 6, 4)
    stage.passers(3, lanes=(-0.45, 0.0))
    cyclists(stage, 1)
    stage.tell("street_stall", stop_s, stall.ids, at)
