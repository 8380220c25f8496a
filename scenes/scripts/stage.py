"""The stage: scripts put people and things on it; it hands out numbers and dice."""

from collections.abc import Callable, Sequence

import numpy as np

from scenes import lighting, props, vehicles
from scenes.actors import BEHIND_M, FAR_M, Course, Walker
from scenes.lighting import Light
from scenes.meshes import Mesh
from scenes.people import Looks, somebody
from scenes.poses import Arms
from scenes.scripts.script import Event, Happening, PermittedPlace, Placement, Point, Prop, Script, Where, driven, fixed
from scenes.setting import Setting

_ABREAST_Y_M = 12.0  #: where the camera sees people best
_FIRST_PROP = 100
KERB_LANE = (-0.4, 0.2)  #: x of people who pass where nothing stands


class Stage:
    """One scene while it is being written."""

    def __init__(self, kind: str, seed: int, setting: Setting, rng: np.random.Generator, duration_s: float) -> None:
        self.kind, self.seed, self.setting, self.rng, self.duration_s = kind, seed, setting, rng, duration_s
        self.walkers: list[Walker] = []
        self.props: list[Prop] = []
        self.names: dict[int, str] = {}
        self.events: list[Event] = []
        self.happenings: list[Happening] = []
        self.permitted: list[PermittedPlace] = []
        self.light: Callable[[float], Light] = lambda _time_s: setting.base
        self.switches_to_infrared_s = np.inf
        self._next_prop = _FIRST_PROP
        self.ahead = -1 if setting.mirrored else 1  #: where the near lane leads: away from the camera, or to it
        self.near_lane_x, self.far_lane_x = -3.4, (-5.2 if setting.street.kind == "village_lane" else -7.3)

    def between(self, low: float, high: float) -> float:
        """A number by lot, to the hundredth."""
        return round(float(self.rng.uniform(low, high)), 2)

    def dice(self) -> int:
        """A seed for a prop."""
        return int(self.rng.integers(1000))

    def colour(self) -> tuple[float, float, float]:
        """A vehicle's colour."""
        r, g, b = ((0.55, 0.56, 0.58), (0.03, 0.03, 0.035), (0.3, 0.03, 0.03), (0.05, 0.1, 0.3), (0.25, 0.26, 0.27),
                   (0.6, 0.6, 0.58), (0.3, 0.25, 0.15))[int(self.rng.integers(7))]  # fmt: skip
        return r, g, b

    def person(self, course: Course, looks: Looks | None = None, **habits: object) -> Walker:
        """Somebody more on the stage."""
        walker = Walker(looks or somebody(self.rng), len(self.walkers) + 1, course, **habits)  # type: ignore[arg-type]
        self.walkers.append(walker)
        self.names[walker.label] = "person"
        return walker

    def prop(self, name: str, mesh: Mesh, where: Where, *, smooth: bool = False) -> int:
        """A thing more; without a name it is not reported. Gives its label."""
        label = 0
        if name:
            label = self._next_prop
            self._next_prop += 1
            self.names[label] = name
        self.props.append(Prop(label, mesh, where, smooth))
        return label

    def part(self, label: int, mesh: Mesh, where: Where) -> None:
        """Another mesh of a thing that is there already."""
        self.props.append(Prop(label, mesh, where))

    def tell(self, kind: str, start_s: float, box_ids: Sequence[int], at: Point, left_s: float | None = None) -> None:
        """Something that should be told."""
        self.events.append(Event(kind, round(start_s, 2), tuple(box_ids), at, left_s))

    def note(self, name: str, start_s: float, end_s: float, box_ids: Sequence[int] = ()) -> None:
        """Something that should not be told."""
        self.happenings.append(Happening(name, max(0.0, round(start_s, 2)), round(end_s, 2), tuple(box_ids)))

    def passers(
        self, count: int, lanes: tuple[float, float] = KERB_LANE, arms: Arms | None = None, speed: float = 1.3
    ) -> list[Walker]:
        """People who walk through, spread over the clip."""
        found = []
        for index in range(count):
            abreast_s = self.duration_s * (index + self.between(0.2, 0.8)) / count
            found.append(self.passer(self.between(*lanes), abreast_s, arms=arms, speed=speed * self.between(0.9, 1.12)))
        return found

    def passer(
        self, x: float, abreast_s: float, *, away: bool | None = None, speed: float = 1.3, arms: Arms | None = None
    ) -> Walker:
        """Somebody who passes y = 12 at a time."""
        away = bool(self.rng.random() < 0.5) if away is None else away
        start, end = (BEHIND_M, FAR_M) if away else (FAR_M, BEHIND_M)
        start_s = abreast_s - abs(start - _ABREAST_Y_M) / speed
        return self.person(Course(speed, ((start_s, x, start), (start_s, x, end)), leaves=True), arms=arms)

    def visitor(
        self,
        spot: Point,
        stays_s: tuple[float, float],
        *,
        lane_x: float = 0.2,
        faces_deg: float = 90.0,
        gesture: float = 0.6,
        speed: float = 1.3,
    ) -> Walker:
        """Somebody who comes along a lane, stands at a spot from one time to another, and goes."""
        comes_away, goes_away = (bool(self.rng.random() < 0.5) for _ in range(2))
        x, y = spot
        coming, going = (BEHIND_M if comes_away else FAR_M), (FAR_M if goes_away else BEHIND_M)
        turn_in, turn_out = y + (-1.2 if comes_away else 1.2), y + (1.2 if goes_away else -1.2)
        path_m = abs(coming - turn_in) + float(np.hypot(lane_x - x, turn_in - y))
        start_s, go_s = stays_s[0] - path_m / speed, stays_s[1]
        points = (
            (start_s, lane_x, coming), (start_s, lane_x, turn_in), (start_s, x, y),
            (go_s, lane_x, turn_out), (go_s, lane_x, going),
        )  # fmt: skip
        return self.person(Course(speed, points, leaves=True), faces_deg=faces_deg, gesture=gesture)

    def parked(self, count: int = 1) -> None:
        """Cars that stand at the kerb from beginning to end, beyond where things happen."""
        for index in range(count):
            mesh = (vehicles.car, vehicles.van)[int(self.rng.random() < 0.25)](self.colour())
            y = 18.5 + 6.5 * index + self.between(0, 1.5)
            self.prop("car", mesh, fixed(-2.15, y, 180.0 if self.ahead > 0 else 0.0))

    def traffic(self, count: int, *, lights_on: bool = False) -> list[tuple[int, Course]]:
        """Cars that drive by on both lanes, spread over the clip: (label, course) of each."""
        found = []
        for index in range(count):
            way, x = (self.ahead, self.near_lane_x) if self.rng.random() < 0.5 else (-self.ahead, self.far_lane_x)
            mesh = vehicles.car(self.colour(), lights_on=lights_on) if self.rng.random() < 0.75 else vehicles.truck()
            abreast_s = self.duration_s * (index + self.between(0.2, 0.8)) / count
            found.append(self.drives_by(mesh, x, way, abreast_s, self.between(5.5, 8.5)))
        return found

    def drives_by(self, mesh: Mesh, x: float, way: int, abreast_s: float, speed: float) -> tuple[int, Course]:
        """A vehicle that passes y = 12 at a time; `way` 1 leads away from the camera."""
        start, end = (-25.0, 80.0) if way > 0 else (80.0, -25.0)
        start_s = abreast_s - abs(start - _ABREAST_Y_M) / speed
        course = Course(speed, ((start_s, x, start), (start_s, x, end)), leaves=True)
        return self.prop("car", mesh, driven(course, 180.0 if way > 0 else 0.0)), course

    def umbrella(
        self,
        foot: Point,
        opens_s: float,
        *,
        radius: float = 1.25,
        height: float = 2.45,
        comes: Where | None = None,
        closes_s: float = np.inf,
        gone_s: float = np.inf,
        z: float = 0.0,
    ) -> int:
        """A big umbrella over a stall: its canopy is reported, its pole is not."""
        pairs = (((0.55, 0.03, 0.03), (0.7, 0.62, 0.5)), ((0.03, 0.1, 0.4), (0.6, 0.6, 0.6)), ((0.05, 0.3, 0.1),) * 2,
                 ((0.6, 0.35, 0.02), (0.6, 0.1, 0.02)), ((0.5, 0.48, 0.42),) * 2)  # fmt: skip
        canopy, pole = props.umbrella(radius, height, pairs[int(self.rng.integers(len(pairs)))])

        def open_share(time_s: float) -> float:
            share = min(np.clip((time_s - opens_s) / 2, 0, 1), np.clip((closes_s - time_s) / 2, 0, 1))
            return round(float(share) * 0.93 + 0.07, 3)

        def at(time_s: float) -> Placement | None:
            if time_s >= gone_s:
                return None
            place = comes(time_s) if comes else None
            if comes and place is None:
                return None
            x, y = (place.x + foot[0], place.y + foot[1]) if place else foot
            share = open_share(time_s)
            return Placement(x, y, z, 0.0, (share, share, 1.0))

        def pole_at(time_s: float) -> Placement | None:
            place = at(time_s)
            return None if place is None else Placement(place.x, place.y, z)

        label = self.prop("umbrella", canopy, at)
        self.prop("", pole, pole_at)
        return label

    def lamp_at(self, x: float, y: float, z: float, from_s: float, strength: float = 2.2) -> None:
        """A lamp that somebody brings and switches on."""
        before, colour = self.light, (strength, strength * 0.9, strength * 0.7)
        ground = self.setting.street.ground_z(x, y)
        lamp = lighting.Lamp((x, y, ground + z), colour)

        def light(time_s: float) -> Light:
            now = before(time_s)
            return lighting.with_lamps(now, (lamp,)) if time_s >= from_s else now

        self.light = light

    def script(self, *, hard: bool) -> Script:
        """What was written."""
        return Script(
            self.kind, self.seed, hard, self.duration_s, self.setting, tuple(self.walkers), tuple(self.props),
            self.names, self.light, tuple(self.events), tuple(self.happenings), tuple(self.permitted),
            self.switches_to_infrared_s,
        )  # fmt: skip
