"""Terminals that misbehave, as their clients see it."""

import asyncio
import json
import struct
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from fusion.fleet import Fault, Fleet, FleetConfig, FleetProcess, State, StreamConfig
from fusion.fleet.clip import Clip, read_clip
from fusion.fleet.faults import read_faults
from fusion.fleet.mischief import KINDS, Pictures, mischief_of
from fusion.fleet.reel import reel
from fusion.types.errors import SiteError

from .client import Client, Packet, depacketised, wait_until

STEP = 5625  # ticks between pictures of the test clips
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def fleet(clips: dict[str, Path]) -> Iterator[FleetProcess]:
    """`/m/1` and on have many packets a picture, and each test takes its own; `/H264`, `/H265` have few."""
    streams = [StreamConfig(path=f"/m/{number}", clip=clips["heavy"], phase_s=0.3) for number in range(1, 40)]
    streams += [StreamConfig(path=f"/{codec}", clip=clips[codec]) for codec in ("H264", "H265")]
    with FleetProcess(FleetConfig(streams=tuple(streams), join="keyframe")) as fleet:
        yield fleet


@pytest.fixture
def path() -> str:
    return f"/m/{next(_NUMBERS)}"


@pytest.fixture
def client(fleet: FleetProcess, path: str) -> Iterator[Client]:
    """Plays."""
    with Client(fleet.port) as client:
        client.play(path)
        next(client.packets())
        yield client


def later(client: Client, skipped: int = 80, taken: int = 100) -> list[Packet]:
    """Packets, after those that may have been on their way."""
    return list(islice(client.packets(), skipped, skipped + taken))


def steps(packets: list[Packet]) -> list[int]:
    return [(late.sequence - early.sequence) & 0xFFFF for early, late in pairwise(packets)]


def test_a_reset_terminal_resets_who_plays_and_who_asks(fleet: FleetProcess, client: Client, path: str) -> None:
    assert fleet.begin(path, mischief_of("reset")) == 1
    with pytest.raises(ConnectionResetError):
        list(client.packets())
    with Client(fleet.port) as asking:
        asking.send("DESCRIBE", asking.uri(path))
        with pytest.raises(ConnectionResetError):
            asking.answer()
    fleet.end(path, "reset")
    with Client(fleet.port) as back:
        back.play(path)


@pytest.mark.parametrize(("cut", "status"), [(False, 401), (True, 403)])
def test_a_terminal_that_refuses_lets_nobody_in_and_keeps_or_cuts_who_plays(
    fleet: FleetProcess, client: Client, path: str, cut: bool, status: int
) -> None:
    fleet.begin(path, mischief_of("refuse", cut=cut, status=status))
    with Client(fleet.port) as asking:
        assert asking.ask("DESCRIBE", path).status == status
    if cut:
        assert client.ended()
    else:
        assert client.ask("GET_PARAMETER", path).status == 200
        assert later(client)


def test_a_half_open_terminal_neither_sends_nor_reads_nor_ends_and_later_goes_on(
    fleet: FleetProcess, client: Client, path: str
) -> None:
    fleet.begin(path, mischief_of("half_open"))
    client.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        later(client)
    with pytest.raises(TimeoutError):  # nobody takes it
        client.socket.sendall(b"$\1\0\4RTCP" * 4_000_000)
    fleet.end(path)
    client.socket.settimeout(10)
    assert later(client)


def test_a_half_open_connection_that_its_client_has_closed_is_given_up(
    fleet: FleetProcess, client: Client, path: str
) -> None:
    fleet.begin(path, mischief_of("half_open"))
    client.close()
    wait_until(lambda: fleet.stats()[path]["connections"] == 0, "the connection is forgotten")


def test_a_lying_length_is_never_fulfilled(fleet: FleetProcess, path: str) -> None:
    fleet.begin(path, mischief_of("lying_length", claims_bytes=5_000))
    with Client(fleet.port, timeout_s=0.5) as asking:
        asking.send("DESCRIBE", asking.uri(path))
        with pytest.raises(TimeoutError):
            asking.answer()
        assert b"v=0" in asking._buffer
        assert len(asking._buffer) < 1000


def test_an_endless_header_goes_on_and_on_until_the_mischief_ends(fleet: FleetProcess, path: str) -> None:
    fleet.begin(path, mischief_of("endless_header", bytes_per_s=1_000_000))
    with Client(fleet.port) as asking:
        asking.send("DESCRIBE", asking.uri(path))
        got = b""
        while len(got) < 200_000:
            got += asking.socket.recv(65_536)
        assert got.startswith(b"RTSP/1.0 200 OK\r\n")
        assert b"\r\n\r\n" not in got
        fleet.end(path)
        assert asking.ended()


def test_lost_packets_leave_gaps_in_the_numbers(fleet: FleetProcess, client: Client, path: str) -> None:
    fleet.begin(path, mischief_of("loss", share=0.3))
    packets = later(client)
    lost = sum(step - 1 for step in steps(packets))
    assert 0.15 < lost / (lost + len(packets)) < 0.45
    fleet.end(path, "loss")
    assert set(steps(later(client))) == {1}


def test_reordered_packets_all_come_but_some_late(fleet: FleetProcess, client: Client, path: str) -> None:
    fleet.begin(path, mischief_of("reorder", share=0.5))
    numbers = [(packet.sequence - 1) & 0xFFFF for packet in later(client, taken=200)]
    base = numbers[0]
    found = [(number - base + 100) & 0xFFFF for number in numbers]
    assert found != sorted(found)
    assert len(set(found)) == len(found)
    assert set(range(min(found) + 30, max(found) - 30)) <= set(found)


def test_garbage_is_no_frames_or_frames_around_garbage(fleet: FleetProcess, client: Client, path: str) -> None:
    fleet.begin(path, mischief_of("garbage", within="payload"))
    packets = later(client)
    assert set(steps(packets)) == {1}
    assert len({packet.payload[0] for packet in packets}) > 30, "NAL unit headers are not random"
    fleet.end(path)
    fleet.begin(path, mischief_of("garbage"))
    client.socket.settimeout(2)
    with pytest.raises((AssertionError, TimeoutError)):  # no $, or a length that never comes
        [client._frame() for _ in range(1000)]


def test_frames_on_an_unknown_channel_come_between_whole_pictures(
    fleet: FleetProcess, client: Client, path: str
) -> None:
    fleet.begin(path, mischief_of("unknown_channel", share=0.3))
    frames = [client._frame() for _ in range(150)]
    assert any(channel == 77 and len(data) == 100 for channel, data in frames)
    numbers = [struct.unpack(">H", data[2:4])[0] for channel, data in frames if channel == 4]
    assert {(late - early) & 0xFFFF for early, late in pairwise(numbers)} == {1}


def test_empty_payloads_come_between_with_numbers_of_their_own(
    fleet: FleetProcess, client: Client, path: str, clips: dict[str, Path]
) -> None:
    fleet.begin(path, mischief_of("zero_nal", share=0.5))
    packets = later(client)
    assert set(steps(packets)) == {1}
    assert sum(not packet.payload for packet in packets) > 20
    own = {unit.nals for unit in read_clip(clips["heavy"]).units}
    pictures = [list(filter(None, payloads)) for _, payloads in islice(client.pictures(), 12)][1:]
    assert all(tuple(depacketised(payloads, "H264")) in own for payloads in pictures)


def test_no_marker_ends_no_picture(fleet: FleetProcess, client: Client, path: str) -> None:
    fleet.begin(path, mischief_of("no_marker"))
    assert not any(packet.marker for packet in later(client))


def test_a_slow_terminal_falls_behind_and_drops_pictures_up_to_a_keyframe(
    clips: dict[str, Path],
) -> None:
    stream = StreamConfig(path="/t", clip=clips["heavy"])
    with (
        FleetProcess(FleetConfig(streams=(stream,), client_buffer_bytes=65_536, join="keyframe")) as fleet,
        Client(fleet.port) as client,
    ):
        client.play("/t")
        fleet.begin("/t", mischief_of("slow", share=0.2))
        packets = client.packets()
        began_s, got = time.monotonic(), len(next(packets).payload)
        while time.monotonic() - began_s < 1.2:
            got += len(next(packets).payload)
        own_bytes = sum(len(nal) for unit in read_clip(clips["heavy"]).units for nal in unit.nals)  # in 1 s
        assert 0.1 < got / (time.monotonic() - began_s) / own_bytes < 0.35
        wait_until(lambda: fleet.stats()["/t"]["units_dropped"] > 0, "it drops pictures")


def test_a_clock_jump_moves_reports_and_timestamps_and_back(fleet: FleetProcess, client: Client, path: str) -> None:
    def report() -> tuple[float, int]:
        client.reports.clear()
        while not client.reports:
            last = next(client.packets())
        ntp_s, _, reported = struct.unpack(">III", client.reports[-1][8:20])
        assert abs((last.timestamp - reported + 2**31) % 2**32 - 2**31) < 90_000, "it tells of another time"
        return ntp_s - 2_208_988_800, reported

    while not client.reports:
        next(client.packets())
    fleet.begin(path, mischief_of("clock_jump", ntp_s=-7200, rtp_s=60))
    unix_s, reported = report()
    assert unix_s == pytest.approx(time.time() - 7200, abs=3)
    fleet.end(path)
    unix_s, back = report()
    assert unix_s == pytest.approx(time.time(), abs=3)
    assert (reported - back) % 2**32 / 90_000 == pytest.approx(60, abs=3)


def test_timestamps_and_numbers_wrap_soon_after_a_session_begins(fleet: FleetProcess, path: str) -> None:
    fleet.begin(path, mischief_of("timestamp_wrap", before="300ms"))
    with Client(fleet.port) as client:
        info = client.play(path).headers["rtp-info"]
        packets = [next(client.packets())]
        while packets[-1].timestamp > 2**31:
            packets.append(next(client.packets()))
    assert f"rtptime={packets[0].timestamp}" in info
    assert 2**32 - packets[0].timestamp == 27_000
    assert set(steps(packets)) == {1}
    assert packets[-1].sequence < packets[0].sequence


def decoded(pictures: list[list[bytes]], codec: str) -> list[Any]:
    """The luma planes; whatever cannot be decoded raises."""
    decoder: Any = av.CodecContext.create("h264" if codec == "H264" else "hevc", "r")
    frames = []
    for payloads in pictures:
        data = b"".join(b"\0\0\0\1" + nal for nal in depacketised(payloads, codec))
        frames += decoder.decode(av.Packet(data))
    frames += decoder.decode(None)
    return [frame.to_ndarray(format="gray") for frame in frames]


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_pictures_turn_black_and_back_at_keyframes_while_numbers_and_times_go_on(
    fleet: FleetProcess, codec: str
) -> None:
    def until_passed(markers: int) -> Iterator[Packet]:
        while markers:
            yield (packet := next(stream))
            markers -= packet.marker

    with Client(fleet.port) as client:
        client.play(f"/{codec}")
        stream = client.packets()
        packets = list(until_passed(9))
        fleet.begin(f"/{codec}", mischief_of("black"))
        packets += until_passed(20)
        fleet.end(f"/{codec}", "black")
        packets += until_passed(20)
    assert set(steps(packets)) == {1}
    times = list(dict.fromkeys(packet.timestamp for packet in packets))
    assert {(late - early) & 0xFFFFFFFF for early, late in pairwise(times)} == {STEP}
    pictures = [[p.payload for p in packets if p.timestamp == at] for at in times[:-1]]
    dark = [picture.mean() < 20 for picture in decoded(pictures, codec)]
    assert len(dark) == len(pictures)
    turns = [number for number, (early, late) in enumerate(pairwise(dark), 1) if early is not late]
    assert len(turns) == 2
    assert (turns[1] - turns[0]) % 8 == 0, "it turned between keyframes"


def altered(path: Path, kind: str, **parameters: Any) -> tuple[Clip, list[Any]]:
    picture_mischief = mischief_of(kind, **parameters)
    assert isinstance(picture_mischief, Pictures)
    clip = picture_mischief.clip(path, read_clip(path), threading.Event())
    return clip, decoded([list(unit.nals) for unit in clip.units], clip.codec)


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_each_picture_fault_shows_in_the_pictures_and_leaves_times_and_keyframes(
    clips: dict[str, Path], codec: str
) -> None:
    path = clips[codec]
    own = read_clip(path)
    before = decoded([list(unit.nals) for unit in own.units], codec)
    seen = {}
    for kind in ("freeze", "black", "over_exposed", "blur", "cover", "shift", "low_bitrate"):
        clip, seen[kind] = altered(path, kind)
        assert [(u.capture_ticks, u.key) for u in clip.units] == [(u.capture_ticks, u.key) for u in own.units]
        assert clip.duration_ticks == own.duration_ticks
        assert len(seen[kind]) == len(before)
    assert max(np.abs(late.astype(int) - seen["freeze"][0]).mean() for late in seen["freeze"]) < 3
    assert seen["black"][5].max() < 25
    assert (seen["over_exposed"][15] > 225).mean() > 0.5 > (before[15] > 225).mean()
    assert np.diff(seen["blur"][5].astype(int)).std() < 0.5 * np.diff(before[5].astype(int)).std()
    assert seen["cover"][5][20:].std() < 12 < before[5][20:].std()
    moved = np.abs(seen["shift"][5][20:, 40:].astype(int) - before[5][10:-10, 16:-24]).mean()
    assert moved < 0.5 * np.abs(seen["shift"][5].astype(int) - before[5]).mean()


def test_keyframes_come_seldom_pictures_are_fewer_and_bits_run_short(clips: dict[str, Path]) -> None:
    path = clips["H264"]
    sparse, _ = altered(path, "sparse_gop", period="1s")
    assert [unit.key for unit in sparse.units].count(True) == 1
    few, pictures = altered(path, "low_fps", keep_every=4)
    assert len(few.units) == len(pictures) == 4
    assert few.duration_ticks == read_clip(path).duration_ticks
    poor, _ = altered(clips["heavy"], "low_bitrate", kbit_s=100)
    assert reel(poor).bytes_per_s < 0.2 * reel(read_clip(clips["heavy"])).bytes_per_s


class Bits:
    def __init__(self, nal: bytes, header_bytes: int) -> None:
        raw = nal[header_bytes:].replace(b"\0\0\3", b"\0\0")
        self.text = "".join(f"{byte:08b}" for byte in raw)

    def u(self, width: int) -> int:
        value, self.text = int(self.text[:width], 2), self.text[width:]
        return value

    def ue(self) -> int:
        zeros = self.text.index("1")
        self.text = self.text[zeros:]
        return self.u(zeros + 1) - 1


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_a_huge_sps_claims_16384_pixels_each_way(clips: dict[str, Path], codec: str) -> None:
    picture_mischief = mischief_of("huge_sps")
    assert isinstance(picture_mischief, Pictures)
    clip = picture_mischief.clip(clips[codec], read_clip(clips[codec]), threading.Event())
    keys = [unit for unit in clip.units if unit.key]
    if codec == "H264":
        sps = next(nal for nal in clip.parameter_sets if nal[0] & 31 == 7)
        bits = Bits(sps, 1)
        assert bits.u(24) & 0xFF == 62
        assert bits.ue() == 0
        if sps[1] == 100:
            assert [bits.ue(), bits.ue(), bits.ue(), bits.u(2)] == [1, 0, 0, 0]
        assert [bits.ue() for _ in range(3)] == [0, 2, 1]
        assert bits.u(1) == 0
        assert [(bits.ue() + 1) * 16 for _ in range(2)] == [16_384, 16_384]
    else:
        sps = next(nal for nal in clip.parameter_sets if nal[0] >> 1 == 33)
        bits = Bits(sps, 2)
        assert bits.u(8) == 1
        assert bits.u(96) & 0xFF == 186
        assert [bits.ue() for _ in range(4)] == [0, 1, 16_384, 16_384]
    assert all(sps in unit.nals for unit in keys)


def test_a_share_of_the_terminals_is_gone_at_once_and_back_on_schedule(clips: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(
        "- {path: /t/*, of: 0.3, after: 200ms, lasts: 500ms}\n- {path: /t/9, mischief: freeze, after: 0s}\n"
    )
    streams = tuple(StreamConfig(path=f"/t/{number}", clip=clips["H264"]) for number in range(10))
    config = FleetConfig(streams=streams, faults=read_faults(file), seed=3)

    async def gone() -> list[int]:
        seen: list[int] = []
        async with asyncio.timeout(10), Fleet(config) as fleet:
            while seen != [0, 3, 0] or fleet.stats()["/t/9"]["mischief"] != ["freeze"]:
                offline = sum(stream["state"] == State.OFFLINE for stream in fleet.stats().values())
                seen += [offline] if seen[-1:] != [offline] else []
                await asyncio.sleep(0.01)
        return seen

    assert asyncio.run(gone()) == [0, 3, 0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("path: /t", "a list"),
        ("- {path: /t, after: 1s", "neither YAML nor JSON"),
        ("- {path: /t, after: 1s}\n- {path: /t, after: 5}", "fault 2: after"),
        ("- {path: /t, after: 1s, mischief: flood}", "fault 1: mischief"),
        ("- {path: /t, after: 1s, mischief: {kind: loss, share: 2}}", "share"),
        ("- {path: /t, after: 1s, state: hang, mischief: loss}", "not both"),
        ("- {path: /t, after: 1s, of: 0}", "of"),
    ],
)
def test_a_schedule_with_a_mistake_is_refused_and_the_mistake_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "faults.yaml").write_text(text)
    with pytest.raises(SiteError, match=named) as refused:
        read_faults(tmp_path / "faults.yaml")
    assert "\n" not in str(refused.value)


def test_mischief_that_is_none_is_refused_and_the_fleet_lives_on(fleet: FleetProcess, path: str) -> None:
    with pytest.raises(SiteError, match="offline, hang"):
        mischief_of("flood")
    with pytest.raises(SiteError, match="loss: share"):
        mischief_of("loss", share=3)
    with pytest.raises(SiteError, match="/u/1"):
        fleet.begin("/u/1", mischief_of("loss"))
    assert fleet.end(path) == 0


def test_every_kind_can_be_written_into_a_config_and_read_back() -> None:
    for kind in KINDS:
        fault = Fault.model_validate({"path": "/t", "after": "1s", "mischief": kind})
        assert Fault.model_validate(json.loads(fault.model_dump_json())) == fault
    assert Fault(path="/t", after=timedelta(0)).begins == mischief_of("offline")
