"""What happens in each kind of scene: one function a scene, found by its name."""

from scenes.scripts import dumpings, negatives, stalls
from scenes.scripts.script import DURATION_S, Event, Maker, Script

#: positives first
SCRIPTS: dict[str, Maker] = {
    make.__name__: make
    for make in (
        stalls.stall_cart,
        stalls.stall_tricycle,
        dumpings.dump_bags,
        dumpings.dump_truck,
        negatives.chat,
        negatives.rain,
        negatives.dusk_parking,
        negatives.night,
    )
}

__all__ = ["DURATION_S", "SCRIPTS", "Event", "Script"]
