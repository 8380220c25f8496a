"""Original packets as a file that any player opens."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import pytest

from fusion.fleet import FleetConfig, FleetProcess, StreamConfig
from fusion.ingest.looking import Looker
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.reader import StreamSpec
from fusion.ingest.remux import remux

Until = Callable[..., None]


@pytest.mark.parametrize(("which", "codec"), [("street_h264", "h264"), ("street_h265", "hevc")])
def test_the_last_seconds_of_a_stream_become_an_mp4_without_being_coded_again(
    which: str, codec: str, until: Until, request: pytest.FixtureRequest
) -> None:
    clip: Path = request.getfixturevalue(which)
    config = FleetConfig(streams=(StreamConfig(path="/a", clip=clip),))
    policy = LookingPolicy(reading=ReadPolicy(ring=timedelta(seconds=2)))
    with FleetProcess(config) as fleet:
        looker = Looker([StreamSpec("a", fleet.url("/a"))], policy, lambda _look: None)
        looker.start()
        try:
            until(lambda: len(looker.packets("a")) > 20)
            packets = looker.packets("a")
        finally:
            looker.stop()
    data = remux(packets)
    assert data is not None
    with av.open(io.BytesIO(data), "r") as file:
        stream = file.streams.video[0]
        frames = list(file.decode(stream))
        assert stream.codec_context.name == codec
        assert (stream.width, stream.height) == (320, 176)
        assert len(frames) == len(packets)
        assert frames[0].key_frame
        times_s = [frame.time for frame in frames]
        assert times_s == sorted(times_s)
        assert times_s[-1] - times_s[0] == pytest.approx((len(packets) - 1) / 10, abs=0.15)


def test_nothing_makes_no_file() -> None:
    assert remux([]) is None
