"""What SETUP's answer agrees on: channels and session (RFC 2326 12.37, 12.39). Pure."""

import re
from dataclasses import dataclass, field

from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind
from fusion.ingest.rtsp.messages import Headers

#: What is asked for: RTP on channel 0, RTCP on channel 1; a server may choose others.
ASKED = "RTP/AVP/TCP;unicast;interleaved=0-1"

_INTERLEAVED = re.compile(r"interleaved *= *([0-9]{1,9})(?: *- *([0-9]{1,9}))?")
_TIMEOUT = re.compile(r"timeout *= *\"?([0-9]{1,9})")
_DEFAULT_TIMEOUT_S = 60
# Before half of the timeout, so that one lost in a slow moment does not end the session.
_SHARE = 0.45
_MIN_INTERVAL_S, _MAX_INTERVAL_S = 2.0, 30.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a session goes over the connection."""

    rtp_channel: int  #: 0 to 255
    rtcp_channel: int  #: 0 to 255
    session_id: str = field(repr=False)  #: empty: the server named none
    keep_alive_s: float  #: seconds between keep-alives, 2 to 30 whatever the server says


def agreement(headers: Headers) -> Agreement:
    """Out of the headers of SETUP's answer.

    Raises:
        RtspFault: UNSUPPORTED where it is not TCP, PROTOCOL for channels that cannot be.
    """
    rtp_channel, rtcp_channel = _channels(headers.get("transport"))
    session_id, _, parameters = (headers.get("session") or "").partition(";")
    found = _TIMEOUT.search(parameters.lower())
    timeout_s = (int(found[1]) if found else 0) or _DEFAULT_TIMEOUT_S
    interval_s = min(max(_SHARE * timeout_s, _MIN_INTERVAL_S), _MAX_INTERVAL_S)
    return Agreement(rtp_channel, rtcp_channel, session_id.strip(), interval_s)


def _channels(transport: str | None) -> tuple[int, int]:
    """RTP's and RTCP's; a server that does not say takes what was asked."""
    first = (transport or ASKED).partition(",")[0].lower()
    found = _INTERLEAVED.search(first)
    if found is None:
        if "tcp" not in first:
            raise RtspFault(RtspFaultKind.UNSUPPORTED, "the camera sends over UDP though TCP was asked for")
        return 0, 1
    rtp_channel = int(found[1])
    rtcp_channel = int(found[2]) if found[2] else rtp_channel + 1
    if rtcp_channel == rtp_channel or max(rtp_channel, rtcp_channel) > 255:
        raise RtspFault(RtspFaultKind.PROTOCOL, "the camera names channels for its stream that cannot be")
    return rtp_channel, rtcp_channel
