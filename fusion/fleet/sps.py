"""SPS that claim a size which no camera has, bit by bit (ITU-T H.264 7.3.2.1, H.265 7.3.2.2). Pure."""

from dataclasses import replace

from fusion.fleet.clip import Clip
from fusion.fleet.nal import Codec, is_parameter_set, nal_type

CLAIMED_PX = 16_384
_SPS = {Codec.H264: 7, Codec.H265: 33}
_WITH_CHROMA_FORMAT = (100, 110, 122, 244, 44, 83, 86, 118, 128)  # profiles whose SPS says it (H.264 7.3.2.1.1)


def oversized(clip: Clip) -> Clip:
    """The clip with an SPS of 16,384 x 16,384 pixels, in the description and in each keyframe."""
    build = _h264 if clip.codec is Codec.H264 else _h265

    def claimed(nal: bytes) -> bytes:
        return build(nal) if nal_type(nal, clip.codec) == _SPS[clip.codec] else nal

    units = tuple(
        replace(unit, nals=tuple(claimed(nal) if is_parameter_set(nal, clip.codec) else nal for nal in unit.nals))
        for unit in clip.units
    )
    sets = tuple(claimed(nal) for nal in clip.parameter_sets)
    return replace(clip, width_px=CLAIMED_PX, height_px=CLAIMED_PX, parameter_sets=sets, units=units)


class _Bits:
    """Fixed-length and Exp-Golomb codes one after the other (H.264 9.1)."""

    def __init__(self) -> None:
        self._text = ""

    def u(self, width: int, *values: int) -> None:
        self._text += "".join(f"{value:0{width}b}" for value in values)

    def ue(self, *values: int) -> None:
        for value in values:
            digits = f"{value + 1:b}"
            self._text += "0" * (len(digits) - 1) + digits

    def payload(self) -> bytes:
        """With trailing bits and emulation prevention (H.264 7.4.1)."""
        text = self._text + "1"
        text += "0" * (-len(text) % 8)
        raw, escaped = int(text, 2).to_bytes(len(text) // 8, "big"), bytearray()
        for byte in raw:
            if byte <= 3 and escaped[-2:] == b"\0\0":
                escaped.append(3)
            escaped.append(byte)
        return bytes(escaped)


def _h264(own: bytes) -> bytes:
    bits, macroblocks = _Bits(), CLAIMED_PX // 16
    bits.u(8, own[1], own[2], 62)  # profile and constraints as before, level 6.2
    bits.ue(0)
    if own[1] in _WITH_CHROMA_FORMAT:
        bits.ue(1, 0, 0)  # 4:2:0, 8 bits each
        bits.u(1, 0, 0)
    bits.ue(0, 2, 1)  # frame numbers of 4 bits, output in decoding order, one reference
    bits.u(1, 0)
    bits.ue(macroblocks - 1, macroblocks - 1)
    bits.u(1, 1, 1, 0, 0)  # frames only, 8x8 inference; no cropping, no VUI
    return own[:1] + bits.payload()


def _h265(own: bytes) -> bytes:
    bits = _Bits()
    bits.u(8, 0x01)  # VPS 0, one layer, nested
    bits.u(8, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 186)  # Main profile, progressive frames, level 6.2
    bits.ue(0, 1, CLAIMED_PX, CLAIMED_PX)  # its id, 4:2:0, width, height
    bits.u(1, 0)
    bits.ue(0, 0, 4)  # 8 bits each, picture order counts of 8 bits
    bits.u(1, 1)
    bits.ue(1, 0, 0)  # one reference, no reordering
    bits.ue(0, 2, 0, 3, 0, 0)  # coding blocks 8 to 32, transform blocks 4 to 32
    bits.u(1, 0, 0, 0, 0)  # no scaling lists, no AMP, no SAO, no PCM
    bits.ue(0)
    bits.u(1, 0, 0, 0, 0, 0)  # no long-term references, no temporal prediction, no smoothing, no VUI, no extension
    return own[:2] + bits.payload()
