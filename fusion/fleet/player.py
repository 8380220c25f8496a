"""One playing session: sends a reel's units when they are due and drops for a client that is too slow."""

import asyncio
import secrets

from fusion.fleet.rtp import sender_report, stamped
from fusion.fleet.stream import Stream
from fusion.fleet.timeline import TICKS_PER_S

_REPORT_TICKS = 5 * TICKS_PER_S


class Player:
    """Paced by the fleet's clock, not by its own start: two players of one stream send the same pictures.

    A dropped picture uses up its sequence numbers, so that the client can count what it missed.
    """

    def __init__(
        self,
        stream: Stream,
        transport: asyncio.Transport,
        channels: tuple[int, int],
        *,
        whole_gop: bool,
        buffer_bytes: int,
    ) -> None:
        self.channels = channels
        self.ssrc = secrets.randbits(32)
        #: Whether the client wants pictures; stays while the stream hangs.
        self.playing = False
        self._stream = stream
        self._reel = stream.reel
        self._transport = transport
        self._whole_gop = whole_gop
        self._buffer_bytes = buffer_bytes
        self._sequence = secrets.randbits(16)
        self._clock_offset = secrets.randbits(32)
        self._next = 0  # every unit before it was sent, dropped or passed over
        self._awaits_key = False
        self._report_due_ticks = 0
        self._packets = self._octets = 0
        self._timer: asyncio.Handle | None = None

    def play(self) -> tuple[int, int]:
        """Join the stream live, after what is being written now; (sequence, RTP timestamp) of the first packet."""
        self.hold()
        self.playing = True
        self._next = self._entry()
        self._report_due_ticks = 0
        self._timer = asyncio.get_running_loop().call_soon(self._send_due)
        return self._sequence & 0xFFFF, self._timestamp(self._reel.captured(self._next)) & 0xFFFFFFFF

    def hold(self) -> None:
        """Send nothing until `play`."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def pause(self) -> None:
        """The client wants no pictures."""
        self.playing = False
        self.hold()

    def _entry(self) -> int:
        live = self._reel.live(self._stream.now_ticks())
        key = self._reel.key_before(live)
        if self._next > key:  # it goes on in the group of pictures in which it stopped
            return self._next
        if key == live or (self._whole_gop and self._reel.bytes_between(key, live) <= self._buffer_bytes):
            return key
        return self._reel.key_after(live)

    def _timestamp(self, reel_ticks: int) -> int:
        return self._clock_offset + reel_ticks

    def _send_due(self) -> None:
        now_ticks = self._stream.now_ticks()
        if now_ticks >= self._report_due_ticks:
            self._report(now_ticks)
        while (due := self._reel.due(self._next)) <= now_ticks:
            self._send(self._next)
            self._next += 1
        delay_s = (due - now_ticks) / TICKS_PER_S
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._send_due)

    def _send(self, number: int) -> None:
        unit, counters = self._reel.unit(number), self._stream.counters
        first, self._sequence = self._sequence, self._sequence + len(unit.starts)
        late = self._transport.get_write_buffer_size() > self._buffer_bytes
        if late or (self._awaits_key and not self._reel.is_key(number)):
            self._awaits_key = True
            counters.units_dropped += 1
            return
        self._awaits_key = False
        timestamp = self._timestamp(self._reel.captured(number))
        self._transport.write(stamped(unit, self.channels[0], first, timestamp, self.ssrc))
        self._packets += len(unit.starts)
        self._octets += unit.payload_bytes
        counters.units_sent += 1
        counters.packets_sent += len(unit.starts)
        counters.bytes_sent += len(unit.data)

    def _report(self, now_ticks: int) -> None:
        self._report_due_ticks = now_ticks + _REPORT_TICKS
        if self._transport.get_write_buffer_size() > self._buffer_bytes:
            return
        self._transport.write(
            sender_report(
                self.channels[1],
                self.ssrc,
                wall_unix_s=self._stream.unix_s(now_ticks),
                timestamp=self._timestamp(now_ticks),
                packets=self._packets,
                octets=self._octets,
            )
        )
        self._stream.counters.reports_sent += 1
