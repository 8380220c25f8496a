"""The committed sets: which kinds with which seeds. No seed stands in both."""

from collections.abc import Sequence

from scenes.scripts import KINDS

NEGATIVES = (
    "chat", "bus_queue", "sits", "vendor_passes", "stall_packs_up", "licensed_cart", "parked_car", "parked_bicycle",
    "bag_taken_along", "bin_put_out", "shadows", "wet_ground", "light_change", "leaves", "rain", "night_traffic",
)  # fmt: skip
_TUNING = (
    "stall_cart", "stall_tricycle", "stall_hidden", "stall_ground", "stall_night", "stall_after_hours",
    "dump_bags", "dump_truck", "dump_mattress", "dump_night", "dump_thrown", "dump_heap",
)  # fmt: skip
_TEST = (
    "stall_cart", "stall_table", "stall_van", "stall_hidden", "stall_no_umbrella", "stall_far", "stall_rain",
    "dump_bags", "dump_cartons", "dump_far", "dump_dark", "dump_rain", "dump_behind_car", "dump_thrown",
)  # fmt: skip
_ALIASES = {"dusk_parking", "night"}  #: earlier names of what others show too

#: kinds of each set, and its own seeds
SETS: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "tuning": ((*_TUNING, *NEGATIVES), (101,)),
    "test": ((*_TEST, *NEGATIVES), (201,)),
    "fresh": (tuple(name for name in KINDS if name not in _ALIASES), ()),
}


def plan(name: str, seeds: Sequence[int] | None = None) -> list[tuple[str, int]]:
    """(kind, seed) of each clip of a set.

    Raises:
        SystemExit: The fresh set has no seeds of its own, and none were given.
    """
    kinds, own = SETS[name]
    chosen = tuple(seeds) if seeds else own
    if not chosen:
        raise SystemExit("scenes: a fresh set needs --seeds")
    return [(kind, seed) for seed in chosen for kind in kinds]
