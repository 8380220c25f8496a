"""`fusion run`: a site with its page, until somebody says stop."""

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from types import FrameType

from fusion.alerts.messages import schemas
from fusion.alerts.topics import TOPICS
from fusion.app.history import check_clock
from fusion.app.reload import TerminalsWatch
from fusion.app.system import Progress, System
from fusion.command_room.server import Room
from fusion.command_room.sessions import FIRST_USER
from fusion.settings.site import Site

Companion = Callable[[System], AbstractContextManager[object]]
_MEASURE_S = 5.0


def run(site: Site, say: Callable[[str], None], progress: Progress, companion: Companion | None = None) -> None:
    """Run until SIGINT or SIGTERM; when it returns, everything has ended.

    Args:
        site: what to run.
        say: tells the person at the terminal, who may have to copy a password.
        progress: told of each step of the start.
        companion: what runs beside the engine in a demo zone (simulated phones).
    """
    check_clock(datetime.now(UTC))
    system = System(site, progress)
    with ExitStack() as stack:
        stack.callback(system.stop)
        system.start()
        if companion is not None:
            stack.enter_context(companion(system))
        progress("page")
        kinds = tuple(topic.message for topic in TOPICS)
        room = Room(site.config.command_room, site.folder, system.backend(), lambda: schemas(kinds), system.desk())
        _stop_on_signals(room)
        stack.callback(_measuring(system).set)
        watch = TerminalsWatch(system)
        watch.start()
        stack.callback(watch.stop)
        password = room.sessions.first_password()
        say_when_served(room, say, password)
        room.serve()


def say_when_served(room: Room, say: Callable[[str], None], password: str | None) -> None:
    """Tell where the page is once it answers, and the first password, which is not kept anywhere."""

    def wait() -> None:
        until = threading.Event()
        while not room.started and not until.wait(0.05):
            pass
        if password is not None:
            say(f"First sign-in: user {FIRST_USER}, password {password} (shown once; you will be asked to change it)")
        say(f"Command room: {room.url}")

    threading.Thread(target=wait, name="announce", daemon=True).start()


def _stop_on_signals(room: Room) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        room.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _measuring(system: System) -> threading.Event:
    done = threading.Event()

    def measure() -> None:
        while not done.wait(_MEASURE_S):
            system.measure()

    threading.Thread(target=measure, name="measure", daemon=True).start()
    return done
