"""Main roads that cross in a bent lattice, and the blocks between them that hold the enterprises."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from demo_zone.names import COLUMNS, ROWS

Floats = NDArray[np.float64]

#: Beihu Road is row 0 and Tieling Road column 0, counted from the crossing.
BEIHU_ROW, TIELING_COLUMN = ROWS.index("北湖路"), COLUMNS.index("铁岭路")
_COLUMN_M, _ROW_M, _TURN_DEG = 640.0, 640.0, -8.0
#: (column, row) of the south-west corner of each of the 13 enterprise blocks, counted from the crossing
_BLOCKS = [(column, row) for row in (0, -1, -2) for column in (-2, -1, 0, 1)] + [(2, -1)]


@dataclass(frozen=True)
class Block:
    """One enterprise grid: its area and the streets that cut it into seven small grids; metres."""

    area: Polygon
    cuts: list[LineString]  #: the long one first; drawn a little beyond the block and each other


@dataclass(frozen=True)
class Roads:
    """The lattice; nodes are [column, row, (x, y)] in metres around the zone's middle."""

    rng: np.random.Generator = field(repr=False)
    middle_m: tuple[float, float] = (180.0, 250.0)

    @cached_property
    def nodes(self) -> Floats:
        """Where the roads cross, float64 [columns, rows, 2]."""
        columns = (np.arange(len(COLUMNS)) - TIELING_COLUMN) * _COLUMN_M + self.rng.uniform(-60, 60, len(COLUMNS))
        rows = (np.arange(len(ROWS)) - BEIHU_ROW) * _ROW_M + self.rng.uniform(-50, 50, len(ROWS))
        flat = np.stack(np.meshgrid(columns, rows, indexing="ij"), axis=-1)
        flat += self.rng.uniform(-38, 38, flat.shape)
        turn = np.radians(_TURN_DEG)
        turned = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        return np.asarray(np.round(turned + self.middle_m, 2))

    def node(self, column: int, row: int) -> Floats:
        """A crossing, counted from Beihu × Tieling; (x, y) in metres."""
        return np.asarray(self.nodes[TIELING_COLUMN + column, BEIHU_ROW + row])

    @cached_property
    def lines(self) -> dict[str, LineString]:
        """Each main road by name, longer than the zone is wide."""
        named = {name: self.nodes[:, index] for index, name in enumerate(ROWS)}
        named |= {name: self.nodes[index] for index, name in enumerate(COLUMNS)}
        return {name: LineString(_bent(nodes)) for name, nodes in named.items()}

    @cached_property
    def blocks(self) -> list[Block]:
        """The 13 enterprise blocks, north-west first."""
        return [self._block(column, row) for column, row in _BLOCKS]

    def _block(self, column: int, row: int) -> Block:
        low, high = ROWS[BEIHU_ROW + row], ROWS[BEIHU_ROW + row + 1]
        left, right = COLUMNS[TIELING_COLUMN + column], COLUMNS[TIELING_COLUMN + column + 1]
        corners = [self.node(column + i, row + j) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
        sides = [
            _between(self.lines[name], corners[start], corners[(start + 1) % 4])
            for start, name in enumerate((low, right, high, left))
        ]
        area = Polygon(np.concatenate([side[:-1] for side in sides]))
        return Block(area, self._cuts(np.array(corners), turned=bool(self.rng.integers(2))))

    def _cuts(self, corners: Floats, *, turned: bool) -> list[LineString]:
        if turned:
            corners = np.roll(corners, -1, axis=0)
        a, b, c, d = corners

        def at(u: Floats, v: Floats) -> Floats:
            u, v = u[:, None], v[:, None]
            return np.asarray((1 - u) * (1 - v) * a + u * (1 - v) * b + u * v * c + (1 - u) * v * d)

        knots, heights = np.linspace(-0.08, 1.08, 6), self.rng.uniform(0.47, 0.6, 6)
        cuts = [LineString(at(knots, heights))]
        for count, end in ((4, 1.08), (3, -0.08)):
            for index in range(1, count):
                u, drift = index / count + self.rng.uniform(-0.035, 0.035), self.rng.uniform(-0.05, 0.05)
                start = np.interp(u, knots, heights) - np.sign(end - 0.5) * 0.004
                line = np.linspace(0, 1, 4)
                cuts.append(LineString(at(u + drift * line**2, start + (end - start) * line)))
        return cuts


def _bent(nodes: Floats) -> Floats:
    """A Catmull-Rom curve through the nodes, 8 points a stretch; [N, 2] in metres."""
    padded = np.concatenate([2 * nodes[:1] - nodes[1:2], nodes, 2 * nodes[-1:] - nodes[-2:-1]])
    points = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for t in np.linspace(0, 1, 8, endpoint=False):
            bend = 2 * start + (end - before) * t + (2 * before - 5 * start + 4 * end - after) * t**2
            points.append((bend + (3 * start - before - 3 * end + after) * t**3) / 2)
    return np.asarray(np.round(np.array([*points, nodes[-1]]), 2))


def _between(line: LineString, start: Floats, end: Floats) -> Floats:
    """The stretch of a road between two of its nodes, in this direction; [N, 2]."""
    points = shapely.get_coordinates(line)
    first, last = (int(np.argmin(((points - node) ** 2).sum(axis=1))) for node in (start, end))
    stretch = points[first : last + 1] if first < last else points[last : first + 1][::-1]
    return np.asarray(stretch, np.float64)
