"""A clip ready to be sent: its packets laid out once, numbered without end over the loops. Pure."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from fusion.fleet.clip import Clip
from fusion.fleet.packetise import payloads
from fusion.fleet.rtp import WireUnit, wire_unit
from fusion.fleet.sdp import media_lines
from fusion.fleet.timeline import TICKS_PER_S


@dataclass(frozen=True, slots=True)
class Reel:
    """Unit number n is unit n mod len of loop n // len; times are ticks of 1/90000 s since loop 0 began."""

    media: tuple[str, ...]
    units: tuple[WireUnit, ...]
    capture_ticks: tuple[int, ...]
    send_ticks: tuple[int, ...]
    #: Indices of keyframes, rising; the first is 0.
    keys: tuple[int, ...]
    #: Bytes before each unit, and of all.
    sizes: tuple[int, ...]
    duration_ticks: int

    def unit(self, number: int) -> WireUnit:
        """The packets of that unit."""
        return self.units[number % len(self.units)]

    def captured(self, number: int) -> int:
        """When it is captured."""
        loop, index = divmod(number, len(self.units))
        return loop * self.duration_ticks + self.capture_ticks[index]

    def due(self, number: int) -> int:
        """When it is to be sent."""
        loop, index = divmod(number, len(self.units))
        return loop * self.duration_ticks + self.send_ticks[index]

    def live(self, now_ticks: int) -> int:
        """The newest unit that is due by now, at least 0."""
        loop, rest = divmod(now_ticks - self.send_ticks[0], self.duration_ticks)
        return max(0, loop * len(self.units) + bisect_right(self.send_ticks, rest + self.send_ticks[0]) - 1)

    def is_key(self, number: int) -> bool:
        """Whether it is a keyframe."""
        return self.key_before(number) == number

    def key_before(self, number: int) -> int:
        """The newest keyframe up to that unit."""
        loop, index = divmod(number, len(self.units))
        return loop * len(self.units) + self.keys[bisect_right(self.keys, index) - 1]

    def key_after(self, number: int) -> int:
        """The first keyframe later than that unit."""
        loop, index = divmod(number, len(self.units))
        place = bisect_right(self.keys, index)
        return loop * len(self.units) + (self.keys[place] if place < len(self.keys) else len(self.units))

    def key_from(self, ticks: int) -> int:
        """The first keyframe that is captured at that time or later."""
        loop, rest = divmod(ticks, self.duration_ticks)
        place = next((index for index in self.keys if self.capture_ticks[index] >= rest), len(self.units))
        return loop * len(self.units) + place

    @property
    def bytes_per_s(self) -> float:
        """Its rate on average."""
        return self.sizes[-1] * TICKS_PER_S / self.duration_ticks

    def bytes_between(self, first: int, last: int) -> int:
        """The size of the units from `first` to `last`, both of one loop and within."""
        return self.sizes[last % len(self.units) + 1] - self.sizes[first % len(self.units)]


def reel(clip: Clip) -> Reel:
    """Lay out a clip's packets."""
    units = tuple(wire_unit(payloads(unit.nals, clip.codec)) for unit in clip.units)
    return Reel(
        media=media_lines(clip),
        units=units,
        capture_ticks=tuple(unit.capture_ticks for unit in clip.units),
        send_ticks=tuple(unit.send_ticks for unit in clip.units),
        keys=tuple(index for index, unit in enumerate(clip.units) if unit.key),
        sizes=tuple(accumulate((len(unit.data) for unit in units), initial=0)),
        duration_ticks=clip.duration_ticks,
    )
