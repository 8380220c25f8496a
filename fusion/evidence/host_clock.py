"""How far this machine's clock may be off, as its kernel knows it (adjtimex(2), RFC 5905)."""

import ctypes
import os
from dataclasses import dataclass

_UNSYNCHRONISED = 0x40  # STA_UNSYNC


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),  # microseconds
        ("esterror", ctypes.c_long),  # microseconds
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),  # more than any kernel writes behind it
    )


@dataclass(frozen=True, slots=True)
class HostClock:
    """What the kernel says."""

    synchronised: bool | None  #: by NTP or PTP; None: it does not say
    most_off_s: float | None  #: the bound of its error while it is synchronised


def host_clock() -> HostClock:
    """Asks the kernel; changes nothing."""
    timex = _Timex()
    call = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    if call is None or os.name != "posix" or call(ctypes.byref(timex)) < 0:
        return HostClock(None, None)
    synchronised = not timex.status & _UNSYNCHRONISED
    return HostClock(synchronised, timex.maxerror / 1e6 if synchronised else None)
