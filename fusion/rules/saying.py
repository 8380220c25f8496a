"""The parts of a reason's sentence that all rules share: how wide, where, in which window."""

from datetime import datetime

from fusion.rules.windows import window_at
from fusion.types.sighting import Box, Sighting
from fusion.types.zone import Zone


def width(box: Box, sighting: Sighting) -> tuple[str, str]:
    """(zh, en) of how wide a thing is: on the ground where the terminal's ground is known, else in the picture."""
    metres = sighting.width_m(box)
    if metres is not None:
        return f"宽约 {metres:.1f} 米", f"{metres:.1f} m wide"
    share = round(100 * (box.right - box.left), 1)
    return f"占画面宽 {share:g}%", f"{share:g} % of the picture's width"


def width_data(box: Box, sighting: Sighting) -> dict[str, float | str]:
    """The same as figures: always the share of the picture, and metres where they are known."""
    data: dict[str, float | str] = {"width_share": round(box.right - box.left, 4)}
    metres = sighting.width_m(box)
    return data if metres is None else data | {"width_m": round(metres, 2)}


def window(zone: Zone, local_now: datetime) -> tuple[str, str]:
    """(zh, en) of the window that the zone's rule holds in now; empty where it always does."""
    held = window_at(zone.windows, local_now)
    if held is None:
        return "", ""
    hours = f"{held.start:%H:%M}–{held.end:%H:%M}"
    return f"；管控时段 {hours}", f"; window {hours}"
