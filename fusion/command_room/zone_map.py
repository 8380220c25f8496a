"""The map: grids, streets, terminals, workers and cases of the zone, drawn in the browser on Leaflet's canvas.

The 1,677 terminals are one layer of one component: the server sends one character a terminal when
their health changes, not 1,677 elements. No tiles, no internet.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nicegui.elements.leaflet as leaflet_package
from nicegui.element import Element

from fusion.command_room.health import code_of
from fusion.command_room.words import Language
from fusion.types.case import Case, WorkerStatus
from fusion.types.terminal import Terminal, TerminalStatus

_LEAFLET = Path(leaflet_package.__file__).parent / "dist"


class ZoneMap(Element, component="zone_map.js", esm={"nicegui-leaflet": str(_LEAFLET)}):
    """Emits `case` and `terminal` with the id that was clicked."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.add_resource(_LEAFLET)
        self._props["language"] = language
        self._sent: dict[str, Any] = {}

    def show_terminals(self, statuses: Sequence[TerminalStatus]) -> None:
        """Health and troubles of all terminals, in the order of the register."""
        self._send("terminals", "".join(code_of(status) for status in statuses))

    def show_workers(self, statuses: Sequence[WorkerStatus]) -> None:
        """Workers on duty whose position is known."""
        shown = [
            [round(s.point.lat, 6), round(s.point.lon, 6), s.worker.name, s.open_cases]
            for s in statuses
            if s.on_duty and s.point
        ]
        self._send("workers", shown)

    def show_cases(self, cases: Sequence[Case]) -> None:
        """Cases to be drawn."""
        shown = [
            [round(c.place.point.lat, 6), round(c.place.point.lon, 6), c.id, c.number, c.kind, c.state, c.escalated]
            for c in cases
        ]
        self._send("cases", shown)

    def focus(self, terminal: Terminal) -> None:
        """Centre the map on a terminal, with a ring around it."""
        self._send("focus", [round(terminal.point.lat, 7), round(terminal.point.lon, 7), terminal.id])

    def _send(self, name: str, value: Any) -> None:
        if self._sent.get(name) != value:
            self._sent[name] = value
            self._props[name] = value
            self.update()
