"""A zone's worth of terminals: prepared clips, spread phases, and the pace of all."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from fusion.fleet import FleetConfig, FleetProcess
from fusion.fleet.auth import Login
from fusion.fleet.clip import read_clip
from fusion.fleet.clock import FleetClock
from fusion.fleet.encode import Form
from fusion.fleet.nal import Codec
from fusion.fleet.pacer import Pacer
from fusion.fleet.prepare import prepare, prepared
from fusion.fleet.spread import Scene, find_scenes, spread
from fusion.types.errors import SiteError

from .client import Client


@pytest.mark.parametrize("codec", list(Codec))
def test_a_prepared_clip_has_the_wanted_form_and_the_sources_pictures_nearest_in_time(
    clips: dict[str, Path], tmp_path: Path, codec: Codec
) -> None:
    form = Form(codec, (320, 192), 25, timedelta(seconds=0.2), crf=10)
    prepare(clips["H264"], tmp_path / "x.mp4", form)
    clip = read_clip(tmp_path / "x.mp4")
    assert (clip.codec, clip.width_px, clip.height_px, clip.pictures_per_s) == (codec, 320, 192, 25)
    assert clip.duration_ticks == 90_000
    assert [number for number, unit in enumerate(clip.units) if unit.key] == [0, 5, 10, 15, 20]
    assert [unit.capture_ticks for unit in clip.units] == [number * 3600 for number in range(25)]
    with av.open(str(clips["H264"])) as source, av.open(str(tmp_path / "x.mp4")) as made:
        own = [frame.to_ndarray(format="gray").mean() for frame in source.decode(video=0)]
        seen = [frame.to_ndarray(format="gray").mean() for frame in made.decode(video=0)]
    nearest = [own[min(15, round(number / 25 * 16 - 1e-9))] for number in range(25)]
    assert np.abs(np.array(seen) - nearest).max() < 2


def test_a_prepared_clip_consists_of_whole_groups_of_pictures_and_keeps_its_bitrate(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    whole = prepared(clips["heavy"], tmp_path, Form(Codec.H264, (160, 96), 10, timedelta(seconds=0.3), kbit_s=200))
    clip = read_clip(whole)
    assert len(clip.units) == 9
    held = prepared(clips["heavy"], tmp_path, Form(Codec.H264, (160, 96), 10, timedelta(seconds=2), kbit_s=200))
    assert len(read_clip(held).units) == 20
    bits = 8 * sum(len(nal) for unit in read_clip(held).units for nal in unit.nals)
    assert bits / 2 < 300_000


def test_a_clip_is_prepared_once_and_again_when_its_source_has_changed(clips: dict[str, Path], tmp_path: Path) -> None:
    source, form = tmp_path / "a.mp4", Form(Codec.H264, (160, 96), 8, timedelta(seconds=1))
    source.write_bytes(clips["H264"].read_bytes())
    first = prepared(source, tmp_path / "made", form)
    made_ns = first.stat().st_mtime_ns
    assert prepared(source, tmp_path / "made", form) == first
    assert first.stat().st_mtime_ns == made_ns
    source.write_bytes(clips["B"].read_bytes())
    assert prepared(source, tmp_path / "made", form) != first


def test_what_cannot_be_prepared_is_refused_by_name_and_leaves_nothing(tmp_path: Path) -> None:
    form = Form(Codec.H264, (160, 96), 8)
    (tmp_path / "text.mp4").write_text("no clip")
    for name in ("text.mp4", "absent.mp4"):
        with pytest.raises(SiteError, match=name):
            prepared(tmp_path / name, tmp_path / "made", form)
    assert not list(tmp_path.glob("made/*"))
    for wrong in ({"size_px": (161, 96)}, {"fps": 0}, {"gop": timedelta(0)}, {"kbit_s": 1}, {"crf": 52}):
        given = {"codec": Codec.H264, "size_px": (160, 96), "fps": 8} | wrong
        with pytest.raises(SiteError, match=next(iter(wrong))):
            Form(**given)  # type: ignore[arg-type] # one of them is wrong on purpose


def test_a_folders_sub_and_main_clips_are_two_streams_of_one_terminal(clips: dict[str, Path], tmp_path: Path) -> None:
    for name in ("a.sub.mp4", "a.main.mp4", "b.sub.mp4", "lone.main.mp4"):
        (tmp_path / name).write_bytes(clips["H264"].read_bytes())
    (tmp_path / "notes.txt").write_text("no clip")
    scenes = find_scenes([tmp_path])
    assert [(scene.sub.name, scene.main and scene.main.name) for scene in scenes] == [
        ("a.sub.mp4", "a.main.mp4"),
        ("b.sub.mp4", None),
        ("lone.main.mp4", None),
    ]
    streams = spread(scenes, 4, login=Login("basic", "u", "p"), seed=1)
    assert [s.path for s in streams] == ["/t/0001/sub", "/t/0001/main", "/t/0002/sub", "/t/0003/sub", *(
        ["/t/0004/sub", "/t/0004/main"]
    )]  # fmt: skip
    assert streams[0].phase_s == streams[1].phase_s != streams[2].phase_s
    assert streams == spread(scenes, 4, login=Login("basic", "u", "p"), seed=1)
    assert [s.phase_s for s in streams] != [s.phase_s for s in spread(scenes, 4, seed=2)]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SiteError, match="empty"):
        find_scenes([tmp_path / "empty"])


def test_300_terminals_play_at_once_and_no_picture_is_dropped_or_late(clips: dict[str, Path]) -> None:
    streams = spread([Scene(clips["H264"]), Scene(clips["H265"])], 300, seed=4)
    with FleetProcess(FleetConfig(streams=tuple(streams), tick=timedelta(milliseconds=100))) as fleet:
        clients = [Client(fleet.port) for _ in streams]
        for client, stream in zip(clients, streams, strict=True):
            client.play(stream.path)
        before = fleet.stats()
        for client in clients:
            pictures = client.pictures()
            times = [next(pictures)[0] for _ in range(18)]
            assert {(late - early) & 0xFFFFFFFF for early, late in pairwise(times)} == {5625}
            client.close()
        assert not any(stream["units_dropped"] for stream in fleet.stats().values())
        assert all(stream["connections"] == 1 for stream in before.values())


class Sender:
    def __init__(self, *, fails: bool = False) -> None:
        self.slot: int | None = None
        self.at: list[int] = []
        self.fails = fails
        self.called_often = asyncio.Event()

    def send_due(self, elapsed_ticks: int) -> int:
        self.at.append(elapsed_ticks)
        if self.fails:
            raise ZeroDivisionError
        if len(self.at) == 6:
            self.called_often.set()
        return elapsed_ticks + 9000


def test_the_pacer_calls_each_player_when_it_is_due_and_one_that_fails_stops_nobody() -> None:
    good, bad, dropped = Sender(), Sender(fails=True), Sender()

    async def pace() -> None:
        pacer = Pacer(FleetClock(), timedelta(milliseconds=10))
        pacer.start()
        for sender in (bad, good, dropped):
            pacer.add(sender)
        pacer.drop(dropped)
        async with asyncio.timeout(5):
            await good.called_often.wait()
        pacer.stop()

    asyncio.run(pace())
    assert len(bad.at) == 1
    assert not dropped.at
    assert all(late - early >= 9000 for early, late in pairwise(good.at))
