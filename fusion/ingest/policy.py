"""What a site may tune of reading and looking; each default holds for a street camera's sub-stream."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[Duration, Field(gt=timedelta(0))]


class ReadPolicy(Config):
    """How streams are connected and how much of them is kept."""

    open_timeout: Positive = timedelta(seconds=10)  #: for connecting, and again for the first packet
    read_timeout: Positive = timedelta(seconds=10)  #: without a packet for this long a stream is silent
    connecting_at_once: Count = 8
    backoff_first: Positive = timedelta(seconds=1)  #: the longest wait after the first failure; doubles with each
    backoff_cap: Positive = timedelta(seconds=60)  #: the longest wait ever; about the wait after a refused login
    stable_after: Positive = timedelta(minutes=1)  #: a connection that held this long ends the doubling
    ring: Positive = timedelta(seconds=10)  #: packets kept, from a keyframe on
    ring_bytes: Annotated[int, Field(ge=65_536)] = 8 * 1024 * 1024  #: and never more than this


class ChangePolicy(Config):
    """When a part of the picture has changed."""

    memory: Positive = timedelta(seconds=20)  #: time constant of the running-average background
    least_step: Annotated[float, Field(gt=0, le=255)] = 14.0  #: luma steps of 255; less never counts as change
    noise_factor: Annotated[float, Field(gt=0)] = 4.0  #: change is more than this many times the noise of its place
    least_area: Share = 0.0008  #: of the picture; a person 25 px high at 640x360 has about 0.001
    most_boxes: Count = 12  #: nearer ones are merged until no more are left
    sudden_share: Share = 0.5  #: of the picture changed at once: light switched, camera moved
    sudden_gain: Annotated[float, Field(gt=0)] = 0.25  #: brightness changed at once by this share


class LookingPolicy(Config):
    """When a terminal is looked at, and how hard."""

    longest_gap: Positive = timedelta(seconds=10)  #: between looks, whatever happens
    shortest_gap: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(milliseconds=500)
    #: between decoded keyframes outside a burst, for streams of keyframes alone (MJPEG)
    look_every: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(0)
    #: the least time between two decoded keyframes of a terminal where nothing goes on; 0: each keyframe
    linger: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(seconds=10)
    #: each keyframe is looked at for this long after a change
    burst_for: Positive = timedelta(seconds=8)
    burst_fps: Annotated[float, Field(gt=0, le=60)] = 5.0  #: most looks a second in a burst
    bursts_at_once: Count = 2
    whole_at_once: Count = 4  #: streams decoded whole because their keyframes come too seldom
    decoder_threads: Count = 1
    reading: ReadPolicy = ReadPolicy()
    change: ChangePolicy = ChangePolicy()
