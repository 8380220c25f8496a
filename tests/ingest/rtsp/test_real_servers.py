"""Against servers that are not ours to change: the fleet in a process of its own, and GStreamer's where it is there."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pytest

from fusion.fleet import FleetConfig, FleetProcess, StreamConfig
from fusion.ingest.rtsp.client import Event, Playing, RtspClient
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind

from .camera import Frames, client, frames_of

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("gstreamer_server.py")
DEADLINE_S = 20.0
PASSWORD = "p@ss:word"


class Talk:
    """A client and its socket."""

    def __init__(self, url: str) -> None:
        self.client = client(url, now_s=time.monotonic())
        self.events: list[Event] = []
        address = self.client.address
        self.socket = socket.create_connection((address.host, address.port), timeout=5)
        self.socket.settimeout(0.05)

    def until(self, holds: Callable[[RtspClient], bool]) -> None:
        """Carry bytes until the condition holds."""
        deadline_s = time.monotonic() + DEADLINE_S
        while not holds(self.client):
            assert time.monotonic() < deadline_s, "not in time"
            self.socket.sendall(self.client.data_to_send())
            try:
                data = self.socket.recv(65_536)
            except TimeoutError:
                pass
            else:
                assert data, "the server closed the connection"
                self.events += self.client.receive(data, time.monotonic())
            self.client.tick(time.monotonic())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def has_frames(count: int) -> Callable[[RtspClient], bool]:
    return lambda one: one.playing and len(frames_of(one).frames) >= count


def numbers(frames: Frames) -> list[int]:
    """RTP sequence numbers."""
    return [int.from_bytes(data[2:4]) for channel, data in frames.frames if channel == frames.channels[0]]


def plays(url: str) -> None:
    """It plays, and TEARDOWN ends it."""
    with Talk(url) as talk:
        talk.until(has_frames(60))
        assert [type(event) for event in talk.events] == [Playing]
        sequence = numbers(frames_of(talk.client))
        assert sequence == [(sequence[0] + number) & 0xFFFF for number in range(len(sequence))]
        talk.socket.sendall(talk.client.close())
        rest = b""
        deadline_s = time.monotonic() + DEADLINE_S
        while b"RTSP/1.0 200 OK" not in rest:
            assert time.monotonic() < deadline_s
            rest = rest[-20:] + talk.socket.recv(65_536)


def fault_of(url: str) -> RtspFault:
    with Talk(url) as talk, pytest.raises(RtspFault) as raised:
        talk.until(lambda one: one.playing)
    return raised.value


@pytest.fixture(scope="module")
def fleet(street_h264: Path, street_h265: Path) -> Iterator[FleetProcess]:
    login: dict[str, Any] = {"user": "admin", "password": PASSWORD}
    streams = (
        StreamConfig(path="/open", clip=street_h264),
        StreamConfig(path="/h265", clip=street_h265),
        StreamConfig(path="/digest", clip=street_h264, **login),
        StreamConfig(path="/basic", clip=street_h265, auth="basic", **login),
    )
    with FleetProcess(FleetConfig(streams=streams, session_timeout=timedelta(seconds=3))) as fleet:
        yield fleet


def url(port: int, path: str, password: str = PASSWORD) -> str:
    return f"rtsp://admin:{quote(password, safe='')}@127.0.0.1:{port}{path}"


@pytest.mark.parametrize("path", ["/open", "/h265", "/basic", "/digest"])
def test_the_fleet_plays_with_and_without_a_login(fleet: FleetProcess, path: str) -> None:
    plays(url(fleet.port, path))


@pytest.mark.parametrize("path", ["/basic", "/digest"])
def test_the_fleet_refuses_a_wrong_password_after_one_try(fleet: FleetProcess, path: str) -> None:
    before = fleet.stats()[path]["logins_refused"]
    fault = fault_of(url(fleet.port, path, "wrong"))
    assert (fault.kind, str(fault)) == (RtspFaultKind.REFUSED, "the camera refuses user or password (401)")
    assert fleet.stats()[path]["logins_refused"] == before + 1


def test_a_path_that_the_fleet_does_not_have_is_told(fleet: FleetProcess) -> None:
    assert fault_of(url(fleet.port, "/nothing")).kind is RtspFaultKind.NO_PATH


def test_keep_alives_hold_a_session_beyond_its_timeout(fleet: FleetProcess) -> None:
    with Talk(url(fleet.port, "/digest")) as talk:
        talk.until(lambda one: one.playing)
        end_s = time.monotonic() + 4.0  # the fleet cuts off whoever is silent for 3 s
        talk.until(lambda _: time.monotonic() > end_s)
        assert talk.client.playing


@pytest.fixture(scope="module")
def gstreamer(street_h264: Path) -> Iterator[dict[str, int]]:
    """Ports by path."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if (
        not Path(SYSTEM_PYTHON).exists()
        or subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode
    ):
        pytest.skip("GStreamer's RTSP server is not installed (Debian: gir1.2-gst-rtsp-server-1.0)")
    launch = f'( filesrc location="{street_h264}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 mtu=400 )'
    args = [SYSTEM_PYTHON, str(SERVER), launch]
    with subprocess.Popen(
        args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        assert server.stdin
        try:
            ports = server.stdout.readline().split()
            yield dict(zip(("/open", "/basic", "/digest"), map(int, ports), strict=True))
        finally:
            server.stdin.close()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.mark.parametrize("path", ["/open", "/basic", "/digest"])
def test_gstreamers_server_plays_with_and_without_a_login(gstreamer: dict[str, int], path: str) -> None:
    plays(url(gstreamer[path], path))


@pytest.mark.parametrize("path", ["/basic", "/digest"])
def test_gstreamers_server_refuses_a_wrong_password(gstreamer: dict[str, int], path: str) -> None:
    assert fault_of(url(gstreamer[path], path, "wrong")).kind is RtspFaultKind.REFUSED


def test_gstreamers_server_says_that_it_has_no_such_path(gstreamer: dict[str, int]) -> None:
    assert fault_of(url(gstreamer["/open"], "/nothing")).kind is RtspFaultKind.NO_PATH
