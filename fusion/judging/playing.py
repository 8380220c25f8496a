"""Plays a clip through the chain that judges live streams, on media time, at one of three rates."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from fusion.ingest.change import ChangeGate
from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.file_packets import read_packets
from fusion.ingest.files import read_file
from fusion.ingest.look import Look
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.media_looking import MediaLooker
from fusion.ingest.reader import StreamFault
from fusion.pipeline.judge import TerminalJudge
from fusion.pipeline.steering import steer
from fusion.types.errors import SiteError
from fusion.types.picture import Picture

OnLook = Callable[[Look], None]
Timed = Callable[[str], AbstractContextManager[None]]

#: One look each longest gap where nothing goes on: what always holds, however many terminals there are.
ADAPTIVE = LookingPolicy(spare=False)


class Rate(StrEnum):
    """Which pictures of a clip are looked at."""

    FULL = "full"  #: each picture
    KEYFRAMES = "keyframes"  #: each keyframe
    ADAPTIVE = "adaptive"  #: what the looker of a live stream would look at on an idle machine


def play(
    clip: Path,
    rate: Rate,
    judge: TerminalJudge,
    on_look: OnLook,
    *,
    terminal_id: str,
    main: Path | None = None,
    start: datetime,
    policy: LookingPolicy = ADAPTIVE,
    timed: Timed = lambda _: nullcontext(),
) -> None:
    """Give each look of the clip to `on_look`, in order of time.

    Args:
        clip: what `read_file` takes; keyframes and adaptive looks need a file, not a folder of images.
        rate: which pictures are looked at.
        judge: asked after each look whether to look harder, at the adaptive rate.
        on_look: lets the judge judge it.
        terminal_id: put into each picture.
        main: the finer stream of the same view, for the bursts of the adaptive rate.
        start: when the first picture was shown (aware).
        policy: when to look, at the adaptive rate; its change gate serves every rate.
        timed: entered around each stage, for whoever measures.

    Raises:
        SiteError: the clip cannot be read, or not one picture of it can be decoded at this rate.
    """
    if rate is Rate.ADAPTIVE:
        _adaptive(clip, judge, on_look, terminal_id, main, start, policy, timed)
        return
    pictures = (
        read_file(clip, every=None, clock_start=start, terminal_id=terminal_id, keyframes_only=False)
        if rate is Rate.FULL
        else _keyframes(clip, terminal_id, start)
    )
    gate = ChangeGate(policy.change)
    for picture in pictures:
        with timed("gate"):
            change = gate.judge(picture.y, picture.at)
        on_look(Look(picture, change.boxes, change.share, burst=False, sudden=change.sudden))


def _adaptive(
    clip: Path,
    judge: TerminalJudge,
    on_look: OnLook,
    terminal_id: str,
    main: Path | None,
    start: datetime,
    policy: LookingPolicy,
    timed: Timed,
) -> None:
    looks = 0

    def judged(look: Look) -> None:
        nonlocal looks
        looks += 1
        on_look(look)
        steer(looker, judge, look)

    finer = read_packets(main, start) if main is not None else ()
    looker = MediaLooker(terminal_id, policy, judged, main=finer, timed=timed)
    looker.take(read_packets(clip, start))
    if not looks:
        raise _undecodable(clip, looker.undecodable)


def _keyframes(clip: Path, terminal_id: str, start: datetime) -> Iterator[Picture]:
    """As the looker decodes them, all of them."""
    decoder, faults, given = KeyframeDecoder(), list[str](), False
    for packet in read_packets(clip, start):
        if not packet.keyframe:
            continue
        try:
            picture = decoder.decode(terminal_id, packet)
        except StreamFault as fault:
            faults.append(str(fault))
            continue
        given = True
        yield picture
    if not given:
        raise _undecodable(clip, faults)


def _undecodable(clip: Path, faults: list[str]) -> SiteError:
    why = faults[0] if faults else "it has no keyframe"
    return SiteError(f"{clip}: not one picture could be looked at: {why}; wanted: H.264 or H.265, or the rate full")


def picture_near(clip: Path, second: float, terminal_id: str) -> Picture | None:
    """The first picture of a clip at or after a second of media time, or the last one; None: nothing is decoded."""
    start, last = datetime(2000, 1, 1, tzinfo=UTC), None
    reader = read_file(
        clip, every=timedelta(seconds=0.25), clock_start=start, terminal_id=terminal_id, keyframes_only=False
    )
    try:
        for picture in reader:
            last = picture
            if (picture.at - start).total_seconds() >= second:
                break
    except SiteError:
        return None
    finally:
        reader.close()
    return last
