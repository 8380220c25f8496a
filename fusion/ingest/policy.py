"""What a site may tune of reading and looking; each default holds for a street camera's sub-stream."""

from datetime import timedelta
from pathlib import Path
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
    connecting_at_once: Count = 64
    backoff_first: Positive = timedelta(seconds=1)  #: the longest wait after the first failure; doubles with each
    backoff_cap: Positive = timedelta(seconds=30)  #: the longest wait; after a refused login up to twice as long
    tick: Positive = timedelta(milliseconds=150)  #: how often all sockets are read while they are few
    odd_before_fallback: Count = 3  #: attempts in a row that end by a fault of protocol, before PyAV may try
    fallback_for: Positive = timedelta(minutes=10)  #: then our own reader tries again
    fallbacks_at_once: Count = 16  #: each costs a thread and some 12 MB
    tls_verify: bool = True  #: rtsps: whether the camera's certificate must be trusted
    tls_authority: Path | None = None  #: rtsps: PEM file of the site's own authority; none: the system's
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
