"""From a socket's bytes to a picture."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.clips import Codec
from bench.parts.streams import CHANNELS, NAMES, clip, encoded, wire
from fusion.fleet.rtp import PAYLOAD_TYPE
from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.reader import Encoded
from fusion.ingest.ring import Ring
from fusion.ingest.rtsp.nal import FORMATS
from fusion.ingest.rtsp.receiver import RtpReceiver

_A_READ = 2  #: pictures: what has come between two ticks

both = pytest.mark.parametrize("codec", ["h264", "h265"])


@both
def test_receive_20_s(benchmark: Any, work: Path, codec: Codec) -> None:
    pictures = wire(clip(work, codec))
    reads = [b"".join(raw for raw, _, _ in pictures[at : at + _A_READ]) for at in range(0, len(pictures), _A_READ)]

    def receive() -> int:
        receiver, taken = RtpReceiver(FORMATS[NAMES[codec]], PAYLOAD_TYPE, *CHANNELS), 0
        for read in reads:
            receiver.feed(read, 0, 0.0)
            taken += len(receiver.take())
        return taken

    assert benchmark(receive) >= len(pictures) - 1


@both
def test_put_a_keyframe_together(benchmark: Any, work: Path, codec: Codec) -> None:
    packet = next(packet for packet in encoded(clip(work, codec), codec) if packet.keyframe)
    assert benchmark(lambda: len(packet.data)) > 1000


@both
def test_decode_a_keyframe(benchmark: Any, work: Path, codec: Codec) -> None:
    packet = next(packet for packet in encoded(clip(work, codec), codec) if packet.keyframe)
    decoder = KeyframeDecoder()
    assert benchmark(lambda: decoder.decode("T-1", packet).size_px) == (640, 360)


def test_push_60_s_into_a_ring(benchmark: Any, work: Path) -> None:
    packets = encoded(clip(work, "h264"), "h264")
    later = [packet._replace(at_s=packet.at_s + 20.0 * loop) for loop in range(3) for packet in packets]
    batches = [later[at : at + _A_READ] for at in range(0, len(later), _A_READ)]

    def push() -> list[Encoded]:
        ring = Ring(timedelta(seconds=2), 8 << 20)
        for batch in batches:
            ring.push(batch)
        return ring.snapshot()

    assert benchmark(push)[0].keyframe
