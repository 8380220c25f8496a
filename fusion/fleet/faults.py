"""How a terminal of the fleet can misbehave, at once or on a schedule."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration


class State(StrEnum):
    """What a terminal does at present."""

    ONLINE = "online"
    #: Its connections are cut; who asks for it gets 503 and is disconnected.
    OFFLINE = "offline"
    #: Connections are accepted and stay, but nothing is sent on them, no answer and no picture.
    HANG = "hang"


class Fault(Config):
    """A fault that begins by itself, counted from the start of the fleet, and ends where `lasts` is given."""

    path: Annotated[str, Field(description="a stream's path, or a pattern such as /t/*/sub")]
    state: State = State.OFFLINE
    after: Duration
    lasts: Duration | None = None
