"""The reader of thousands on real sockets: TLS, IPv6, redirects, cameras that break the protocol, many at once."""

import asyncio
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from fusion.fleet import FleetConfig, FleetProcess, State, StreamConfig
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.reader import Encoded, StreamFault, StreamHead, StreamSpec, Way
from fusion.ingest.socket_reader import SocketReader
from fusion.types.terminal import Health

Until = Callable[..., None]
QUICK = ReadPolicy(
    open_timeout=timedelta(seconds=3),
    read_timeout=timedelta(seconds=2),
    backoff_first=timedelta(seconds=0.1),
    backoff_cap=timedelta(seconds=0.5),
    tick=timedelta(milliseconds=40),
)


class Told:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.heads: dict[str, list[StreamHead]] = {}
        self.packets_of: dict[str, list[Encoded]] = {}
        self.faults: dict[str, list[StreamFault]] = {}

    def connecting(self, terminal_id: str) -> None:
        self.faults.setdefault(terminal_id, [])

    def opened(self, terminal_id: str, head: StreamHead) -> None:
        self.heads.setdefault(terminal_id, []).append(head)

    def packets(self, terminal_id: str, batch: Sequence[Encoded]) -> None:
        self.packets_of.setdefault(terminal_id, []).extend(batch)

    def lost(self, terminal_id: str, fault: StreamFault) -> None:
        self.faults[terminal_id].append(fault)

    def count(self, terminal_id: str) -> int:
        return len(self.packets_of.get(terminal_id, ()))


@contextmanager
def reading(*specs: StreamSpec, policy: ReadPolicy = QUICK) -> Iterator[tuple[SocketReader, Told]]:
    reader, told = SocketReader(policy), Told()
    reader.start(specs, told)
    try:
        yield reader, told
    finally:
        began_s = time.monotonic()
        reader.stop()
        assert time.monotonic() - began_s < 2.5


@pytest.fixture(scope="module")
def fleet(street_h264: Path, street_h265: Path) -> Iterator[FleetProcess]:
    streams = [StreamConfig(path=f"/{n}", clip=(street_h264, street_h265)[n % 2]) for n in range(60)]
    with FleetProcess(FleetConfig(streams=tuple(streams))) as fleet:
        yield fleet


def test_many_streams_are_read_by_one_thread_without_a_lost_packet(fleet: FleetProcess, until: Until) -> None:
    specs = [StreamSpec(f"t{n}", fleet.url(f"/{n}")) for n in range(60)]
    threads = threading.active_count()
    with reading(*specs) as (reader, told):
        until(lambda: all(told.count(spec.terminal_id) > 15 for spec in specs))
        assert threading.active_count() <= threads + 2
        facts = [reader.facts(spec.terminal_id) for spec in specs]
        again = [reader.facts(spec.terminal_id).report for spec in specs]
    assert all(one.lost == 0 and one.dropped == 0 and one.packets >= one.pictures > 0 for one in facts)
    assert all(one.report is not None and one.report.wall_s is not None for one in facts)
    # One report stays one, however often it is asked for; a newer one may have come in between.
    pairs = [(one.report, later) for one, later in zip(facts, again, strict=True) if one.report and later]
    assert all(one == later for one, later in pairs if one.timestamp == later.timestamp)
    for spec in specs:
        stamps = [packet.pts for packet in told.packets_of[spec.terminal_id]]
        assert stamps == sorted(stamps, key=lambda pts: pts or 0)
        assert told.packets_of[spec.terminal_id][0].keyframe


def test_a_stream_is_added_moved_and_taken_away_while_the_others_go_on(fleet: FleetProcess, until: Until) -> None:
    with reading(StreamSpec("stays", fleet.url("/0"))) as (reader, told):
        until(lambda: told.count("stays"))
        reader.add(StreamSpec("comes", fleet.url("/1")))
        until(lambda: told.count("comes"))
        assert told.heads["comes"][-1].codec == "hevc"
        reader.add(StreamSpec("comes", fleet.url("/2")))
        until(lambda: told.heads["comes"][-1].codec == "h264")
        reader.remove("comes")
        until(lambda: reader.facts("comes").packets == 0)
        seen = told.count("comes")
        before = told.count("stays")
        until(lambda: told.count("stays") > before + 10)
        assert told.count("comes") == seen
        assert len(told.heads["stays"]) == 1


def test_a_camera_that_goes_is_told_and_what_it_brought_is_not_forgotten(fleet: FleetProcess, until: Until) -> None:
    with reading(StreamSpec("a", fleet.url("/4"))) as (reader, told):
        until(lambda: told.count("a") > 10)
        packets = reader.facts("a").packets
        fleet.set_state("/4", State.OFFLINE)
        until(lambda: told.faults["a"])
        assert told.faults["a"][0].health is Health.OFFLINE
        fleet.set_state("/4", State.ONLINE)
        until(lambda: len(told.heads["a"]) == 2)
        until(lambda: reader.facts("a").packets > packets)


def test_ipv6_addresses_and_names_are_connected_to(street_h264: Path, fleet: FleetProcess, until: Until) -> None:
    by_name = fleet.url("/6").replace("127.0.0.1", "localhost")
    config = FleetConfig(streams=(StreamConfig(path="/a", clip=street_h264),), host="::1")
    with (
        FleetProcess(config) as six,
        reading(
            StreamSpec("six", six.url("/a")),
            StreamSpec("name", by_name),
            StreamSpec("nobody", "rtsp://no-such-host.invalid/a"),
        ) as (_, told),
    ):
        until(lambda: told.count("six") and told.count("name"))
        until(lambda: told.faults["nobody"])
        assert "name is not known" in str(told.faults["nobody"][0])


class Peer:
    """A server on loopback in a thread of its own, whose clients a coroutine serves."""

    def __init__(
        self,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._serve, self._context = serve, context
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)  # type: ignore[arg-type]  # either kind
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


def _pipe_to(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data.replace(b"rtsps://", b"rtsp://"))  # behind TLS it is the fleet's plain RTSP
            await target.drain()
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer), return_exceptions=True)

    return serve


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for 127.0.0.1 that nobody else trusts."""
    folder = tmp_path_factory.mktemp("tls")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days"]
    names = ["2", "-subj", "/CN=camera", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem"]
    subprocess.run([*make, *names, "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)
    return folder


def test_rtsps_is_read_with_the_sites_authority_and_refused_without(
    fleet: FleetProcess, authority: Path, until: Until
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority / "cert.pem", authority / "key.pem")
    trusting = QUICK.model_copy(update={"tls_authority": authority / "cert.pem"})
    careless = QUICK.model_copy(update={"tls_verify": False})
    with Peer(_pipe_to(fleet.port), context) as peer:
        spec = StreamSpec("a", f"rtsps://127.0.0.1:{peer.port}/8")
        for policy in (trusting, careless):
            with reading(spec, policy=policy) as (reader, told):
                until(lambda told=told: told.count("a") > 15)
                assert reader.facts("a").lost == 0
        with reading(spec) as (_, told):
            until(lambda: told.faults["a"])
            assert told.faults["a"][0].health is Health.REFUSED
            assert "certificate is not trusted" in str(told.faults["a"][0])


def test_a_redirect_is_followed(fleet: FleetProcess, until: Until) -> None:
    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        cseq = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"cseq"))
        writer.write(b"RTSP/1.0 302 Found\r\n%s\r\nLocation: %s\r\n\r\n" % (cseq, fleet.url("/10").encode()))
        await writer.drain()

    with Peer(elsewhere) as peer, reading(StreamSpec("a", f"rtsp://127.0.0.1:{peer.port}/x")) as (_, told):
        until(lambda: told.count("a"))
        assert told.faults["a"] == []


@pytest.mark.parametrize(
    "where", [b"rtsp://127.0.0.1:99999/a", b"http://127.0.0.1/a", b"rtsp://" + b"a" * 70 + b".x/a"]
)
def test_a_redirect_to_nowhere_costs_that_camera_alone(where: bytes, fleet: FleetProcess, until: Until) -> None:
    async def astray(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: %s\r\n\r\n" % where)
        await writer.drain()

    policy = QUICK.model_copy(update={"odd_before_fallback": 1000})
    with Peer(astray) as peer:
        bad = StreamSpec("bad", f"rtsp://127.0.0.1:{peer.port}/x")
        with reading(bad, StreamSpec("good", fleet.url("/16")), policy=policy) as (_, told):
            until(lambda: len(told.faults["bad"]) >= 2)
            before = told.count("good")
            until(lambda: told.count("good") > before + 10)


def test_a_camera_that_breaks_the_protocol_again_and_again_is_read_by_pyav_and_says_so(
    fleet: FleetProcess, until: Until
) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Our client names itself: to all others it is the fleet.
        request = await reader.readuntil(b"\r\n\r\n")
        if b"libav" not in request.lower() and b"lavf" not in request.lower():
            writer.write(b"HTTP/1.1 400 what\x00\r\n\r\n")
            writer.close()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", fleet.port)
        inner_writer.write(request)

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer), return_exceptions=True)

    with Peer(odd) as peer, reading(StreamSpec("a", f"rtsp://127.0.0.1:{peer.port}/12")) as (reader, told):
        until(lambda: told.count("a") > 5)
        assert len(told.faults["a"]) == QUICK.odd_before_fallback
        assert reader.facts("a").reader == "pyav"
    with reading(StreamSpec("a", fleet.url("/12"), way=Way.PYAV)) as (reader, told):
        until(lambda: told.count("a") > 5)
        assert reader.facts("a").reader == "pyav"


@pytest.mark.parametrize(
    "answer",
    [
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 99999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"X: " + b"y" * 100_000,
        b"\x00\xff\xfe" * 400,
        b"$\x07\xff\xff" + b"z" * 70_000,
        b"",
    ],
)
def test_a_hostile_peer_is_marked_and_the_others_go_on(answer: bytes, fleet: FleetProcess, until: Until) -> None:
    async def hostile(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    policy = QUICK.model_copy(update={"fallbacks_at_once": 1})
    with Peer(hostile) as peer:
        bad = [StreamSpec(f"bad{n}", f"rtsp://127.0.0.1:{peer.port}/{n}") for n in range(3)]
        with reading(*bad, StreamSpec("good", fleet.url("/14")), policy=policy) as (reader, told):
            until(lambda: all(told.faults[spec.terminal_id] for spec in bad))
            before = told.count("good")
            until(lambda: told.count("good") > before + 15)
            assert reader.facts("good").lost == 0
            assert len(told.heads["good"]) == 1
            said = " ".join(str(fault) for faults in told.faults.values() for fault in faults)
            assert urlsplit(bad[0].url).netloc not in said
