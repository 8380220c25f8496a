import random

from fusion.rehearsal.walker import Walker, distance_m, point_within, towards, walker_in
from fusion.types.place import GeoPoint, Grid

A = GeoPoint(108.29, 22.85)
RING = (A, GeoPoint(108.30, 22.85), GeoPoint(108.30, 22.86), GeoPoint(108.29, 22.86), A)
GRID = Grid(id="R-01", name="一", kind="rural", parent_id=None, ring=RING)


def test_a_step_goes_its_metres_towards_the_goal_and_not_beyond_it() -> None:
    goal = GeoPoint(108.30, 22.86)
    assert abs(distance_m(A, towards(A, goal, 100.0)) - 100.0) < 0.01
    assert towards(A, goal, 1e6) == goal


def test_a_hundred_metres_east_and_north_are_as_long_as_they_are() -> None:
    assert abs(distance_m(A, GeoPoint(A.lon, A.lat + 0.001)) - 111.3) < 1
    assert abs(distance_m(A, GeoPoint(A.lon + 0.001, A.lat)) - 102.6) < 1


def test_a_worker_strolls_within_the_grid_for_an_hour() -> None:
    walker = walker_in(GRID, random.Random(3))  # noqa: S311 - a seeded stroll
    for _ in range(360):
        before = walker.point
        after = walker.walk(10.0)
        assert distance_m(before, after) <= 13.01
        assert 108.29 <= after.lon <= 108.30
        assert 22.85 <= after.lat <= 22.86


def test_a_worker_who_hurries_is_there_in_time_and_strolls_on_from_there() -> None:
    rng = random.Random(4)  # noqa: S311 - a seeded stroll
    case = GeoPoint(108.31, 22.87)
    walker = Walker(grid=GRID, rng=rng, point=point_within(GRID, rng), goal=A)
    walker.hurry(case, 20.0)
    walker.walk(10.0)
    assert distance_m(walker.walk(10.0), case) < 2.0
    assert distance_m(walker.walk(10.0), case) <= 13.01
