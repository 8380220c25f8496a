"""What a stream or file is, found by reading its packets: nothing is decoded beyond what libavformat needs."""

import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from fusion.ingest.planes import why
from fusion.ingest.pyav_connection import RtspConnection
from fusion.ingest.reader import StreamSpec
from fusion.types.errors import SiteError

_FIRST_MEDIA_S = 60.0


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a file or stream holds."""

    codec: str  #: libavcodec's name, such as "h264", "hevc", "mpeg4"
    size_px: tuple[int, int]  #: (width, height) as coded, before any rotation; (0, 0): not said
    fps: float | None  #: pictures a second, as declared or guessed
    keyframe_gap_s: float | None  #: longest time between keyframes seen, or from the last one to the end; None: unknown
    duration: timedelta | None  #: None: endless, or the file does not say


def probe(source: Path | str, *, timeout_s: float = 10.0) -> StreamInfo:
    """Look at a file (its first minute) or at an RTSP URL (until its third keyframe, within `timeout_s`).

    Raises:
        SiteError: the file is missing or is no video.
        TerminalFault: the stream cannot be reached, is refused or stays silent; the message holds no secret.
    """
    if isinstance(source, str) and "://" in source:
        return _probe_url(source, timedelta(seconds=timeout_s))
    path = Path(source)
    with opened_file(path) as container:
        stream = video_of(container, str(path))
        gap_s = _longest_gap_s(container, stream)
        return _info_of(stream, gap_s, container.duration)


def _probe_url(url: str, timeout: timedelta) -> StreamInfo:
    connection = RtspConnection(StreamSpec("probe", url), timeout, timeout)
    began_s, keys_s, stamps_s = time.monotonic(), list[float](), list[float]()
    head = connection.head
    try:
        for packet in connection.packets():
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is not None:
                stamps_s.append(float(stamp * head.time_base))
                keys_s += stamps_s[-1:] if packet.keyframe else []
            if len(keys_s) > 2 or time.monotonic() - began_s > timeout.total_seconds():
                break
    finally:
        connection.close()
    span_s = max(stamps_s, default=0.0) - min(stamps_s, default=0.0)
    gaps_s = [later - sooner for sooner, later in pairwise([*keys_s, max(stamps_s)])] if keys_s else []
    return StreamInfo(
        codec=head.codec,
        size_px=head.size_px or (0, 0),
        fps=round((len(stamps_s) - 1) / span_s, 2) if span_s else None,
        keyframe_gap_s=max(gaps_s, default=None),
        duration=None,
    )


def _info_of(stream: VideoStream, gap_s: float | None, duration_us: int | None) -> StreamInfo:
    """The facts that libavformat has found about a video stream."""
    rate = stream.average_rate or stream.guessed_rate
    return StreamInfo(
        codec=stream.codec_context.name,
        size_px=(stream.codec_context.width, stream.codec_context.height),
        fps=float(rate) if rate else None,
        keyframe_gap_s=gap_s,
        duration=timedelta(microseconds=duration_us) if duration_us else None,
    )


def opened_file(path: Path) -> InputContainer:
    """The file, opened; closed by its `with`.

    Raises:
        SiteError: it is missing, cannot be read, or is no video; names the file.
    """
    try:
        # The "file:" keeps libavformat from taking a name such as "rtsp:x" or "concat:..." for a protocol.
        return av.open(f"file:{path}", options={"err_detect": "ignore_err"})
    except FileNotFoundError as error:
        raise SiteError(f"{path}: no such file; wanted: a video file") from error
    except av.FFmpegError as error:
        raise SiteError(f"{path}: cannot be read as a video: {why(error)}; wanted: a video file") from error


def video_of(container: InputContainer, name: str) -> VideoStream:
    """The first video stream that is not a cover picture.

    Raises:
        SiteError: there is none, or no decoder for it; names the file.
    """
    for stream in container.streams.video:
        if stream.codec_context is None:
            raise SiteError(f"{name}: its video codec is not known here; wanted: H.264, H.265 or another common one")
        return stream
    raise SiteError(f"{name}: holds no video; wanted: a video file")


def _longest_gap_s(container: InputContainer, stream: VideoStream) -> float | None:
    first_s, key_s, now_s, longest_s = None, None, 0.0, 0.0
    try:
        for packet in container.demux(stream):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is None:
                continue
            now_s = float(stamp * packet.time_base)
            first_s = now_s if first_s is None else first_s
            if packet.is_keyframe:
                longest_s = max(longest_s, now_s - key_s) if key_s is not None else longest_s
                key_s = now_s
            if now_s - first_s > _FIRST_MEDIA_S:
                break
    except av.FFmpegError:
        pass  # the reader meets and counts the broken place itself
    return None if key_s is None else max(longest_s, now_s - key_s)
