"""The fast path: interleaved RTP of one connection in, whole coded pictures out. Pure."""

import struct
from typing import NamedTuple

from fusion.ingest.rtsp.nal import Kind, Payloads
from fusion.ingest.rtsp.rtcp import SenderReport, sender_report
from fusion.ingest.rtsp.rtp import DOLLAR, FRAME_BYTES, payload, payloads

#: "$", channel, length; first RTP byte, marker and type, sequence, timestamp, SSRC; first byte of the payload.
_HEAD = struct.Struct(">BBHBBHIIB")
_PLAIN = 0x80  #: version 2, no padding, no extension, no CSRC
_MARKER = 0x80
_HALF = 1 << 31
_INSIDE = int(Kind.AGGREGATE)  #: from this kind on one must look inside; a plain integer, for speed
_DROPOUT_MOST = 3000  #: more missing than this are none (RFC 3550 A.1, MAX_DROPOUT)
_LATE_AT_MOST = 8  #: packets in a row that seem to come too late: then it was the numbering that began anew


class CodedPicture(NamedTuple):
    """One picture as it came: its interleaved frames, which hold NAL units once they are put together."""

    raw: bytes
    key: bool
    ticks: int  #: RTP timestamp, unwrapped; the first of a connection is as sent
    arrival_s: float  #: as given by the caller


class RtpReceiver:
    """Walks over frames without copying them, and cuts the stream into pictures.

    A picture ends with its marker, or where the timestamp changes. Where packets are missing, pictures are dropped up
    to the next keyframe that is whole: no decoder sees a damaged one. One thread.
    """

    #: Why a picture's bytes are given up: nobody sends one of this size.
    most_picture_bytes = 16 << 20

    def __init__(self, payloads: Payloads, payload_type: int, rtp_channel: int, rtcp_channel: int) -> None:
        self._payloads, self._type = payloads, payload_type
        self._rtp, self._rtcp = rtp_channel, rtcp_channel
        self._expected = -1  #: sequence number of the next packet; -1: any
        self._late_in_row = 0
        self._timestamp = -1  #: of the picture that is coming, 32 bits; -1: none yet
        self._ticks = 0  #: the same, unwrapped
        self._kind = 0  #: `Kind` by the first slice of the picture so far; 0: none came yet
        self._parts: list[bytes] = []  #: its frames from earlier calls
        self._parts_bytes = 0
        self._broken = False  #: a packet of it is missing
        self._next_broken = False  #: the same of the picture that the next timestamp begins
        self._done_timestamp = -1  #: of the last picture that its marker ended
        self._marker_lies = False  #: the camera sets it on every slice
        self._awaits_key = True
        self._pictures: list[CodedPicture] = []
        self.report: SenderReport | None = None  #: the newest
        self.packets = 0  #: RTP packets of the video
        self.lost = 0  #: sequence numbers that never came
        self.late = 0  #: packets that came after later ones, and were not used
        self.dropped = 0  #: pictures given up because of missing packets
        self.stray = 0  #: frames of unknown channels and packets that cannot be read

    def take(self) -> list[CodedPicture]:
        """The pictures that were completed since the last call, in decoding order."""
        taken, self._pictures = self._pictures, []
        return taken

    def feed(self, buffer: bytes, start: int, now_s: float) -> int:
        """Take in the whole frames from `start` on.

        Returns:
            Where the first byte lies that was not used: of a frame that is not whole yet, or no frame's at all.
        """
        # Names bound here are what the loop touches for each packet; the rest is out of its way, in methods.
        unpack, end, at, picture = _HEAD.unpack_from, len(buffer), start, start
        kinds, channel_wanted, type_wanted = self._payloads.kinds, self._rtp, self._type
        expected, current, packets = self._expected, self._timestamp, self.packets
        while at + _HEAD.size <= end:
            dollar, channel, length, first, second, sequence, timestamp, _ssrc, byte = unpack(buffer, at)
            following = at + FRAME_BYTES + length
            if dollar != DOLLAR or following > end:
                break
            if channel != channel_wanted or length < 13 or second & 0x7F != type_wanted or first & 0xC0 != _PLAIN:
                expected = self._other(buffer, at, channel, following, expected, now_s)
                at = following
                continue
            if sequence != expected and not self._follows(buffer, at, following, sequence, expected):
                at = following
                continue
            expected = (sequence + 1) & 0xFFFF
            packets += 1
            if timestamp != current:
                if self._kind:
                    self._finish(buffer, picture, at, now_s)
                    picture = at
                self._begin(timestamp)
                current = timestamp
            if not self._kind:
                # The first slice says what the picture is.
                kind = kinds[byte] if first == _PLAIN else _INSIDE
                self._kind = self._look_inside(buffer, at, following) if kind >= _INSIDE else kind
            at = following
            if second & _MARKER and self._kind and not self._marker_lies:
                self._finish(buffer, picture, at, now_s)
                self._done_timestamp, picture = timestamp, at
        self._expected, self.packets = expected, packets
        at = self._short(buffer, at, now_s)
        self._keep(buffer, picture, at)
        return at

    def _begin(self, timestamp: int) -> None:
        if self._timestamp >= 0:
            step = (timestamp - self._timestamp) & 0xFFFFFFFF
            self._ticks += step if step < _HALF else step - (1 << 32)
        else:
            self._ticks = timestamp
        self._timestamp = timestamp
        self._broken, self._next_broken = self._next_broken, False

    def _finish(self, buffer: bytes, start: int, end: int, now_s: float) -> None:
        """The picture that was coming is complete."""
        kind, broken = self._kind, self._broken
        raw = buffer[start:end]
        if self._parts:
            raw = b"".join((*self._parts, raw))
        if self._timestamp == self._done_timestamp and not self._begins(raw):
            # More of a picture that its marker had ended: it marks slices, and what was given out was a part.
            self._marker_lies = self._awaits_key = broken = True
        if kind == Kind.KEY and not broken:
            self._awaits_key = False
        if broken or self._awaits_key or kind > Kind.KEY:
            self.dropped += 1
            self._awaits_key = True
        else:
            self._pictures.append(CodedPicture(raw, kind == Kind.KEY, self._ticks, now_s))
        self._parts.clear()
        self._parts_bytes = self._kind = 0
        self._broken = False

    def _begins(self, raw: bytes) -> bool:
        """Whether frames hold the first slice of a picture: then two pictures have one timestamp."""
        found = payloads(raw, self._rtp, self._type)
        first = next((part for part in found if self._payloads.kind(raw, *part) > Kind.OTHER), None)
        return first is not None and self._payloads.begins_picture(raw, *first)

    def _keep(self, buffer: bytes, start: int, end: int) -> None:
        """Hold what has come of an unfinished picture."""
        if start >= end:
            return
        self._parts.append(buffer[start:end])
        self._parts_bytes += end - start
        if self._parts_bytes > self.most_picture_bytes:
            self._parts.clear()
            self._parts_bytes, self._broken = 0, True

    def _look_inside(self, buffer: bytes, at: int, following: int) -> Kind:
        found = payload(buffer, at + FRAME_BYTES, following)
        return self._payloads.kind(buffer, *found) if found else Kind.OTHER

    def _follows(self, buffer: bytes, at: int, following: int, sequence: int, expected: int) -> bool:
        """A number that was not expected: whether the packet is used, after the damage is noted."""
        if expected < 0:
            return True
        missing = (sequence - expected) & 0xFFFF
        if missing >= _DROPOUT_MOST:
            self.late += 1
            self._late_in_row += 1
            if self._late_in_row <= _LATE_AT_MOST:
                return False
            missing = 0  # the camera counts anew: nobody knows what is missing
        self._late_in_row = 0
        self.lost += missing
        self._awaits_key = True
        found = payload(buffer, at + FRAME_BYTES, following)
        self._broken = True
        self._next_broken = found is None or not self._payloads.begins_picture(buffer, *found)
        return True

    def _other(self, buffer: bytes, at: int, channel: int, following: int, expected: int, now_s: float) -> int:
        """A frame that is no packet of the video; the sequence number that is expected after it."""
        if channel == self._rtcp:
            self.report = sender_report(buffer, at + FRAME_BYTES, following, now_s) or self.report
            return expected
        self.stray += 1
        if channel == self._rtp and following - at >= FRAME_BYTES + 12:
            sequence = int.from_bytes(buffer[at + 6 : at + 8])
            if sequence == expected:
                return (sequence + 1) & 0xFFFF  # it is not ours to use, but its number counts
        return expected

    def _short(self, buffer: bytes, at: int, now_s: float) -> int:
        """Whole frames at the end that are too short to hold a payload."""
        end = len(buffer)
        while at + FRAME_BYTES <= end and buffer[at] == DOLLAR:
            following = at + FRAME_BYTES + int.from_bytes(buffer[at + 2 : at + 4])
            if following > end or following - at >= _HEAD.size:
                break
            self._expected = self._other(buffer, at, buffer[at + 1], following, self._expected, now_s)
            at = following
        return at
