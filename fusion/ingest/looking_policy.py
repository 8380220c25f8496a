"""What a site may tune of when its terminals are looked at, and how hard."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fusion.ingest.policy import ChangePolicy, Count, Positive, ReadPolicy
from fusion.ingest.troubles.policy import TroublePolicy
from fusion.plugins import Config, Duration


class LookingPolicy(Config):
    """When a terminal is looked at, and how hard."""

    longest_gap: Positive = timedelta(seconds=10)  #: between looks, whatever happens
    #: Processor time for reading, looking and judging, in cores, over all shards; none: four fifths of the machine's.
    budget_cores: Annotated[float, Field(gt=0)] | None = None
    shards: Count | None = None  #: processes; none: one a core, fewer where `terminals_a_shard` are not reached
    terminals_a_shard: Count = 100  #: fewer than this are not worth a process of their own
    spare: bool = True  #: what is left of the budget goes to quiet terminals, longest unseen first
    zone_gap: Positive = timedelta(
        seconds=4
    )  #: wanted while one of the terminal's zones holds, where the budget allows
    history_gap: Positive = timedelta(seconds=2)  #: the same at hours at which it had cases
    shortest_gap: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(milliseconds=500)
    #: between decoded keyframes outside a burst, for streams of keyframes alone (MJPEG)
    look_every: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(0)
    #: the least time between two decoded keyframes of a terminal where nothing goes on; 0: each keyframe
    linger: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(seconds=10)
    #: each keyframe is looked at for this long after a change that the next picture confirmed
    linger_once: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(seconds=3)  #: and after one that stands alone
    burst_for: Positive = timedelta(seconds=8)
    burst_fps: Annotated[float, Field(gt=0, le=60)] = 5.0  #: most looks a second in a burst
    bursts_at_once: Count = 2
    whole_at_once: Count = 4  #: streams decoded whole because their keyframes come too seldom
    decoder_threads: Count = 1
    burst_on_main: bool = True  #: bursts look at the main stream where there is one: small far persons need it
    mains_at_once: Count = 4  #: main streams open at the same time, in all shards together
    reading: ReadPolicy = ReadPolicy()
    change: ChangePolicy = ChangePolicy()
    troubles: TroublePolicy = TroublePolicy()
