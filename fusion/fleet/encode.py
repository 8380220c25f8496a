"""How the fleet encodes pictures with x264 and x265: closed groups of pictures, no B pictures, as cameras do. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fusion.fleet.nal import Codec
from fusion.types.errors import SiteError

_CRF = {Codec.H264: 23, Codec.H265: 25}
ENCODERS = {Codec.H264: "libx264", Codec.H265: "libx265"}


@dataclass(frozen=True, slots=True)
class Form:
    """What a clip is to be like. SiteError names the value that cannot be."""

    codec: Codec
    #: Width and height, both even.
    size_px: tuple[int, int]
    #: Pictures a second.
    fps: int
    #: From one keyframe to the next.
    gop: timedelta = timedelta(seconds=2)
    #: A rate to keep on average and in each second; without it constant quality (`crf`).
    kbit_s: int | None = None
    #: The encoder's constant rate factor, 0 to 51; without it a fair one for streets.
    crf: int | None = None
    #: The same picture gives the same keyframe each time: a quantiser instead of the encoder's foresight.
    constant: bool = False

    def __post_init__(self) -> None:
        wrong = {
            "size_px": (self.size_px, "even, 16 to 8192", all(16 <= n <= 8192 and n % 2 == 0 for n in self.size_px)),
            "fps": (self.fps, "1 to 120", 1 <= self.fps <= 120),
            "gop": (self.gop, "one picture to 10 min", self.gop_pictures >= 1 and self.gop <= timedelta(minutes=10)),
            "kbit_s": (self.kbit_s, "16 to 200000", self.kbit_s is None or 16 <= self.kbit_s <= 200_000),
            "crf": (
                self.crf,
                "0 to 51, without kbit_s",
                self.crf is None or (self.crf in range(52) and not self.kbit_s),
            ),
        }
        for name, (found, wanted, holds) in wrong.items():
            if not holds:
                raise SiteError(f"{name} {found}: wanted {wanted}")

    @property
    def gop_pictures(self) -> int:
        """Pictures from one keyframe to the next."""
        return round(self.gop.total_seconds() * self.fps)

    @property
    def name(self) -> str:
        """A word for file names that tells all of it."""
        rate = f"{self.kbit_s}k" if self.kbit_s else f"crf{self.crf if self.crf is not None else _CRF[self.codec]}"
        return f"{self.size_px[0]}x{self.size_px[1]}.{self.fps}fps.gop{self.gop_pictures}.{rate}.{self.codec.lower()}"


def set_up(encoder: Any, form: Form, *, pixels: str = "yuv420p") -> None:
    """Give a PyAV encoder (a stream or a codec context that is not open yet) the form and one thread."""
    encoder.width, encoder.height = form.size_px
    encoder.pix_fmt = pixels
    encoder.options = options(form)
    context = getattr(encoder, "codec_context", encoder)
    context.gop_size = form.gop_pictures
    context.thread_count = 1


def options(form: Form) -> dict[str, str]:
    """The encoder's options."""
    crf, gop = form.crf if form.crf is not None else _CRF[form.codec], form.gop_pictures
    if form.codec is Codec.H264:
        rate = {"qp" if form.constant else "crf": str(crf)}
        if form.kbit_s:
            rate = dict.fromkeys(("b", "maxrate", "bufsize"), f"{form.kbit_s}k")
        return {"preset": "veryfast", "sc_threshold": "0", "bf": "0", "forced-idr": "1", **rate}
    rate_265 = f"{'qp' if form.constant else 'crf'}={crf}"
    if form.kbit_s:
        rate_265 = f"bitrate={form.kbit_s}:vbv-maxrate={form.kbit_s}:vbv-bufsize={form.kbit_s}"
    keys = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:open-gop=0"
    return {
        "preset": "ultrafast",
        "forced-idr": "1",
        "x265-params": f"log-level=none:info=0:pools=1:frame-threads=1:{keys}:{rate_265}",
    }
