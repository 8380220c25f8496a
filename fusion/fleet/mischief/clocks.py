"""What goes wrong with a terminal's clocks."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from fusion.plugins import Config, Duration

Seconds = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


class ClockJump(Config):
    """The wall time in its sender reports is shifted, its RTP timestamps jump; both by seconds, also below zero."""

    kind: Literal["clock_jump"] = "clock_jump"
    ntp_s: Seconds = 3600.0
    rtp_s: Seconds = 10.0


class TimestampWrap(Config):
    """The sessions that begin have RTP timestamps and sequence numbers that soon wrap around to zero."""

    kind: Literal["timestamp_wrap"] = "timestamp_wrap"
    before: Duration = timedelta(seconds=5)
