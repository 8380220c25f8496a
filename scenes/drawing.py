"""Turns what a script says of a moment into things to be drawn."""

import numpy as np

from scenes.actors import Walker
from scenes.bodies import body_of
from scenes.scripts.script import Placement, Prop, Script
from scenes.things import Thing


class Dresser:
    """Dresses one script; what has not moved is the same object again."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._last: dict[int, tuple[Placement, Thing]] = {}

    def street(self) -> list[Thing]:
        """What never moves."""
        setting = self._script.setting
        return [Thing(setting.street.make(np.random.default_rng(setting.street_seed)))]

    def things(self, time_s: float) -> list[Thing]:
        """People and props of a moment."""
        people = [thing for walker in self._script.walkers if (thing := self._person(walker, time_s))]
        props = [thing for index in range(len(self._script.props)) if (thing := self._prop(index, time_s))]
        return people + props

    def _person(self, walker: Walker, time_s: float) -> Thing | None:
        feet = walker.on(time_s)
        if feet is None:
            return None
        x, y, over_m = feet
        body, ground = body_of(walker.looks), self._script.setting.street.ground_z(x, y)
        posed = body.posed(walker.pose(time_s)).at((x, y, ground + over_m), walker.heading(time_s))
        return Thing(posed, walker.label, smooth=True, rest=body.rest)

    def _prop(self, index: int, time_s: float) -> Thing | None:
        prop = self._script.props[index]
        place = prop.where(time_s)
        if place is None:
            self._last.pop(index, None)
            return None
        before = self._last.get(index)
        if before is not None and before[0] == place:
            return before[1]
        thing = self._placed(prop, place)
        self._last[index] = (place, thing)
        return thing

    def _placed(self, prop: Prop, place: Placement) -> Thing:
        ground = self._script.setting.street.ground_z(place.x, place.y)
        mesh = prop.mesh.at((place.x, place.y, ground + place.z), place.yaw_deg, place.scale)
        return Thing(mesh, prop.label, prop.smooth, rest=prop.mesh.vertices)
