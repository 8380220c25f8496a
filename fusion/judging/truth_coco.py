"""COCO-style annotations of videos: images that are frames, annotations with a category and a track."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from fusion.judging.truth import Truth
from fusion.judging.truth_tracks import LabelledTrack, truth_of
from fusion.types.errors import SiteError
from fusion.types.sighting import Box

_DIGITS = re.compile(r"(\d+)\D*$")
_Side = Annotated[int, Field(gt=0, le=100_000)]
_Pixel = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Video(_Part):
    id: int | str
    file_name: str = ""
    name: str = ""
    fps: Annotated[float, Field(gt=0, le=1000)] | None = None


class _Image(_Part):
    id: int | str
    file_name: str = ""
    width: _Side
    height: _Side
    video_id: int | str | None = None
    frame_id: int | None = None
    frame_index: int | None = None
    frame: int | None = None


class _Annotation(_Part):
    image_id: int | str
    category_id: int | str
    bbox: tuple[_Pixel, _Pixel, _Pixel, _Pixel]  #: left, top, width, height
    track_id: int | str | None = None
    instance_id: int | str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class _Category(_Part):
    id: int | str
    name: str


class CocoFile(_Part):
    """The file; several videos may stand in one."""

    images: Annotated[tuple[_Image, ...], Field(min_length=1)]
    annotations: tuple[_Annotation, ...]
    categories: tuple[_Category, ...]
    videos: tuple[_Video, ...] = ()

    @property
    def clips(self) -> dict[str, float | None]:
        """The clips that it speaks of, with their frames a second where it says; {"": None}: one without a name."""
        return {_name(video): video.fps for video in self.videos} or {"": None}

    def truth(self, file: Path, clip: str, fps: float, kinds: Mapping[str, str]) -> Truth:
        """Of one clip; see `truth_of`.

        Raises:
            SiteError: an annotation without a track, or an image without a frame number; names the file.
        """
        videos = {str(video.id): _name(video) for video in self.videos}
        images = {
            str(image.id): image for image in self.images if not videos or videos.get(str(image.video_id)) == clip
        }
        names = {str(category.id): category.name for category in self.categories}
        tracks: dict[tuple[str, str], LabelledTrack] = {}
        for number, entry in enumerate(self.annotations):
            image = images.get(str(entry.image_id))
            if image is None:
                continue
            label = names.get(str(entry.category_id))
            if label is None:
                raise SiteError(f"{file}: annotations.{number}: category {entry.category_id!r} is not in categories")
            track = tracks.setdefault((label, _track_of(file, number, entry)), LabelledTrack("", label))
            track.id = track.id or f"{label}-{_track_of(file, number, entry)}"
            left, top, wide, high = entry.bbox
            box = Box(left / image.width, top / image.height, (left + wide) / image.width, (top + high) / image.height)
            frame = _frame_of(file, image)
            track.boxes.append((frame, box))
            if entry.attributes.get("left") is True:
                track.left_frame = frame if track.left_frame is None else min(frame, track.left_frame)
        return truth_of(clip, list(tracks.values()), (), fps, kinds)


def _name(video: _Video) -> str:
    return Path((video.file_name or video.name).replace("\\", "/")).name


def _track_of(file: Path, number: int, entry: _Annotation) -> str:
    for value in (entry.track_id, entry.instance_id, entry.attributes.get("track_id")):
        if value is not None:
            return str(value)
    raise SiteError(
        f"{file}: annotations.{number}: no track_id; wanted: the same track_id on all boxes of one thing, "
        "since an event is a thing over time"
    )


def _frame_of(file: Path, image: _Image) -> int:
    for value in (image.frame_id, image.frame_index, image.frame):
        if value is not None:
            return value
    digits = _DIGITS.search(Path(image.file_name).stem)
    if digits is None:
        raise SiteError(
            f"{file}: image {image.id!r}: no frame number; wanted: frame_id, or a file_name that ends with it"
        )
    return int(digits.group(1))
