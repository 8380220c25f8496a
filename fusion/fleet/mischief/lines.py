"""What goes wrong on a terminal's connections."""

from typing import ClassVar, Literal

from fusion.plugins import Config


class Line(Config):
    """Acts on the connections of those who play or ask for the terminal, for as long as it lasts."""

    #: Neither answers nor pictures are sent; afterwards pictures go on at the present.
    mute: ClassVar[bool] = False
    #: Nothing is read either: what a client sends fills its own buffers.
    deaf: ClassVar[bool] = False
    #: How connections end, those open at its begin and those that ask later.
    ends: ClassVar[Literal["closed", "reset"] | None] = None


class Offline(Line):
    """Its connections are cut; who asks for it gets 503 and is disconnected."""

    kind: Literal["offline"] = "offline"
    ends = "closed"


class Hang(Line):
    """Connections are accepted and stay, but nothing is sent on them, no answer and no picture."""

    kind: Literal["hang"] = "hang"
    mute = True


class HalfOpen(Line):
    """As if the cable was pulled: nothing is sent and nothing is read, and no connection ends."""

    kind: Literal["half_open"] = "half_open"
    mute = True
    deaf = True


class Reset(Line):
    """Its connections are reset (TCP RST), and so is who asks for it."""

    kind: Literal["reset"] = "reset"
    ends = "reset"
