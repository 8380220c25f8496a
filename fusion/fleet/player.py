"""One playing session: sends a reel's units when they are due and drops for a client that is too slow."""

import asyncio
import secrets
from collections.abc import Sequence
from random import Random

from fusion.fleet.mischief import ClockJump, Frames, Packet, Packets, Slow, TimestampWrap
from fusion.fleet.pacer import Pacer
from fusion.fleet.reel import Reel
from fusion.fleet.rtp import WireUnit, frames_of, packets_of, sender_report, stamped, wire_unit
from fusion.fleet.stream import Stream
from fusion.fleet.timeline import TICKS_PER_S
from fusion.fleet.trickle import Trickle

_REPORT_TICKS = 5 * TICKS_PER_S
_WRAP_AFTER_PACKETS = 64


class Player:
    """Paced by the fleet's clock, not by its own start: two players of one stream send the same pictures.

    A dropped picture uses up its sequence numbers, so that the client can count what it missed.
    """

    def __init__(
        self,
        stream: Stream,
        transport: asyncio.Transport,
        pacer: Pacer,
        channels: tuple[int, int],
        *,
        whole_gop: bool,
        buffer_bytes: int,
    ) -> None:
        self.channels = channels
        self.ssrc = secrets.randbits(32)
        #: Whether the client wants pictures; stays while the stream is mute.
        self.playing = False
        self.slot: int | None = None
        self.muted = False
        self._stream = stream
        self._reel = stream.reel
        self._turn: tuple[Reel, int] | None = None  # the reel that follows, from that keyframe of it on
        self._transport = transport
        self._pacer = pacer
        self._whole_gop = whole_gop
        self._buffer_bytes = buffer_bytes
        self._sequence = secrets.randbits(16)
        self._clock_offset = secrets.randbits(32)
        self._next = 0  # every unit before it was sent, dropped or passed over
        self._awaits_key = False
        self._report_due_ticks = 0
        self._packets = self._octets = 0
        self._random = Random(stream.path)  # noqa: S311 - mischief is to come again the same
        self._amends: Sequence[Packets] = ()
        self._spoils: Sequence[Frames] = ()
        self._jump_s, self._jump_ticks = 0.0, 0
        self._trickle: Trickle | None = None
        self.refresh()

    def play(self) -> tuple[int, int]:
        """Join the stream live, after what is being written now; (sequence, RTP timestamp) of the first packet."""
        if self._stream.reel is not self._reel:
            self._reel, self._next = self._stream.reel, 0
        self._turn = None
        self._next = self._entry()
        if not self._packets and (wrap := self._stream.up_to(TimestampWrap)):
            self._sequence = 0x10000 - _WRAP_AFTER_PACKETS
            before_ticks = round(wrap[-1].before.total_seconds() * TICKS_PER_S)
            self._clock_offset = -before_ticks - self._reel.captured(self._next)
        self.playing, self.muted = True, False
        self._report_due_ticks = 0
        self._pacer.add(self)
        return self._sequence & 0xFFFF, self._timestamp(self._reel.captured(self._next)) & 0xFFFFFFFF

    def mute(self) -> None:
        """Send nothing although the client wants pictures, until `play`."""
        self.muted = True
        self.hold()

    def hold(self) -> None:
        """Send nothing until `play`."""
        self._pacer.drop(self)

    def pause(self) -> None:
        """The client wants no pictures."""
        self.playing = False
        self.hold()

    def refresh(self) -> None:
        """Take over what the stream is up to now; another reel from its next keyframe on."""
        stream, now_ticks = self._stream, self._stream.now_ticks()
        self._amends, self._spoils = stream.up_to(Packets), stream.up_to(Frames)
        jump = next(iter(stream.up_to(ClockJump)), None)
        shifts = (jump.ntp_s, round(jump.rtp_s * TICKS_PER_S)) if jump else (0.0, 0)
        if shifts != (self._jump_s, self._jump_ticks):
            (self._jump_s, self._jump_ticks), self._report_due_ticks = shifts, 0
        slow = next(iter(stream.up_to(Slow)), None)
        waiting = self._trickle.rest() if self._trickle else []
        if slow:
            self._trickle = Trickle(slow.share * stream.reel.bytes_per_s, now_ticks)
            self._trickle.add(waiting)
        else:
            self._trickle = None
            self._write(waiting)
        reel = stream.reel
        self._turn = None if reel is self._reel else (reel, reel.key_from(self._reel.captured(self._next)))

    def send_due(self, elapsed_ticks: int) -> int:
        """Send everything due `elapsed_ticks` after the fleet's epoch; when the next unit will be due."""
        now_ticks = elapsed_ticks + self._stream.phase_ticks
        out: list[bytes | bytearray] = []
        if now_ticks >= self._report_due_ticks:
            self._report(out, now_ticks)
        waiting = self._transport.get_write_buffer_size()
        while (due_ticks := self._due()) <= now_ticks:
            waiting += self._send(out, waiting)
            self._next += 1
        if self._trickle:
            self._trickle.add(out)
            out = list(self._trickle.passed(now_ticks))
            due_ticks = now_ticks  # it trickles at each tick
        self._write(out)
        return due_ticks - self._stream.phase_ticks

    def _entry(self) -> int:
        live = self._reel.live(self._stream.now_ticks())
        key = self._reel.key_before(live)
        if self._next > key:  # it goes on in the group of pictures in which it stopped
            return self._next
        if key == live or (self._whole_gop and self._reel.bytes_between(key, live) <= self._buffer_bytes):
            return key
        return self._reel.key_after(live)

    def _due(self) -> int:
        due_ticks = self._reel.due(self._next)
        if self._turn and self._turn[0].due(self._turn[1]) <= due_ticks:
            (self._reel, self._next), self._turn = self._turn, None
            return self._reel.due(self._next)
        return due_ticks

    def _timestamp(self, reel_ticks: int) -> int:
        return self._clock_offset + reel_ticks + self._jump_ticks

    def _send(self, out: list[bytes | bytearray], waiting: int) -> int:
        """Add a unit to what is written, or drop it; its bytes."""
        unit, counters = self._reel.unit(self._next), self._stream.counters
        if self._amends:
            unit = self._amended(unit)
        first, self._sequence = self._sequence, self._sequence + len(unit.starts)
        late = waiting + (self._trickle.waiting if self._trickle else 0) > self._buffer_bytes
        if late or (self._awaits_key and not self._reel.is_key(self._next)):
            self._awaits_key = True
            counters.units_dropped += 1
            return 0
        self._awaits_key = False
        data = stamped(unit, self.channels[0], first, self._timestamp(self._reel.captured(self._next)), self.ssrc)
        if self._spoils or self._trickle:
            out.extend(self._spoiled(frames_of(data, unit.starts)))
        else:
            out.append(data)
        self._packets += len(unit.starts)
        self._octets += unit.payload_bytes
        counters.units_sent += 1
        counters.packets_sent += len(unit.starts)
        counters.bytes_sent += len(data)
        return len(data)

    def _amended(self, unit: WireUnit) -> WireUnit:
        packets = [Packet(payload, marker) for payload, marker in packets_of(unit)]
        for amend in self._amends:
            packets = amend.packets(packets, self._random)
        return wire_unit([packet.payload for packet in packets], [packet.marker for packet in packets])

    def _spoiled(self, frames: list[bytes]) -> list[bytes]:
        for spoil in self._spoils:
            frames = spoil.frames(frames, self._random)
        return frames

    def _report(self, out: list[bytes | bytearray], now_ticks: int) -> None:
        self._report_due_ticks = now_ticks + _REPORT_TICKS
        if self._transport.get_write_buffer_size() > self._buffer_bytes:
            return
        out.append(
            sender_report(
                self.channels[1],
                self.ssrc,
                wall_unix_s=self._stream.unix_s(now_ticks) + self._jump_s,
                timestamp=self._timestamp(now_ticks),
                packets=self._packets,
                octets=self._octets,
            )
        )
        self._stream.counters.reports_sent += 1

    def _write(self, out: Sequence[bytes | bytearray]) -> None:
        if out:
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))
