"""Runs a demo zone for a while without its page, breaks a part if asked to, and reports."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from fusion.app.system import Progress, System
from fusion.fleet.faults import State
from fusion.rehearsal.companion import phones
from fusion.rehearsal.phones import PhoneFleet
from fusion.rehearsal.report import Report, compare
from fusion.rehearsal.truth import fully_seen, true_events
from fusion.settings.site import Site
from fusion.types.errors import PeerFault, SiteError
from fusion.types.terminal import Health

_LOG = structlog.get_logger()
_GRACE = timedelta(seconds=12)  # from the rule being met to the signal, at the rate of looking
_SETTLE_S = 25.0
_WARM = timedelta(seconds=4)  # a background must have been seen before something in it can be new


class Part(StrEnum):
    """What can be stopped for a while during a rehearsal."""

    BROKER = "broker"
    BUS = "bus"
    CAMERA = "camera"


def rehearse(
    site: Site,
    data: Path,
    seconds: float,
    progress: Progress,
    *,
    breaks: Sequence[Part] = (),
    broken_for_s: float = 20.0,
) -> Report:
    """Run the site on an empty data folder and compare what came of it with the truth of its clips."""
    if not site.fleet:
        raise SiteError(f"{site.folder}: has no fleet; wanted: files.fleet in site.yaml, to rehearse on")
    system = System(replace(site, data_override=data), progress)
    system.start()
    try:
        with phones(system) as fleet:
            return _rehearse(system, fleet, seconds, progress, breaks, broken_for_s)
    finally:
        system.stop()


def _rehearse(
    system: System, fleet: PhoneFleet, seconds: float, progress: Progress, breaks: Sequence[Part], broken_for_s: float
) -> Report:
    _until(lambda: _live(system) == len(system.site.fleet), 20)
    live = _live(system)
    since = datetime.now(UTC) + _WARM
    until = since + timedelta(seconds=seconds)
    breaking = [
        threading.Thread(target=_break, args=(system, part, seconds / 3, broken_for_s), daemon=True) for part in breaks
    ]
    for thread in breaking:
        thread.start()
    while (left := (until - datetime.now(UTC)).total_seconds()) > 0:
        progress(f"rehearsing, {left:.0f} s left, {system.shards.signals} signals")
        threading.Event().wait(min(left, 5.0))
    for thread in breaking:
        thread.join()
    ended = datetime.now(UTC)
    system.shards.stop()
    progress("settling")
    _settle(system, fleet)
    if system.fleet is None:
        raise PeerFault("fleet: has ended")
    events = true_events(system.site, system.fleet, since - timedelta(minutes=2), ended)
    due = fully_seen(events, since, until, _GRACE)
    if Part.CAMERA in breaks:
        # While the camera is away nobody can see; what lasts beyond is still due.
        due = [event for event in due if event.terminal_id != system.site.fleet[0].terminal]
    facts: dict[str, Any] = {
        "seconds": round((ended - since).total_seconds(), 1),
        "terminals": len(system.terminals),
        "terminals_live": live,
        "looked_frames": system.shards.looked,
        "signals": system.shards.signals,
        "broken": [str(part) for part in breaks],
    }
    return compare(system.store, fleet, due, events, facts)


def _live(system: System) -> int:
    return sum(status.health is Health.LIVE for status in system.shards.statuses())


def _settle(system: System, fleet: PhoneFleet) -> None:
    """Wait until what was told has arrived: bus drained, outbox empty, phones have what was sent to them."""

    def settled() -> bool:
        try:
            sent = {m.id for m in system.store.sent() if m.topic.endswith("/alerts")}
            return (
                system.bus.backlog == 0
                and system.store.unsent_count() == 0
                and sent <= {entry.alert.id for entry in fleet.received()}
            )
        except PeerFault:
            return False

    system.bus.settle(_SETTLE_S)
    _until(settled, _SETTLE_S)


def _until(holds: Callable[[], bool], timeout_s: float) -> bool:
    deadline = datetime.now(UTC) + timedelta(seconds=timeout_s)
    pause = threading.Event()
    while not holds():
        if datetime.now(UTC) > deadline:
            return False
        pause.wait(0.2)
    return True


def _break(system: System, part: Part, after_s: float, lasts_s: float) -> None:
    """Stop a part as if it hung, and let it go on later."""
    pause = threading.Event()
    pause.wait(after_s)
    _LOG.warning("breaking", part=str(part), seconds=lasts_s)
    if part is Part.CAMERA:
        path = f"/{system.site.fleet[0].terminal}/*"
        if system.fleet is not None:
            system.fleet.set_state(path, State.OFFLINE)
            pause.wait(lasts_s)
            system.fleet.set_state(path, State.ONLINE)
        return
    server = system.broker if part is Part.BROKER else system.bus.embedded
    pid = server.pid if server is not None else None
    if pid is None:
        raise SiteError(f"{part}: is not ours to stop; wanted: an embedded one")
    os.kill(pid, signal.SIGSTOP)
    pause.wait(lasts_s)
    os.kill(pid, signal.SIGCONT)
