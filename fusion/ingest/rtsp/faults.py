"""Why a camera is not read, as this client sees it, and what its status codes mean (RFC 2326 7.1.1)."""

from enum import StrEnum

from fusion.types.errors import TerminalFault


class RtspFaultKind(StrEnum):
    """What went wrong, for whoever decides what to do next."""

    REFUSED = "refused"  #: user or password; trying again soon may lock the account
    NO_PATH = "no_path"  #: it has no such stream
    UNSUPPORTED = "unsupported"  #: its codec or transport is not read here; trying again is of no use
    BUSY = "busy"  #: it cannot serve now
    PROTOCOL = "protocol"  #: what it sends is no RTSP, or breaks it; another reader may do better
    TIMEOUT = "timeout"  #: it did not answer in time
    ENDED = "ended"  #: it ended the session; a new one may well do


class RtspFault(TerminalFault):
    """The connection is of no more use. Its text is a sentence without a secret, for whoever reads it at night."""

    def __init__(self, kind: RtspFaultKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


#: What a status means for people; those not named here go by their hundred.
_STATUSES: dict[int, tuple[RtspFaultKind, str]] = {
    401: (RtspFaultKind.REFUSED, "the camera refuses user or password (401)"),
    403: (RtspFaultKind.REFUSED, "the camera forbids this user the stream (403)"),
    404: (RtspFaultKind.NO_PATH, "the camera has no such path (404)"),
    405: (RtspFaultKind.UNSUPPORTED, "the camera does not know {method} (405)"),
    406: (RtspFaultKind.UNSUPPORTED, "the camera cannot describe its stream by SDP (406)"),
    407: (RtspFaultKind.REFUSED, "a proxy before the camera wants a login (407)"),
    410: (RtspFaultKind.NO_PATH, "the camera no longer has this path (410)"),
    415: (RtspFaultKind.UNSUPPORTED, "the camera cannot send its stream in a known form (415)"),
    453: (RtspFaultKind.BUSY, "the camera has no bandwidth left for one more viewer (453)"),
    454: (RtspFaultKind.ENDED, "the camera no longer knows the session (454)"),
    461: (RtspFaultKind.UNSUPPORTED, "the camera does not send over TCP (461)"),
    501: (RtspFaultKind.UNSUPPORTED, "the camera does not know {method} (501)"),
    503: (RtspFaultKind.BUSY, "the camera cannot serve one more viewer now (503)"),
    505: (RtspFaultKind.UNSUPPORTED, "the camera does not speak RTSP 1.0 (505)"),
    551: (RtspFaultKind.UNSUPPORTED, "the camera does not know an option that was asked for (551)"),
}


def status_fault(status: int, method: str) -> RtspFault:
    """The fault for a status of 300 or more that answered a request of ours."""
    if status in _STATUSES:
        kind, detail = _STATUSES[status]
        return RtspFault(kind, detail.format(method=method))
    if status >= 500:
        return RtspFault(RtspFaultKind.BUSY, f"the camera answers {method} with an error of its own ({status})")
    return RtspFault(RtspFaultKind.PROTOCOL, f"the camera refuses {method} ({status})")
