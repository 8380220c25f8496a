"""The command line. Exit codes: 0 done, 1 the run found something wrong, 2 bad input."""

from fusion.cli.main import main

__all__ = ["main"]
