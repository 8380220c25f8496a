"""What the parts are fed with: a camera's bytes, and the looks that a clip gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from bench.clips import Codec, prepared
from bench.site import zones_of
from fusion.detectors.pool import DetectorPool, OnnxConfig
from fusion.fleet.clip import read_clip
from fusion.fleet.packetise import payloads
from fusion.fleet.rtp import PAYLOAD_TYPE, stamped, wire_unit
from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.look import Look, looks_of
from fusion.ingest.reader import Encoded, StreamHead
from fusion.pipeline.judge import Image, TerminalJudge
from fusion.rules.base import Rule
from fusion.rules.dumping import DumpingConfig
from fusion.rules.stall import StallConfig
from fusion.types.detections import Detections
from fusion.types.picture import Picture
from fusion.types.sighting import Sighting
from fusion.types.zone import Zone

NAMES = {"h264": "h264", "h265": "hevc"}  #: libavcodec's
CHANNELS = (0, 1)
TICKS = 90_000
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SCENE = "stall_cart"


def clip(work: Path, codec: Codec, *, quiet: bool = False) -> Path:
    """A sub-stream's clip of 20 s."""
    return prepared(work, "dusk_parking" if quiet else SCENE, "360p", codec, seconds=20, quiet=quiet)


def wire(path: Path) -> list[tuple[bytes, bool, int]]:
    """Each picture as interleaved RTP, whether it is a keyframe, and its RTP timestamp."""
    film, found, sequence = read_clip(path), list[tuple[bytes, bool, int]](), 0
    for unit in film.units:
        packets = wire_unit(payloads(unit.nals, film.codec))
        found.append(
            (bytes(stamped(packets, CHANNELS[0], sequence, unit.capture_ticks, 7)), unit.key, unit.capture_ticks)
        )
        sequence += len(packets.starts)
    return found


def encoded(path: Path, codec: Codec) -> list[Encoded]:
    """A clip's pictures as the reader hands them on."""
    head = StreamHead(NAMES[codec], None, b"", Fraction(1, TICKS), (CHANNELS[0], PAYLOAD_TYPE))
    start_s = START.timestamp()
    return [Encoded(head, raw, key, start_s + ticks / TICKS, ticks, None) for raw, key, ticks in wire(path)]


def keyframe_looks(path: Path, codec: Codec) -> list[Look]:
    """The looks at a clip's keyframes."""
    decoder = KeyframeDecoder()
    packets = [packet for packet in encoded(path, codec) if packet.keyframe]
    return list(looks_of(decoder.decode("T-1", packet) for packet in packets))


@dataclass(frozen=True, slots=True)
class Judged:
    """One look with what the detector and the follower made of it."""

    picture: Picture
    look: Look
    found: list[list[Detections]]  #: what the detector answered, in the order in which it was asked
    sighting: Sighting


def rules() -> list[Rule]:
    """Those of the demo zone."""
    dwell, residue = timedelta(seconds=20), timedelta(seconds=10)
    return [StallConfig(dwell=dwell).start(), DumpingConfig(residue=residue).start()]


def zones() -> list[Zone]:
    """Those of the scene."""
    return [Zone(id=z["id"], name=z["name"], kind=z["kind"], polygon=z["polygon"]) for z in zones_of(SCENE)]


def judged(looks: list[Look]) -> Iterator[Judged]:
    """Looks through the whole chain with the shipped model."""
    config = OnnxConfig()
    with DetectorPool(config.chosen(Path()), config) as pool:
        answers = list[list[Detections]]()

        def detect(images: list[Image]) -> list[Detections]:
            answers.append(pool.detect(images))
            return answers[-1]

        judge = TerminalJudge("T-1", zones=zones(), rules=rules(), detect=detect, site_tz=UTC)
        for look in looks:
            answers = []
            judge.look(look.picture, look.changes)
            if judge.sighting is not None:
                yield Judged(look.picture, look, answers, judge.sighting)
