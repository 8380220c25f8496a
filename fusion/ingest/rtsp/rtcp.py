"""Sender reports: what the camera's own clock says (RFC 3550 6.4.1). Pure."""

import struct
from dataclasses import dataclass

_SENDER_REPORT = 200
_HEAD = struct.Struct(">BBHIIII")
_NTP_UNIX_S = 2_208_988_800  # from 1900 to 1970
#: Cameras that were never set count from their start; what they say is no time of day.
_PLAUSIBLE_S = 946_684_800  # 2000-01-01


@dataclass(frozen=True, slots=True)
class SenderReport:
    """The camera says: at this time of day of mine, my RTP clock stood there."""

    wall_s: float | None  #: Unix seconds by the camera's clock; None: it gives no time of day
    timestamp: int  #: RTP units, 32 bits
    arrival_s: float  #: as given by the caller

    @property
    def offset_s(self) -> float | None:
        """The camera's clock less the caller's; None: it gives no time of day."""
        return None if self.wall_s is None else self.wall_s - self.arrival_s


def sender_report(buffer: bytes, start: int, end: int, arrival_s: float) -> SenderReport | None:
    """The first sender report of the compound packet in [start, end); None where there is none."""
    while end - start >= 4:
        kind = buffer[start + 1]
        length = 4 + 4 * int.from_bytes(buffer[start + 2 : start + 4])
        if buffer[start] >> 6 != 2 or start + length > end:
            return None
        if kind == _SENDER_REPORT and length >= 28:
            _, _, _, _, seconds, fraction, timestamp = _HEAD.unpack_from(buffer, start)
            wall_s = seconds - _NTP_UNIX_S + fraction / 2**32
            known = wall_s >= _PLAUSIBLE_S
            return SenderReport(wall_s if known else None, timestamp, arrival_s)
        start += length
    return None
