"""What a site may tune of finding troubles; each default was measured on rendered, perturbed and real street views."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fusion.ingest.policy import Count, Positive, Share
from fusion.plugins import Config
from fusion.types.terminal import TroubleKind

Luma = Annotated[int, Field(ge=1, le=254)]
More = Annotated[float, Field(gt=0)]


class PicturePolicy(Config):
    """Troubles that the pictures show."""

    other_stream_for: Positive = timedelta(minutes=1)
    #: pictures of another size are those of a burst on the main stream, and not judged; for longer, they are the stream

    memory: Positive = timedelta(minutes=10)  #: time constant of the usual view; what parks for less is no part of it
    sharpness_memory: Positive = timedelta(minutes=20)  #: of the usual sharpness; dusk takes longer than that
    settle: Positive = timedelta(seconds=30)  #: of pictures before the usual view and sharpness are believed
    least_looks: Count = 3  #: a trouble is raised and cleared by no fewer pictures
    clear_after: Positive = timedelta(seconds=20)  #: well for this long ends a trouble

    frozen_after: Positive = timedelta(seconds=30)
    frozen_looks: Count = 4  #: pictures that are the same; a still rendered scene has two or three
    frozen_unsure_after: Positive = timedelta(minutes=5)  #: where the terminal never showed that its pictures vary
    frozen_share: Share = 0.005  #: of the pixels may differ in a frozen picture: a clock that is burnt in later
    frozen_step: Luma = 2  #: luma steps that do not count: the same picture, encoded again

    dark_luma: Luma = 32  #: black is 16 (limited range) or 0; an unlit street through noise is about 24
    dark_share: Share = 0.99  #: of a black picture's pixels are no brighter
    black_after: Positive = timedelta(seconds=15)

    white_luma: Luma = 233  #: limited range ends at 235
    white_share: Share = 0.55  #: of an over-exposed picture's pixels are at least as bright; a bright sky fills less
    white_after: Positive = timedelta(seconds=20)

    blurred_ratio: Share = 0.62  #: of the usual sharpness
    blurred_below: Share = 0.32  #: and a sharpness (0-1) above this is never blurred; rain and night have 0.42 and more
    never_sharp_below: Share = 0.24  #: blurred also where nothing sharper was ever seen
    blurred_after: Positive = timedelta(seconds=30)

    covered_share: Share = 0.65  #: of the places that had structure; a lorry that parks over 60 % leaves half of them
    covered_after: Positive = timedelta(seconds=30)  #: a bus in a jam is gone by then
    covered_at_once: Positive = timedelta(seconds=15)  #: from well to covered; fog and dusk take minutes

    moved_least: Share = 0.03  #: of the picture's width; less is wind, or a lens that breathes with the temperature
    moved_after: Positive = timedelta(seconds=30)  #: and wind shakes it back sooner
    moved_looks: Count = 4
    lost_after: Positive = timedelta(minutes=5)  #: where the old view is nowhere: a lorry may unload before the lens
    unclear_after: Positive = timedelta(minutes=10)  #: a view that half changed for this long is the view: snow, a fair
    moved_told_for: Positive = timedelta(hours=1)  #: after that the new view is the view


class StreamPolicy(Config):
    """Troubles that the packets show."""

    away_after: Positive = timedelta(seconds=15)  #: a shorter drop is not told; a longer return ends the trouble
    settle: Positive = timedelta(minutes=1)  #: of packets before the usual rate is believed
    memory: Positive = timedelta(minutes=10)  #: time constant of the usual rate
    rate_ratio: Share = 0.45  #: of the usual pictures a second; a slow shutter at night halves 25 to 12 (0.48)
    bits_ratio: Share = 0.15  #: of the usual bits a second, and only where the pictures became fewer too
    bits_rate_ratio: Share = 0.8  #: the pictures a second of which are fewer than this
    rate_after: Positive = timedelta(seconds=30)
    rate_learnt_after: Positive = timedelta(hours=1)  #: a rate that stayed for this long is the usual one
    loss_share: Share = 0.01  #: of the packets; above it pictures break every few seconds
    loss_over: Positive = timedelta(minutes=1)  #: the share is taken over this long
    loss_after: Positive = timedelta(seconds=20)
    loss_windows: Count = 3  #: with losses among these; one burst is no lossy line
    clock_off_s: More = 2.0
    clock_reports: Count = 3


class TroublePolicy(Config):
    """What is told of a camera's troubles, and when."""

    ignored: frozenset[TroubleKind] = frozenset()  #: never told, for a dome on patrol: moved
    picture: PicturePolicy = PicturePolicy()
    stream: StreamPolicy = StreamPolicy()
