"""A crossing: a side street cuts the pavement beyond the place where things happen; zebras and a traffic light."""

import numpy as np

from scenes.meshes import Mesh, Surface, box, cylinder, floor, join
from scenes.streets.shops import closing, row_of_shops
from scenes.streets.street import KERB_X, PAVED_TO_X, Street, kerbs, lamp_posts, pavements, road, trees

_SIDE_Y = (19.0, 26.5)
_KERB_M, _PAINT = 0.12, (0.62, 0.62, 0.58)


def _crossing(rng: np.random.Generator) -> Mesh:
    near, far = (-30.0, _SIDE_Y[0]), (_SIDE_Y[1], 90.0)
    ground = road((0.085, 0.085, 0.09)) + pavements((0.37, 0.35, 0.32), Surface.TILES, _KERB_M, (near, far))
    side_road = [floor(x0, x1, *_SIDE_Y, 0, (0.09, 0.09, 0.095), Surface.ASPHALT) for x0, x1 in ((-40, -10), (-1, 40))]
    stones = kerbs(((0.4, 0.4, 0.38), (0.36, 0.36, 0.35)), _KERB_M, ((-20.0, _SIDE_Y[0]), (_SIDE_Y[1], 70.0)))
    houses = [
        part
        for start, end in ((-25.0, _SIDE_Y[0]), (_SIDE_Y[1], 80.0))
        for front_x, side in ((PAVED_TO_X, 1), (-14.0, -1))
        for part in row_of_shops(rng, front_x, side, start, end)
    ]
    behind = [box((30, 22, 5), (2, 30, 10), (0.45, 0.43, 0.4), Surface.WINDOWS)]
    posts = _traffic_light(KERB_X + 0.35, _SIDE_Y[0] - 0.4) + lamp_posts((3.0, 29.0, 46.0))
    return join(
        *ground, *side_road, *stones, *houses, *behind, closing(), *_zebras(), *posts, *trees(rng, (31.5, 42.0))
    )


def _zebras() -> list[Mesh]:
    across = [floor(x, x + 0.5, 16.0, 18.8, 0.008, _PAINT, Surface.ASPHALT) for x in np.arange(-9.6, KERB_X - 0.5, 1.0)]
    y0, y1 = _SIDE_Y
    along = [floor(-0.4, 2.6, y, y + 0.5, 0.008, _PAINT, Surface.ASPHALT) for y in np.arange(y0 + 0.4, y1 - 0.5, 1.0)]
    return across + along


def _traffic_light(x: float, y: float) -> list[Mesh]:
    post = cylinder((x, y, 1.9), 0.06, 3.8, (0.25, 0.25, 0.26), Surface.GLOSSY, sides=10)
    head = box((x, y - 0.05, 3.5), (0.28, 0.2, 0.8), (0.03, 0.03, 0.03))
    colours = ((0.5, 0.02, 0.02), (0.1, 0.08, 0.01), (0.02, 0.06, 0.03))
    lenses = [
        cylinder((x, y - 0.16, 3.75 - 0.25 * index), 0.09, 0.04, colour, Surface.LAMP, "y")
        for index, colour in enumerate(colours)
    ]
    return [post, head, *lenses]


CROSSING = Street("crossing", "crossing", _KERB_M, _crossing, crossing_y=_SIDE_Y)
