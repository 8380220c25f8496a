"""What goes wrong with a terminal's RTP packets, and with the frames that carry them over the connection."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from fusion.plugins import Config

Share = Annotated[float, Field(ge=0, le=1)]
_FRAME_HEADER_BYTES = 4 + 12  # interleaved, RTP


@dataclass(frozen=True, slots=True)
class Packet:
    """An RTP packet that has no number yet."""

    payload: bytes
    marker: bool


class Packets(Config):
    """Changes the packets of each picture before they are numbered."""

    def packets(self, packets: Sequence[Packet], random: Random) -> list[Packet]:
        """What is numbered and sent in their place."""
        raise NotImplementedError


class Frames(Config):
    """Changes what goes over the connection, after the packets were numbered."""

    def frames(self, frames: Sequence[bytes], random: Random) -> list[bytes]:
        """What is sent in place of these interleaved frames."""
        raise NotImplementedError


class NoMarker(Packets):
    """The marker bit, which ends a picture, is never set."""

    kind: Literal["no_marker"] = "no_marker"

    def packets(self, packets: Sequence[Packet], random: Random) -> list[Packet]:  # noqa: ARG002 - nothing by chance
        """Clear it."""
        return [replace(packet, marker=False) for packet in packets]


class ZeroNal(Packets):
    """Packets without a payload come in between, with numbers of their own."""

    kind: Literal["zero_nal"] = "zero_nal"
    share: Share = 0.1

    def packets(self, packets: Sequence[Packet], random: Random) -> list[Packet]:
        """Put an empty one before a share of them."""
        return [
            one
            for packet in packets
            for one in ([Packet(b"", marker=False)] if random.random() < self.share else []) + [packet]
        ]


class Loss(Frames):
    """A share of the packets is lost; their sequence numbers are missing."""

    kind: Literal["loss"] = "loss"
    share: Share = 0.02

    def frames(self, frames: Sequence[bytes], random: Random) -> list[bytes]:
        """Those that arrive."""
        return [frame for frame in frames if random.random() >= self.share]


class Reorder(Frames):
    """A share of the packets arrives after the next one of the same picture."""

    kind: Literal["reorder"] = "reorder"
    share: Share = 0.1

    def frames(self, frames: Sequence[bytes], random: Random) -> list[bytes]:
        """Swap neighbours."""
        found = list(frames)
        for place in range(len(found) - 1):
            if random.random() < self.share:
                found[place], found[place + 1] = found[place + 1], found[place]
        return found


class Garbage(Frames):
    """A share of the frames is random bytes: whole frames, so that framing is lost, or only what is in the packets."""

    kind: Literal["garbage"] = "garbage"
    share: Share = 1.0
    within: Literal["connection", "payload"] = "connection"

    def frames(self, frames: Sequence[bytes], random: Random) -> list[bytes]:
        """Random bytes of the same size."""
        kept = 0 if self.within == "connection" else _FRAME_HEADER_BYTES
        return [
            frame[:kept] + random.randbytes(len(frame) - kept) if random.random() < self.share else frame
            for frame in frames
        ]


class UnknownChannel(Frames):
    """Interleaved frames on a channel that nobody has set up come in between."""

    kind: Literal["unknown_channel"] = "unknown_channel"
    channel: Annotated[int, Field(ge=0, le=255)] = 77
    share: Share = 0.1
    size_bytes: Annotated[int, Field(ge=0, le=65_535)] = 100

    def frames(self, frames: Sequence[bytes], random: Random) -> list[bytes]:
        """Put one before a share of them."""
        stray = b"$" + bytes((self.channel,)) + self.size_bytes.to_bytes(2, "big") + bytes(self.size_bytes)
        return [one for frame in frames for one in ([stray] if random.random() < self.share else []) + [frame]]


class Slow(Config):
    """It sends at a share of the rate at which pictures come; what waits grows, and then pictures are dropped."""

    kind: Literal["slow"] = "slow"
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
