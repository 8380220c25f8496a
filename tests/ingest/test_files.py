from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import av
import cv2
import numpy as np
import pytest

from fusion.ingest.files import paced, read_file
from fusion.ingest.look import looks_of
from fusion.ingest.probe import probe
from fusion.ingest.sources import sources_in
from fusion.types.errors import SiteError
from fusion.types.picture import Picture

MakeClip = Callable[..., Path]
START = datetime(2025, 5, 1, 8, tzinfo=UTC)


def _seconds(pictures: Iterator[Picture]) -> list[float]:
    return [round((picture.at - START).total_seconds(), 3) for picture in pictures]


def _read(path: Path, every_s: float | None = None, *, keyframes_only: bool | None = None) -> list[Picture]:
    every = None if every_s is None else timedelta(seconds=every_s)
    return list(read_file(path, every=every, clock_start=START, keyframes_only=keyframes_only))


def test_each_frame_is_given_on_media_time_with_its_keyframes_marked(street_h264: Path) -> None:
    pictures = _read(street_h264)
    assert _seconds(iter(pictures)) == [round(n / 10, 3) for n in range(40)]
    assert [n for n, picture in enumerate(pictures) if picture.keyframe] == [0, 10, 20, 30]
    assert pictures[0].size_px == (320, 176)
    assert pictures[0].terminal_id == "street"


def test_one_picture_each_half_second_and_the_last_one(street_h264: Path) -> None:
    assert _seconds(iter(_read(street_h264, 0.5))) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 3.9]


def test_where_keyframes_are_frequent_enough_only_they_are_decoded(street_h264: Path) -> None:
    assert [picture.keyframe for picture in _read(street_h264, 2)] == [True, True, True]
    assert _seconds(iter(_read(street_h264, 2))) == [0, 2, 3]
    assert _seconds(iter(_read(street_h264, 2, keyframes_only=False))) == [0, 2, 3.9]


@pytest.mark.parametrize(
    ("name", "codec", "found"),
    [
        ("a.avi", "mpeg4", "mpeg4"),
        ("a.mp4", "libx264", "h264"),
        ("a.mkv", "libx265", "hevc"),
        ("a.avi", "mjpeg", "mjpeg"),
        ("a.h264", "libx264", "h264"),
    ],
)
def test_any_codec_gives_the_same_street(make_clip: MakeClip, name: str, codec: str, found: str) -> None:
    path = make_clip(name, codec, pix_fmt="yuvj420p" if codec == "mjpeg" else "yuv420p", pictures=20)
    assert probe(path).codec == found
    pictures = _read(path)
    assert len(pictures) == 20
    assert pictures[0].full_range == (codec == "mjpeg")
    white, grey = pictures[0].y[90:110, 4:20].mean(), pictures[0].y[:60].mean()
    assert white > 195
    assert 90 < grey < 115


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
def test_odd_sizes_and_pixel_formats_become_4_2_0(make_clip: MakeClip, pix_fmt: str) -> None:
    size = (322, 178) if pix_fmt == "yuv420p10le" else (320, 178) if pix_fmt != "yuv444p" else (321, 177)
    size = (322, 178) if pix_fmt == "yuv422p" else size
    picture = _read(make_clip("odd.mkv", pix_fmt=pix_fmt, size=size, pictures=3))[-1]
    assert picture.size_px == size
    assert picture.u.shape == picture.v.shape == ((size[1] + 1) // 2, (size[0] + 1) // 2)
    assert 90 < picture.y[:60].mean() < 115


def test_planes_cannot_be_written_to(street_h264: Path) -> None:
    picture = _read(street_h264)[0]
    with pytest.raises(ValueError, match="read-only"):
        picture.y[0, 0] = 1


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_a_file_that_declares_a_rotation_is_turned_upright(make_clip: MakeClip, rotation: int) -> None:
    straight = _read(make_clip("a.mp4", pictures=2))[0]
    turned = _read(make_clip("b.mp4", pictures=2, rotation=rotation))[0]
    quarters = (rotation // 90) % 4
    assert np.array_equal(turned.y, np.rot90(straight.y, quarters))
    assert np.array_equal(turned.v, np.rot90(straight.v, quarters))


def test_broken_packets_are_skipped_and_counted(make_clip: MakeClip) -> None:
    path = make_clip("a.mp4")
    with av.open(path) as container:
        places = [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for position, size in places[12:15]:
        data[position : position + size] = bytes(size)
    path.write_bytes(data)
    reader = read_file(path, every=None, clock_start=START)
    pictures = list(reader)
    assert 1 <= reader.broken_packets <= 8
    assert 30 <= len(pictures) < 40
    assert _seconds(iter(pictures))[-1] == 3.9


def test_a_file_that_was_cut_off_gives_what_it_has(make_clip: MakeClip) -> None:
    path = make_clip("a.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 5 < len(_read(path)) < 35


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100, b"\x00" * 5000])
def test_what_is_no_video_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cellar.mp4"
    path.write_bytes(content)
    with pytest.raises(SiteError, match=r"cellar\.mp4: .*wanted: a video"):
        _read(path)


def test_a_sound_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(SiteError, match=r"voice\.wav: holds no video"):
        _read(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"gone\.mp4: no such file"):
        _read(tmp_path / "gone.mp4")


def test_a_picture_each_zero_seconds_is_refused(street_h264: Path) -> None:
    with pytest.raises(SiteError, match="wanted: more than 0 s"):
        _read(street_h264, 0)


def test_the_same_file_gives_the_same_pictures_each_time(street_h264: Path) -> None:
    first, second = _read(street_h264, 0.3), _read(street_h264, 0.3)
    assert [picture.at for picture in first] == [picture.at for picture in second]
    assert all(np.array_equal(a.y, b.y) for a, b in zip(first, second, strict=True))


def test_stop_ends_the_reading(street_h264: Path) -> None:
    stop = Event()
    given = []
    for picture in read_file(street_h264, every=None, clock_start=START, stop=stop):
        given.append(picture)
        stop.set()
    assert len(given) < 15


def test_the_probe_says_what_a_file_is(street_h264: Path, sparse_h264: Path) -> None:
    info = probe(street_h264)
    assert (info.codec, info.size_px, info.fps) == ("h264", (320, 176), 10.0)
    assert info.keyframe_gap_s == pytest.approx(1.0)
    assert info.duration == timedelta(seconds=4)
    assert probe(sparse_h264).keyframe_gap_s == pytest.approx(11.9)


def test_a_folder_gives_its_videos_in_natural_order_and_itself_where_it_holds_images(make_clip: MakeClip) -> None:
    folder = make_clip("10.mp4", pictures=2).parent
    make_clip("2.mkv", pictures=2)
    (folder / "notes.txt").write_text("no video")
    assert [path.name for path in sources_in(folder)] == ["2.mkv", "10.mp4"]
    cv2.imwrite(str(folder / "a.png"), np.zeros((8, 8), np.uint8))
    assert sources_in(folder)[-1] == folder
    assert sources_in(folder / "2.mkv") == [folder / "2.mkv"]


def test_a_folder_without_video_or_image_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="no video or image in this folder"):
        sources_in(tmp_path)
    with pytest.raises(SiteError, match="no such file or folder"):
        sources_in(tmp_path / "gone")


def test_a_folder_of_images_is_a_sequence_of_one_each_second_and_broken_ones_are_counted(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        image = np.full((31, 45, 3), 10 * number, np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.{'jpg' if number == 1 else 'png'}"), image)
    (tmp_path / "3.jpg").write_bytes(b"broken")
    reader = read_file(tmp_path, every=None, clock_start=START)
    pictures = list(reader)
    assert _seconds(iter(pictures)) == [0, 1, 2]
    assert pictures[0].size_px == (45, 31)
    assert [picture.keyframe for picture in pictures] == [True] * 3
    assert pictures[0].y.mean() < pictures[1].y.mean() < pictures[2].y.mean()
    assert reader.broken_packets == 1


def test_the_looks_of_a_file_find_what_moves_in_it(street_h264: Path) -> None:
    looks = list(looks_of(read_file(street_h264, every=timedelta(seconds=1), clock_start=START)))
    assert looks[0].changes == ()
    assert all(look.changes for look in looks[1:])


def test_a_paced_file_takes_the_time_that_it_shows(street_h264: Path) -> None:
    stop = Event()
    began = datetime.now(UTC)
    pictures = paced(read_file(street_h264, every=timedelta(seconds=0.2), clock_start=START), stop)
    for picture in pictures:
        assert datetime.now(UTC) - began >= picture.at - START - timedelta(milliseconds=5)
        if picture.at - START > timedelta(seconds=0.5):
            stop.set()
