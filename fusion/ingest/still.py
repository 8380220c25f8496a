"""One picture of a main stream, as evidence: opened for a keyframe and closed again."""

import threading
import time
from datetime import timedelta

from fusion.ingest.decoding import KeyframeDecoder
from fusion.ingest.pyav_connection import RtspConnection
from fusion.ingest.reader import Encoded, StreamFault, StreamSpec
from fusion.types.errors import TerminalFault
from fusion.types.picture import Picture
from fusion.types.terminal import Health


class Stills:
    """Grabs stills, so many main streams open at once at most; safe for many threads."""

    def __init__(self, at_once: int = 4) -> None:
        self._at_once = at_once
        self._places = threading.Semaphore(at_once)

    def grab(self, url: str, timeout_s: float, terminal_id: str = "") -> Picture:
        """As the function `grab`; the wait for a place counts into the time.

        Raises:
            TerminalFault: as `grab`, or no place came free in time.
        """
        began_s = time.monotonic()
        if not self._places.acquire(timeout=timeout_s):
            raise TerminalFault(
                f"terminal {terminal_id}: no still within {timeout_s:g} s: {self._at_once} others are being taken"
            )
        try:
            return grab(url, max(0.1, timeout_s - (time.monotonic() - began_s)), terminal_id)
        finally:
            self._places.release()


def grab(url: str, timeout_s: float, terminal_id: str = "") -> Picture:
    """The next keyframe of a stream, decoded.

    Raises:
        TerminalFault: unreachable, refused, silent, undecodable, or no keyframe in time; names the terminal, no secret.
        SiteError: the URL is no address of a stream.
    """
    try:
        packet = _keyframe(StreamSpec(terminal_id, url), time.monotonic() + timeout_s, timeout_s)
        return KeyframeDecoder().decode(terminal_id, packet)
    except StreamFault as fault:
        raise TerminalFault(f"terminal {terminal_id}: no still: {fault}") from None


def _keyframe(spec: StreamSpec, deadline_s: float, timeout_s: float) -> Encoded:
    limit = timedelta(seconds=timeout_s)
    connection = RtspConnection(spec, limit, limit)
    try:
        for packet in connection.packets():
            if packet.keyframe:
                return packet
            if time.monotonic() > deadline_s:
                break
    finally:
        connection.close()
    raise StreamFault(Health.SILENT, f"no keyframe within {timeout_s:g} s")
