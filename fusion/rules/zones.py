"""Whether a thing is in a zone, and whether two things are at one place; all in shares of the picture."""

from collections.abc import Iterable

from fusion.types.sighting import Box
from fusion.types.zone import Zone

_EDGE = 1e-6


def inside(point: tuple[float, float], polygon: tuple[tuple[float, float], ...]) -> bool:
    """Whether a point lies in the polygon or on its edge (even-odd rule)."""
    x, y = point
    odd = False
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if _on(x, y, x1, y1, x2, y2):
            return True
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def _on(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> bool:
    cross = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
    if abs(cross) > _EDGE:
        return False
    return min(x1, x2) - _EDGE <= x <= max(x1, x2) + _EDGE and min(y1, y2) - _EDGE <= y <= max(y1, y2) + _EDGE


def stands_in(box: Box, zone: Zone) -> bool:
    """Whether the thing touches the ground in the zone: the middle of its lower edge, or just above it.

    Boxes reach a little below the feet; the point a tenth of the height up keeps who stands at the edge.
    """
    x, y = box.foot
    return inside((x, y), zone.polygon) or inside((x, y - 0.1 * (box.bottom - box.top)), zone.polygon)


def grown(box: Box, across: float, up: float, down: float | None = None) -> Box:
    """The box, larger by shares of the picture on the left and right, above and below."""
    below = up if down is None else down
    return Box(box.left - across, box.top - up, box.right + across, box.bottom + below)


def meet(a: Box, b: Box) -> bool:
    """Whether two boxes overlap or touch."""
    return a.left <= b.right and b.left <= a.right and a.top <= b.bottom and b.top <= a.bottom


def within(a: Box, b: Box) -> float:
    """The share of a that lies in b, 0-1."""
    both = Box(max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom))
    return both.area / a.area if a.area > 0 else 0.0


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around all (at least one)."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))
