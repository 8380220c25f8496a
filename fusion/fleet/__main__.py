"""Serve clips as RTSP terminals until standard input ends: `python -m fusion.fleet --config fleet.json`."""

import argparse
import asyncio
import ctypes
import resource
import signal
import sys
from pathlib import Path

from fusion import logs
from fusion.fleet.config import load_config
from fusion.fleet.control import say, serve
from fusion.types.errors import FusionError

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run; 0 done, 2 bad input, said as one JSON line with the key `error`."""
    parser = argparse.ArgumentParser(prog="python -m fusion.fleet", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON: streams, host, port, faults")
    parser.add_argument("--allow-remote", action="store_true", help="listen on a host that is not loopback too")
    args = parser.parse_args()
    logs.set_up()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # each client is a file
    try:
        asyncio.run(serve(load_config(args.config), allow_remote=args.allow_remote))
    except FusionError as error:
        say({"error": str(error)})
        return 2
    except BrokenPipeError:
        return 1  # nobody is left to tell
    return 0


if __name__ == "__main__":
    sys.exit(main())
