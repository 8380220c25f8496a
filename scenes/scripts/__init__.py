"""What happens in each kind of scene: one function a kind, found by its name."""

from scenes.scripts import dumpings, hard_dumpings, hard_stalls, light, people, stalls, vehicles_and_bins  # noqa: F401 - they register themselves
from scenes.scripts.kinds import KINDS, Kind
from scenes.scripts.script import Event, Happening, Script

__all__ = ["KINDS", "Event", "Happening", "Kind", "Script"]
