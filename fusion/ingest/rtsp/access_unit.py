"""A coded picture's frames, put together to what a decoder takes, and the parameter sets among it. Pure."""

from fusion.ingest.rtsp.nal import FORMATS, Payloads, annex_b, split

_SETS = {"h264": frozenset({7, 8}), "hevc": frozenset({32, 33, 34})}


def nal_type(unit: bytes, codec: str) -> int:
    """The type of a NAL unit (H.264 7.3.1, H.265 7.3.1.2)."""
    return unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63


def byte_stream(raw: bytes, codec: str, channel: int, payload_type: int) -> bytes:
    """The Annex B byte stream of a picture that came as interleaved frames."""
    return FORMATS[codec].byte_stream(raw, channel, payload_type)


def parameter_sets(raw: bytes, codec: str, channel: int, payload_type: int) -> bytes:
    """The parameter sets that come with a picture, in Annex B form; empty where it brings none, or not all kinds."""
    wanted = _SETS[codec]
    units = [unit for unit in split(byte_stream(raw, codec, channel, payload_type)) if nal_type(unit, codec) in wanted]
    return annex_b(units) if {nal_type(unit, codec) for unit in units} == wanted else b""


def format_of(codec: str) -> Payloads | None:
    """The payload format of a codec by libavcodec's name; None: not one that we read."""
    return FORMATS.get(codec)
