"""The line protocol by which a parent drives a fleet: words in, one JSON object a line out.

    offline /t/0001/sub        online /t/*        hang /t/0002/sub        stats        stop
    begin /t/* loss share=0.05 of=0.1        end /t/* loss        end /t/*

Each line is answered by {"ok": …} or {"error": "…"}; end of input means stop.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from fusion.fleet.config import FleetConfig
from fusion.fleet.faults import State
from fusion.fleet.mischief import mischief_of
from fusion.fleet.server import Fleet
from fusion.types.errors import SiteError

_MAX_LINE_BYTES = 4096


async def serve(config: FleetConfig, *, allow_remote: bool) -> None:
    """Run a fleet until standard input ends, says stop, or SIGTERM or SIGINT comes."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lines.put_nowait, None)
    async with Fleet(config, allow_remote=allow_remote) as fleet:
        gc.freeze()  # what lives as long as the fleet need not be looked through again
        say(_ready(config, fleet))
        threading.Thread(target=_read_stdin, args=(loop, lines), daemon=True).start()
        while (line := await lines.get()) is not None and line.strip() != "stop":
            say(await obey(fleet, line))


async def obey(fleet: Fleet, line: str) -> Mapping[str, Any]:
    """Do what one line says; the answer."""
    verb, *words = line.split() or [""]
    try:
        if verb == "stats" and not words:
            return {"ok": fleet.stats()}
        if verb in set(State) and len(words) == 1:
            return {"ok": fleet.set_state(words[0], State(verb))}
        if verb == "begin" and len(words) > 1:
            given = {name: _value(text) for name, _, text in (word.partition("=") for word in words[2:])}
            of = _share(given.pop("of", 1.0))
            return {"ok": await fleet.begin(words[0], mischief_of(words[1], **given), of=of)}
        if verb == "end" and words:
            return {"ok": fleet.end(words[0], *words[1:])}
    except SiteError as error:
        return {"error": str(error)}
    return {"error": f"wanted: {', '.join(State)} and a path, or begin, or end, or stats, or stop"}


def _value(text: str) -> Any:
    """Numbers, true and false as JSON has them; a word such as 10s as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _share(value: object) -> float:
    if isinstance(value, (int, float)) and 0 < value <= 1:
        return float(value)
    raise SiteError(f"of={value}: wanted a share above 0, at most 1")


def say(answer: Mapping[str, Any]) -> None:
    """One line on standard output."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _ready(config: FleetConfig, fleet: Fleet) -> Mapping[str, Any]:
    lines = {stream.path: fleet.timeline(stream.path) for stream in config.streams}
    return {
        "port": fleet.port,
        "epoch": fleet.epoch.timestamp(),
        "streams": {
            path: {"phase_ticks": line.phase_ticks, "duration_ticks": line.duration_ticks}
            for path, line in lines.items()
        },
    }


def _read_stdin(loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[str | None]") -> None:
    # A thread and os.read take any kind of input, also files and /dev/null, which no event loop can watch.
    rest = b""
    while chunk := os.read(0, _MAX_LINE_BYTES):
        *whole, rest = (rest[:_MAX_LINE_BYTES] + chunk).split(b"\n")
        for line in whole:
            loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
    loop.call_soon_threadsafe(lines.put_nowait, None)
