"""The fleet as others use it: players of the trade, faults at run time, its life and death."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from fusion.fleet import Fault, Fleet, FleetConfig, FleetProcess, State, StreamConfig
from fusion.types.errors import PeerFault, SiteError

from .client import Client, wait_until

QUICK = {"rtsp_transport": "tcp", "analyzeduration": "100000", "fpsprobesize": "0"}


def watched(url: str, count: int) -> list[tuple[int, Any]]:
    """(pts in ticks, picture) of the first pictures that PyAV decodes.

    libavformat leaves the time of an RTSP session's first packet unset; RTP-Info makes it 0.
    """
    with av.open(url, options=QUICK, timeout=10) as container:
        return [(frame.pts or 0, frame.to_ndarray()) for frame in islice(container.decode(video=0), count)]


def of_file(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


@pytest.mark.parametrize(("path", "codec"), [("/t/1/sub", "H264"), ("/t/2/sub", "H265"), ("/t/5", "B")])
def test_two_loops_and_more_decode_to_the_clips_own_pictures_evenly_spaced(
    fleet: FleetProcess, clips: dict[str, Path], path: str, codec: str
) -> None:
    own = of_file(clips[codec])
    seen = watched(fleet.url(path), 40)
    assert {late - early for (early, _), (late, _) in pairwise(seen)} == {5625}
    first = next(number for number, picture in enumerate(own) if np.array_equal(picture, seen[0][1]))
    for number, (_, picture) in enumerate(seen):
        assert np.array_equal(picture, own[(first + number) % len(own)]), f"picture {number} differs"


@pytest.mark.parametrize("path", ["/t/3", "/t/4"])
def test_a_player_logs_in_by_digest_and_by_basic_and_is_refused_with_a_wrong_password(
    fleet: FleetProcess, path: str
) -> None:
    assert len(watched(fleet.url(path), 3)) == 3
    refused = fleet.stats()[path]["logins_refused"]
    with pytest.raises(av.error.HTTPUnauthorizedError):
        watched(fleet.url(path).replace("word@", "wort@"), 1)
    assert fleet.stats()[path]["logins_refused"] > refused
    with pytest.raises(av.error.HTTPNotFoundError):
        watched(fleet.url(path).replace("/t/", "/u/"), 1)


def test_two_clients_of_one_stream_see_the_same_pictures_with_numbers_of_their_own(fleet: FleetProcess) -> None:
    with Client(fleet.port) as one, Client(fleet.port) as other:
        one.play("/t/1/sub")
        other.play("/t/1/sub")
        first, second = (list(islice(client.packets(), 80)) for client in (one, other))
    assert first[0].ssrc != second[0].ssrc
    payloads = [packet.payload for packet in second]
    start = payloads.index(first[30].payload)
    assert [packet.payload for packet in first[30:60]] == payloads[start : start + 30]


def test_a_terminal_that_goes_offline_cuts_its_clients_and_refuses_new_ones_until_it_is_back(
    fleet: FleetProcess,
) -> None:
    with Client(fleet.port) as hit, Client(fleet.port) as spared:
        hit.play("/t/1/sub")
        spared.play("/t/2/sub")
        assert fleet.set_state("/t/1/*", "offline") == 1
        assert hit.ended()
        with Client(fleet.port) as refused:
            assert refused.ask("DESCRIBE", "/t/1/sub").status == 503
            assert refused.ended()
        list(islice(spared.pictures(), 10))
    assert fleet.stats()["/t/1/sub"]["state"] == "offline"
    fleet.set_state("/t/1/sub", State.ONLINE)
    with Client(fleet.port) as back:
        back.play("/t/1/sub")
        next(back.pictures())


def test_a_terminal_that_hangs_accepts_and_says_nothing_and_afterwards_goes_on_at_the_present(
    fleet: FleetProcess,
) -> None:
    with Client(fleet.port) as playing, Client(fleet.port, timeout_s=0.7) as asking:
        playing.play("/t/1/sub")
        times = [timestamp for timestamp, _ in islice(playing.pictures(), 5)]
        fleet.set_state("/t/1/sub", State.HANG)
        asking.send("DESCRIBE", asking.uri("/t/1/sub"))
        with pytest.raises(TimeoutError):
            asking.answer()
        playing.socket.settimeout(0.7)
        with pytest.raises(TimeoutError):
            times.extend(timestamp for timestamp, _ in playing.pictures())
        playing.socket.settimeout(10)
        fleet.set_state("/t/1/sub", State.ONLINE)
        times.extend(timestamp for timestamp, _ in islice(playing.pictures(), 5))
    steps = [(late - early) & 0xFFFFFFFF for early, late in pairwise(times)]
    assert all(0 < step < 5 * 90_000 and step % 5625 == 0 for step in steps), steps
    assert max(steps) > 5625


def test_a_state_for_no_stream_is_refused_and_the_fleet_lives_on(fleet: FleetProcess) -> None:
    with pytest.raises(SiteError, match="/u/1"):
        fleet.set_state("/u/1", "offline")
    with pytest.raises(ValueError, match="asleep"):
        fleet.set_state("/t/1/sub", "asleep")
    assert fleet.stats()


def test_a_scheduled_fault_begins_and_ends_by_itself(clips: dict[str, Path]) -> None:
    fault = Fault(path="/t", after=timedelta(seconds=0.3), lasts=timedelta(seconds=0.4))
    config = FleetConfig(streams=(StreamConfig(path="/t", clip=clips["H264"]),), faults=(fault,))

    async def states() -> list[tuple[str, float]]:
        seen: list[tuple[str, float]] = []
        async with asyncio.timeout(10), Fleet(config) as fleet:
            while len(seen) < 3:
                state = fleet.stats()["/t"]["state"]
                if not seen or state != seen[-1][0]:
                    seen.append((state, (datetime.now(UTC) - fleet.epoch).total_seconds()))
                await asyncio.sleep(0.01)
        return seen

    (first, _), (second, began_s), (third, ended_s) = asyncio.run(states())
    assert (first, second, third) == ("online", "offline", "online")
    assert began_s >= 0.29
    assert ended_s >= 0.69


def test_a_host_that_others_can_reach_is_refused_unless_it_is_meant(clips: dict[str, Path]) -> None:
    config = FleetConfig(streams=(StreamConfig(path="/t", clip=clips["H264"]),), host="0.0.0.0")  # noqa: S104 - refused
    with pytest.raises(SiteError, match=r"0\.0\.0\.0"), FleetProcess(config):
        pass


def test_a_fleet_that_cannot_start_says_why(clips: dict[str, Path], fleet: FleetProcess, tmp_path: Path) -> None:
    with (
        pytest.raises(SiteError, match=r"absent\.mp4"),
        FleetProcess(FleetConfig(streams=(StreamConfig(path="/t", clip=tmp_path / "absent.mp4"),))),
    ):
        pass
    taken = FleetConfig(streams=(StreamConfig(path="/t", clip=clips["H264"]),), port=fleet.port)
    with pytest.raises(SiteError, match=f"port {fleet.port}"), FleetProcess(taken):
        pass


def test_a_fleet_ends_with_its_block_and_says_so_afterwards(clips: dict[str, Path]) -> None:
    with FleetProcess(FleetConfig(streams=(StreamConfig(path="/t", clip=clips["H264"]),))) as fleet:
        pid = fleet.pid
    assert gone(pid)
    with pytest.raises(PeerFault, match="ended"):
        fleet.set_state("/t", "offline")


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("end", ["stdin", "stop", "SIGTERM"])
def test_the_command_serves_until_its_input_ends_or_it_is_told(
    clips: dict[str, Path], tmp_path: Path, end: str
) -> None:
    (tmp_path / "clip.mp4").write_bytes(clips["H264"].read_bytes())
    stream = {"path": "/t", "clip": "clip.mp4", "user": "admin", "password": "hush-hush"}
    (tmp_path / "fleet.json").write_text(json.dumps({"streams": [stream]}))
    args = [sys.executable, "-m", "fusion.fleet", "--config", str(tmp_path / "fleet.json")]
    with subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        ready = json.loads(process.stdout.readline())
        assert abs(ready["epoch"] - time.time()) < 10
        with Client(ready["port"]) as client:
            assert client.ask("DESCRIBE", "/t").status == 401
        process.stdin.write(b"offline /t\nfly /t\noffline /u\n\n")
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(4)]
        assert [next(iter(answer)) for answer in answers] == ["ok", "error", "error", "error"]
        if end == "SIGTERM":
            process.send_signal(signal.SIGTERM)
        else:
            process.stdin.write(b"stop\n" if end == "stop" else b"")
            process.stdin.close()
        assert process.wait(5) == 0
        assert b"hush" not in process.stderr.read()


def test_a_fleet_dies_when_its_parent_is_killed(clips: dict[str, Path]) -> None:
    program = (
        "import sys, time; from pathlib import Path; from fusion.fleet import *\n"
        "config = FleetConfig(streams=(StreamConfig(path='/t', clip=Path(sys.argv[1])),))\n"
        "with FleetProcess(config) as fleet: print(fleet.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(clips["H264"])], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        os.kill(parent.pid, signal.SIGKILL)
        wait_until(lambda: gone(pid), "the fleet dies with its parent")
