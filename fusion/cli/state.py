"""What the global options said."""

from dataclasses import dataclass


@dataclass(slots=True)
class State:
    """Set once by the callback, read where an error is shown."""

    debug: bool = False


STATE = State()
