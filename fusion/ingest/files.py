"""Video files on media time: the clock is the file's own, so that two readings give the same pictures."""

import threading
import time
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from fusion.ingest.planes import picture_of, why
from fusion.ingest.probe import opened_file, probe, video_of
from fusion.ingest.sources import images_in, sources_in
from fusion.types.errors import SiteError
from fusion.types.picture import Picture

__all__ = ["FileReader", "paced", "read_file", "sources_in"]

_US = 1_000_000
_IMAGE_GAP = timedelta(seconds=1)


class FileReader(Iterator[Picture]):
    """The pictures of one file or of one folder of images, as an iterator; made by `read_file`."""

    def __init__(
        self,
        path: Path,
        *,
        every: timedelta | None,
        clock_start: datetime,
        terminal_id: str,
        stop: threading.Event | None,
        keyframes_only: bool,
    ) -> None:
        self.path = path
        self.broken_packets = 0  #: packets (or images) that no decoder read, so far
        self._every_us = round(every / timedelta(microseconds=1)) if every else 0
        self._clock_start = clock_start
        self._terminal_id = terminal_id
        self._stop = stop or threading.Event()
        self._keyframes_only = keyframes_only
        self._frames = self._of_images() if path.is_dir() else self._of_video()
        self._pictures = self._given_out(self._frames)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Picture:
        return next(self._pictures)

    def close(self) -> None:
        """Close the file; the iterator ends."""
        self._pictures.close()
        self._frames.close()

    def _given_out(self, frames: Iterator[tuple[int, VideoFrame]]) -> Generator[Picture, None, None]:
        """Those nearest to each `every` of media time, and the last one; only these are converted."""
        due_us, before_us, kept = 0, 0, None
        for media_us, frame in frames:
            slack_us = min(media_us - before_us, self._every_us) // 2
            before_us = media_us
            if media_us + slack_us < due_us:
                kept = (media_us, frame)
                continue
            kept = None
            if self._every_us:
                due_us = ((media_us + slack_us) // self._every_us + 1) * self._every_us
            yield self._picture(media_us, frame)
        if kept is not None:
            yield self._picture(*kept)

    def _picture(self, media_us: int, frame: VideoFrame) -> Picture:
        at = self._clock_start + timedelta(microseconds=media_us)
        try:
            return picture_of(frame, self._terminal_id, at, upright=True)
        except av.FFmpegError as error:
            raise SiteError(
                f"{self.path}: pictures of format {frame.format.name} cannot be converted to 4:2:0: {why(error)}; "
                "wanted: a video in a common pixel format"
            ) from error

    def _of_video(self) -> Generator[tuple[int, VideoFrame], None, None]:
        """(media time from the first picture in microseconds, frame), in order of showing, never back in time."""
        given = 0
        with opened_file(self.path) as container:
            stream = video_of(container, str(self.path))
            stream.codec_context.thread_type = ThreadType.AUTO
            if self._keyframes_only:
                stream.codec_context.skip_frame = "NONKEY"
            clock = _MediaClock(stream)
            for packet in self._packets(container, stream):
                for frame in self._decoded(stream, packet):
                    given += 1
                    yield clock.media_us(frame), frame
                if self._stop.is_set():
                    return
        if not given:
            raise SiteError(
                f"{self.path}: not one picture could be decoded ({self.broken_packets} broken packets); "
                "wanted: a video whose codec is known here"
            )

    def _packets(self, container: InputContainer, stream: VideoStream) -> Iterator["Packet[VideoStream] | None"]:
        """The file's packets, then None: drain the decoder."""
        try:
            yield from container.demux(stream)
        except av.FFmpegError:
            # A file cut off in the middle still has all that came before.
            self.broken_packets += 1
            yield None

    def _decoded(self, stream: VideoStream, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            frames = stream.decode(packet)
        except av.FFmpegError:
            self.broken_packets += 1
            return []
        whole = [frame for frame in frames if not frame.is_corrupt]
        self.broken_packets += len(frames) - len(whole)
        return whole

    def _of_images(self) -> Generator[tuple[int, VideoFrame], None, None]:
        """The images of the folder, one a second, or one each `every`."""
        gap_us, given = self._every_us or round(_IMAGE_GAP.total_seconds() * _US), 0
        for path in images_in(self.path):
            if self._stop.is_set():
                return
            frame = self._image(path)
            if frame is None:
                self.broken_packets += 1
                continue
            yield given * gap_us, frame
            given += 1
        if not given:
            raise SiteError(f"{self.path}: not one of its images could be read; wanted: .jpg, .png, .bmp or .webp")

    @staticmethod
    def _image(path: Path) -> VideoFrame | None:
        try:
            with av.open(path) as container:
                return next(iter(container.decode(video=0)), None)
        except (av.FFmpegError, IndexError):
            return None


class _MediaClock:
    """Media time from whatever timestamps the file has; without any, from its frame rate."""

    def __init__(self, stream: VideoStream) -> None:
        rate = stream.average_rate or stream.guessed_rate
        self._gap_us = round(_US / rate) if rate else _US // 25
        self._base_us: int | None = None  #: the timestamp that is media time 0
        self._last_us = -self._gap_us

    def media_us(self, frame: VideoFrame) -> int:
        """Media time of the next frame in order of showing, microseconds, later than that of the frame before."""
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is None or frame.time_base is None:
            media_us = self._last_us + self._gap_us
        else:
            stamp_us = round(stamp * frame.time_base * _US)
            if self._base_us is None:
                self._base_us = stamp_us
            if stamp_us - self._base_us <= self._last_us:  # wrapped, reset, or stamped twice: go on from here
                self._base_us = stamp_us - self._last_us - self._gap_us
            media_us = stamp_us - self._base_us
        self._last_us = media_us
        return media_us


def read_file(
    path: Path,
    *,
    every: timedelta | None,
    clock_start: datetime,
    terminal_id: str = "",
    stop: threading.Event | None = None,
    keyframes_only: bool | None = None,
) -> FileReader:
    """The pictures of a video file, or of a folder of images (one a second, or one each `every`), on media time.

    Args:
        path: what `sources_in` gives.
        every: media time between pictures, the nearest frame to each; None: each frame. The last is always given.
        clock_start: when the first picture was shown (aware, UTC); each picture's `at` is this + its media time.
        terminal_id: put into each picture; empty: the file's name.
        stop: set it to end the iterator early.
        keyframes_only: decode nothing else; the last picture is then the last keyframe. None: where keyframes come
            at least each `every` in the file's first minute.

    Raises:
        SiteError: here or while iterating: no such file, no video in it, nothing in it could be decoded. Single broken
            packets are skipped and counted (`FileReader.broken_packets`).
    """
    if every is not None and every <= timedelta(0):
        raise SiteError(f"{path}: a picture each {every.total_seconds():g} s; wanted: more than 0 s, or each frame")
    if not path.exists():
        raise SiteError(f"{path}: no such file or folder; wanted: a video file, or a folder of them")
    if keyframes_only is None:
        keyframes_only = every is not None and path.is_file() and _keyframes_each(every, path)
    return FileReader(
        path,
        every=every,
        clock_start=clock_start,
        terminal_id=terminal_id or path.stem,
        stop=stop,
        keyframes_only=keyframes_only,
    )


def _keyframes_each(every: timedelta, path: Path) -> bool:
    gap_s = probe(path).keyframe_gap_s
    return gap_s is not None and gap_s <= every.total_seconds()


def paced(pictures: Iterator[Picture], stop: threading.Event) -> Iterator[Picture]:
    """The same pictures at the pace at which they were shown; ends when `stop` is set."""
    started_s, first_at = time.monotonic(), None
    for picture in pictures:
        first_at = first_at or picture.at
        wait_s = (picture.at - first_at).total_seconds() - (time.monotonic() - started_s)
        if stop.wait(max(0.0, wait_s)):
            return
        yield picture
