"""The streets: a road on the left (x < -1), a pavement on the right (-1 to 3.2), and what stands behind it."""

from scenes.streets import crossing, factory, shops, village
from scenes.streets.street import Street

STREETS: dict[str, Street] = {
    street.name: street for street in (shops.TILED, shops.BRICK, crossing.CROSSING, village.LANE, factory.GATE)
}

__all__ = ["STREETS", "Street"]
