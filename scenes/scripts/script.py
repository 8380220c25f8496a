"""The parts of a script: its people, the things of a moment, its light, and what should be told of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scenes import lighting
from scenes.actors import Walker
from scenes.camera import Camera
from scenes.lighting import Light
from scenes.renderer import Thing
from scenes.scripts.cast import Cast
from scenes.street import Street

DURATION_S = 50.0

#: labels of people: who matters, and who only passes
PERSONS = dict.fromkeys((*range(1, 10), *range(20, 30)), "person")


@dataclass(frozen=True)
class Event:
    """One thing that should be told."""

    kind: str  #: street_stall or waste_dumping
    start_s: float  #: the stall stops, or the first thing is put down
    box_ids: Sequence[int]
    left_s: float | None = None  #: the bringer is more than 3 m away; dumping only


@dataclass(frozen=True)
class Script:
    """One scene of DURATION_S seconds."""

    street: Street
    camera: Camera
    walkers: Sequence[Walker]
    names: dict[int, str]  #: class by label; what has no name here is not reported
    props: Callable[[float], list[Thing]] = lambda _time_s: []
    still: Sequence[Thing] = field(default=())  #: stands there from the beginning to the end
    light: Callable[[float], Light] = lambda _time_s: lighting.DAY
    rain: float = 0.0  #: 0 none, 1 heavy
    events: Sequence[Event] = ()

    def things(self, time_s: float) -> list[Thing]:
        """Everything that is drawn at a moment, besides the street and what stands still."""
        moving = [thing for walker in self.walkers if (thing := walker.thing(time_s)) is not None]
        return moving + self.props(time_s)


Maker = Callable[[Cast], Script]
