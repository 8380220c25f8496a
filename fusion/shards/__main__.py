"""The process of one shard: `python -m fusion.shards FD`, where FD is a connection to its parent. Not for people."""

import ctypes
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

import structlog

from fusion import logs, metrics
from fusion.plugins import load_file
from fusion.shards.work import ShardWork
from fusion.types.errors import FusionError, PeerFault

_LOG = structlog.get_logger()
_PR_SET_PDEATHSIG = 1
_REPORT_S = 1.0

Outgoing = queue.SimpleQueue[tuple[str, Any] | None]  #: what is told to the parent; None: nothing more


def main() -> int:
    """Work until the parent says stop, or is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    logs.set_up()
    parent: Connection = Connection(int(sys.argv[1]))
    # Only this thread sends: a connection is not made for two, and signals come before the word that it has stopped.
    outgoing: Outgoing = queue.SimpleQueue()
    telling = threading.Thread(target=_send_on, args=(parent, outgoing), name="tell", daemon=True)
    telling.start()
    try:
        folder, plugins = parent.recv()
        for plugin in plugins:
            load_file(folder / plugin)
        work = ShardWork(parent.recv(), lambda what, value: outgoing.put((what, value)))
    except FusionError as error:
        outgoing.put(("refused", str(error)))
        outgoing.put(None)
        telling.join()
        return 1
    work.start()
    outgoing.put(("ready", None))
    stopping = threading.Event()
    threading.Thread(target=_report_on, args=(work, outgoing, stopping), name="report", daemon=True).start()
    try:
        _obey(parent, work, outgoing)
    except EOFError:
        return 1  # the parent is gone
    finally:
        stopping.set()
        work.stop()
    outgoing.put(("stopped", work.report()))
    outgoing.put(None)
    telling.join()
    return 0


def _obey(parent: "Connection", work: ShardWork, outgoing: Outgoing) -> None:
    """Do what the parent asks, until it says stop."""
    deeds: Mapping[str, Any] = {
        "still": work.still,
        "clip": work.clip,
        "hold": work.hold,
        "add": work.add,
        "remove": work.remove,
        "metrics": metrics.families,
    }
    while True:
        number, what, args = parent.recv()
        if what == "stop":
            return
        try:
            answer: Any = deeds[what](*args)
        except FusionError as error:
            answer = error
        except Exception as error:  # noqa: BLE001 - a question that fails must not end a shard's looking
            _LOG.exception("asked in vain", what=what)
            answer = PeerFault(f"shard: {what} failed: {type(error).__name__}")
        if number is not None:
            outgoing.put(("answer", (number, answer)))


def _report_on(work: ShardWork, outgoing: Outgoing, stopping: threading.Event) -> None:
    while not stopping.wait(_REPORT_S):
        outgoing.put(("report", work.report()))


def _send_on(parent: "Connection", outgoing: Outgoing) -> None:
    while (message := outgoing.get()) is not None:
        try:
            parent.send(message)
        except OSError:
            return  # the parent is gone, and the kernel ends us


if __name__ == "__main__":
    sys.exit(main())
