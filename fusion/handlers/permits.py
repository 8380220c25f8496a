"""What the register of stalls allows, as zones in the pictures of the terminals that see it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from fusion.geo.in_picture import disc_in_picture
from fusion.geo.place import ground_of
from fusion.types.errors import SiteError
from fusion.types.stall import PERMITTED_STALL, Stall
from fusion.types.terminal import Terminal
from fusion.types.zone import Zone

PREFIX = "permit/"  #: of the ids of these zones; those that people drew have others


def with_permits(terminals: Iterable[Terminal], stalls: Sequence[Stall], day: date) -> tuple[Terminal, ...]:
    """The terminals with a zone for each permitted place that they see; those without ground points as they are.

    A zone that people drew themselves (`permitted_stall` in the register of terminals) stays as it is.

    Args:
        terminals: of the register.
        stalls: the register of stalls.
        day: of the site's calendar; permits that do not hold on it count for nothing.
    """
    valid = [stall for stall in stalls if stall.valid_on(day)]
    return tuple(_permitted(terminal, valid) for terminal in terminals)


def _permitted(terminal: Terminal, stalls: Sequence[Stall]) -> Terminal:
    try:
        ground = ground_of(terminal) if stalls and terminal.connected else None
    except SiteError:
        return terminal  # its own fault, which is told where the register is read
    drawn = tuple(zone for zone in terminal.zones if not zone.id.startswith(PREFIX))
    if ground is None:
        return terminal if drawn == terminal.zones else replace(terminal, zones=drawn)
    seen = tuple(
        Zone(
            id=f"{PREFIX}{stall.id}/{number}",
            name=stall.sells or stall.id,  # a vendor's name would travel with every finding
            kind=PERMITTED_STALL,
            polygon=polygon,
            windows=place.windows,
        )
        for stall in stalls
        for number, place in enumerate(stall.places)
        if (polygon := disc_in_picture(ground, place.point, place.radius_m)) is not None
    )
    return replace(terminal, zones=(*drawn, *seen))
