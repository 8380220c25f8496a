"""What DESCRIBE answers (RFC 4566; RFC 2326 C; fmtp by RFC 6184 8.2.1 and RFC 7798 7.2.1). Pure."""

from base64 import b64encode

from fusion.fleet.clip import Clip
from fusion.fleet.nal import Codec, nal_type
from fusion.fleet.rtp import PAYLOAD_TYPE
from fusion.fleet.timeline import TICKS_PER_S

TRACK = "trackID=0"


def media_lines(clip: Clip) -> tuple[str, ...]:
    """The media part for a clip: one video track."""
    return (
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {clip.codec}/{TICKS_PER_S}",
        f"a=fmtp:{PAYLOAD_TYPE} {_fmtp(clip)}",
        f"a=framerate:{clip.pictures_per_s:g}",
        f"a=control:{TRACK}",
    )


def description(media: tuple[str, ...], host: str) -> str:
    """The whole description of a live stream, lines ended by CRLF."""
    family = "IP6" if ":" in host else "IP4"
    session = (
        "v=0",
        f"o=- 0 0 IN {family} {host}",
        "s=fusion fleet",
        f"c=IN {family} {host}",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
    )
    return "\r\n".join((*session, *media, ""))


def _fmtp(clip: Clip) -> str:
    encoded = [(nal_type(nal, clip.codec), b64encode(nal).decode()) for nal in clip.parameter_sets]
    if clip.codec is Codec.H265:
        names = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
        return ";".join(
            f"{name}={','.join(text for kind, text in encoded if kind == key)}" for key, name in names.items()
        )
    # profile_idc, constraint flags and level_idc are the three bytes behind the SPS's header.
    profile = next(nal[1:4].hex().upper() for nal in clip.parameter_sets if nal_type(nal, clip.codec) == 7)
    return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(t for _, t in encoded)}"
