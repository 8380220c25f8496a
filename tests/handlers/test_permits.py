"""What the register of stalls allows, in the pictures of the terminals that see it."""

from datetime import date, time
from pathlib import Path

import pytest

from fusion.cli.sites import demo_zone
from fusion.geo.place import ground_of
from fusion.handlers.permits import with_permits
from fusion.rules.zones import inside
from fusion.settings.site import Site, read_site
from fusion.types.place import GeoPoint
from fusion.types.stall import PERMITTED_STALL, PermittedPlace, Stall
from fusion.types.terminal import Terminal
from fusion.types.zone import TimeWindow, Zone

TODAY = date(2026, 11, 24)
MORNING = TimeWindow(time(6), time(9))
FOOT = (0.5, 0.7)


@pytest.fixture(scope="module")
def site() -> Site:
    return read_site(Path(demo_zone()))


def at_foot(terminal: Terminal) -> GeoPoint:
    ground = ground_of(terminal)
    place = ground.place_of(FOOT) if ground else None
    assert place is not None
    return place.point


def a_stall(point: GeoPoint, **more: object) -> Stall:
    place = PermittedPlace(point=point, radius_m=2.0, windows=(MORNING,))
    return Stall(id="S-1", vendor="王建国", sells="早餐", places=(place,), **more)  # type: ignore[arg-type]  # dates


def permits(terminal: Terminal) -> list[Zone]:
    return [zone for zone in terminal.zones if zone.kind == PERMITTED_STALL]


def test_a_permitted_place_is_a_zone_with_its_hours_where_the_terminal_sees_it(site: Site) -> None:
    first, *others = with_permits(site.terminals, [a_stall(at_foot(site.terminals[0]))], TODAY)
    (zone,) = permits(first)
    assert inside(FOOT, zone.polygon)
    assert not inside((0.5, 0.95), zone.polygon)
    assert zone.windows == (MORNING,)
    assert "王" not in zone.name
    assert all(0 <= share <= 1 for corner in zone.polygon for share in corner)
    unseen = [t for t in others if t.zones == next(x for x in site.terminals if x.id == t.id).zones]
    assert len(unseen) >= len(others) - 3


def test_a_permit_that_has_run_out_and_a_place_behind_the_camera_are_no_zones(site: Site) -> None:
    here = at_foot(site.terminals[0])
    behind = GeoPoint(*(2 * a - b for a, b in zip(site.terminals[0].point, here, strict=True)))
    for stall in (a_stall(here, valid_until=date(2026, 11, 23)), a_stall(here, valid_from=date(2026, 11, 25))):
        assert with_permits(site.terminals, [stall], TODAY) == site.terminals
    assert permits(with_permits(site.terminals[:1], [a_stall(behind)], TODAY)[0]) == []


def test_a_withdrawn_permit_takes_its_zones_away_again(site: Site) -> None:
    given = with_permits(site.terminals, [a_stall(at_foot(site.terminals[0]))], TODAY)
    assert with_permits(given, [], TODAY) == site.terminals
