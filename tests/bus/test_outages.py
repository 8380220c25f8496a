"""Nothing is lost when the bus dies, hangs or is started again."""

import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from fusion.bus import Bus
from fusion.bus.outgoing import Message, Outgoing
from fusion.children import accepts, free_port
from fusion.types.errors import PeerFault

from .servers import PASSWORD, Server, eventually, program

MESSAGES = 400
AWAY_S = 1.5  # by hand it was 20 s


class Reader:
    """Reads and acknowledges until it is closed, whatever the bus does."""

    def __init__(self, bus: Bus) -> None:
        self.found: list[bytes] = []
        self._bus = bus
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                entries = self._bus.read(["s"], "group", "one", block_ms=50)
                self.found += [entry.payload for entry in entries]
                self._bus.ack("group", entries)
            except PeerFault:
                self._bus.again(["s"])
                self._stopping.wait(0.1)


def publish(bus: Bus, numbers: range) -> None:
    pause = threading.Event()
    for number in numbers:
        bus.publish("s", b"%d" % number)
        pause.wait(0.001)


def first_of_each(found: list[bytes]) -> list[int]:
    return list(dict.fromkeys(int(message) for message in found))


@pytest.mark.parametrize("fault", ["is killed and started again", "hangs"])
def test_nothing_is_lost_and_the_order_stays_when_a_server_by_url(
    fault: str, server: Server, bus: Bus, stack: ExitStack
) -> None:
    reader = Reader(bus)
    stack.callback(reader.close)
    publish(bus, range(MESSAGES // 4))
    server.kill() if fault != "hangs" else server.hang()
    publish(bus, range(MESSAGES // 4, MESSAGES))
    threading.Event().wait(AWAY_S)
    server.start() if fault != "hangs" else server.go_on()
    assert eventually(lambda: len(first_of_each(reader.found)) == MESSAGES, 40)
    assert first_of_each(reader.found) == list(range(MESSAGES))
    assert bus.well


def test_nothing_is_lost_when_the_embedded_server_is_killed(tmp_path: Path, stack: ExitStack) -> None:
    bus = Bus("embedded", tmp_path / "bus")
    stack.callback(bus.close)
    reader = Reader(bus)
    stack.callback(reader.close)
    publish(bus, range(MESSAGES // 2))
    assert bus.embedded is not None
    killed = bus.embedded.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    publish(bus, range(MESSAGES // 2, MESSAGES))
    assert eventually(lambda: len(first_of_each(reader.found)) == MESSAGES, 40)
    assert bus.embedded.pid != killed
    # What was taken before the kill is not lost, and what was acknowledged is not forgotten.
    assert max(Counter(reader.found).values()) <= 2


def test_the_embedded_server_keeps_what_waits_over_a_restart_of_fusion(tmp_path: Path) -> None:
    folder = tmp_path / 'with "quotes" and spaces'
    bus = Bus("embedded", folder)
    bus.publish("s", b"before")
    bus.close()
    later = Bus("embedded", folder)
    try:
        assert [entry.payload for entry in later.read(["s"], "group", "one", block_ms=50)] == [b"before"]
    finally:
        later.close()


def test_a_second_engine_on_the_same_folder_is_refused(tmp_path: Path, stack: ExitStack) -> None:
    stack.callback(Bus("embedded", tmp_path).close)
    with pytest.raises(PeerFault, match="in use by another fusion"):
        Bus("embedded", tmp_path)


def test_the_embedded_server_listens_on_loopback_only_and_wants_its_password(tmp_path: Path, stack: ExitStack) -> None:
    bus = Bus("embedded", tmp_path)
    stack.callback(bus.close)
    assert bus.where.startswith("redis://127.0.0.1:")
    assert (tmp_path / "valkey.conf").stat().st_mode & 0o077 == 0
    with pytest.raises(PeerFault, match=r"NOAUTH|[Aa]uthentication"):
        Bus(bus.where, tmp_path)


def test_put_says_when_the_bus_does_not_take_a_message(server: Server, bus: Bus) -> None:
    server.kill()
    with pytest.raises(PeerFault, match=r"has not taken a message within 0\.3 s"):
        bus.put("s", b"a", 0.3)
    assert bus.backlog == 0 or eventually(lambda: not bus.well)
    server.start()
    bus.put("s", b"a", 20)
    assert eventually(lambda: bus.well)


def test_too_many_waiting_messages_are_given_up_from_the_oldest() -> None:
    away = threading.Event()
    sent: list[bytes] = []

    def send(batch: Sequence[Message]) -> None:
        if not away.is_set():
            raise PeerFault("away")
        sent.extend(message.payload for message in batch)

    outgoing = Outgoing(send, most=5)
    for number in range(8):
        outgoing.add(Message("s", b"%d" % number))
    assert len(outgoing) <= 5
    away.set()
    assert outgoing.settle(10)
    outgoing.close(1)
    assert len(sent) == 5
    assert sent == sorted(sent)


def test_a_fault_of_ours_in_sending_does_not_end_the_thread() -> None:
    calls = iter([RuntimeError("ours"), None])

    def send(_batch: object) -> None:
        if (error := next(calls)) is not None:
            raise error

    outgoing = Outgoing(send, most=5)
    outgoing.add(Message("s", b"a"))
    assert outgoing.settle(10)
    outgoing.close(1)


def test_a_bus_with_tls_is_reached_by_a_rediss_url(tmp_path: Path, stack: ExitStack) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*make, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    port = free_port()
    args = [program("redis"), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD]
    args += ["--tls-cert-file", str(cert), "--tls-key-file", str(key), "--tls-ca-cert-file", str(cert)]
    args += ["--tls-auth-clients", "no", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(server.wait)
    stack.callback(server.kill)
    assert eventually(lambda: accepts(port))
    url = f"rediss://:{PASSWORD}@127.0.0.1:{port}/0"
    with pytest.raises(PeerFault, match=r"certificate|CERTIFICATE"):
        Bus(url, tmp_path)
    bus = Bus(f"{url}?ssl_ca_certs={cert}", tmp_path)
    stack.callback(bus.close)
    bus.put("s", b"a")
    assert bus.where == f"rediss://127.0.0.1:{port}/0"
