"""The reader for thousands: one thread that ticks, takes what has come on every socket, and decodes nothing."""

import heapq
import itertools
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from fusion.ingest.dialling import Address, dial, host_and_port, is_literal, resolve, tls_context, why_not
from fusion.ingest.line import Line, Step
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.pyav_reader import PyAvReader, log_lost
from fusion.ingest.reader import PacketReader, PacketSink, ReadFacts, StreamFault, StreamSpec, Way
from fusion.ingest.rtsp.faults import RtspFaultKind
from fusion.ingest.streams import Stream
from fusion.types.terminal import Health

_log = structlog.get_logger()
_CHECK_S = 1.0
_LONGEST_TICK_S, _TICK_S_EACH = 0.5, 0.0004
_AT_ONCE = 256  #: events served before time is looked at again
#: Faults after which another reader may do better.
_ODD = {RtspFaultKind.PROTOCOL, RtspFaultKind.UNSUPPORTED}


class SocketReader(PacketReader):
    """`PacketReader` over non-blocking sockets and our own RTSP client.

    Connections that are being made are served as soon as something comes; those that play are read once a tick, which
    is what makes a thousand of them cheap. All state below belongs to the reader's thread; other threads leave it
    messages. Streams whose cameras break the protocol again and again are read by PyAV for a while.
    """

    def __init__(self, policy: ReadPolicy) -> None:
        """Raises SiteError where the policy names certificates that are none."""
        self._policy = policy
        self._tls = tls_context(policy.tls_authority, verify=policy.tls_verify)
        self._sink: PacketSink
        self._messages: deque[Callable[[], None]] = deque()
        self._wake_out, self._wake_in = socket.socketpair()
        for end in (self._wake_out, self._wake_in):
            end.setblocking(False)
        self._hurrying, self._playing = select.epoll(), select.epoll()
        self._hurrying.register(self._wake_in, select.EPOLLIN)
        self._streams: dict[str, Stream] = {}  #: every stream, by terminal
        self._lines: dict[int, Line] = {}  #: those that are open, by file descriptor
        self._trying: set[str] = set()  #: terminals with an attempt on; bounded by the policy
        self._due: list[tuple[float, int, str, int]] = []  #: heap: monotonic, tie, terminal, attempt
        self._ties = itertools.count()
        self._names = ThreadPoolExecutor(4, thread_name_prefix="names")
        self._fallback = PyAvReader(policy)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self, streams: Sequence[StreamSpec], sink: PacketSink) -> None:
        """Begin to read; returns at once. Called once."""
        self._sink = sink
        self._fallback.start((), sink)
        for spec in streams:
            self._add(spec)
        self._thread.start()

    def add(self, spec: StreamSpec) -> None:
        """Read one more stream, or an old one at another address."""
        self._leave(lambda: self._add(spec))

    def remove(self, terminal_id: str) -> None:
        """Read it no more."""
        self._leave(lambda: self._remove(terminal_id))

    def facts(self, terminal_id: str) -> ReadFacts:
        """What a stream has brought; from any thread, and then of about now."""
        stream = self._streams.get(terminal_id)
        if stream is None:
            return ReadFacts()
        if stream.by_pyav:
            return self._fallback.facts(terminal_id)
        line = stream.line
        return stream.before if line is None else line.facts(stream.before)

    def stop(self, timeout_s: float = 2.0) -> None:
        """End all reading within the time. Twice is harmless."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._leave(lambda: None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._fallback.stop(timeout_s)
        self._names.shutdown(wait=False, cancel_futures=True)

    def _leave(self, message: Callable[[], None]) -> None:
        """Have something done on the reader's thread."""
        self._messages.append(message)
        try:
            self._wake_out.send(b"x")
        except OSError:
            return  # full: it wakes anyway; closed: it has ended

    def _run(self) -> None:
        check_due_s, next_tick_s = 0.0, time.monotonic() + self._tick_s
        try:
            while not self._stopping.is_set():
                self._begin_due()
                self._serve_hurrying(next_tick_s)
                now_s = time.monotonic()
                if now_s < next_tick_s:
                    continue
                self._read_playing(now_s)
                if now_s >= check_due_s:
                    self._check_all(now_s)
                    check_due_s = now_s + _CHECK_S
                next_tick_s = max(next_tick_s + self._tick_s, time.monotonic() + self._tick_s / 4)
        finally:
            for line in list(self._lines.values()):
                self._close(line)
            for end in (self._hurrying, self._playing, self._wake_in, self._wake_out):
                end.close()

    @property
    def _tick_s(self) -> float:
        """Longer the more there is to read: fewer, larger reads are what a system call is worth."""
        return min(_LONGEST_TICK_S, self._policy.tick.total_seconds() + _TICK_S_EACH * len(self._lines))

    def _serve_hurrying(self, until_s: float) -> None:
        """Serve what is being connected until the next tick, or until the next attempt may begin."""
        if self._due and self._may_begin:
            until_s = min(until_s, self._due[0][0])
        for fd, _ in self._hurrying.poll(max(0.0, until_s - time.monotonic()), _AT_ONCE):
            if fd == self._wake_in.fileno():
                self._read_messages()
            elif fd in self._lines:
                self._guarded(self._lines[fd], self._advance)

    def _read_messages(self) -> None:
        self._wake_in.recv(4096)
        while self._messages:
            self._messages.popleft()()

    def _read_playing(self, now_s: float) -> None:
        wall_s = time.time()
        for fd, _ in self._playing.poll(0, max(1, len(self._lines))):
            line = self._lines.get(fd)
            if line is not None:
                self._guarded(line, lambda line: line.read(now_s, wall_s))

    def _check_all(self, now_s: float) -> None:
        """Time-outs, keep-alives, and streams that PyAV has had for long enough."""
        open_s, read_s = self._policy.open_timeout.total_seconds(), self._policy.read_timeout.total_seconds()
        for line in list(self._lines.values()):
            if line.step is Step.PLAYING and now_s - line.heard_s > read_s:
                self._failed(line, StreamFault(Health.SILENT, f"connected, but no packet for {read_s:g} s"))
            elif line.step is not Step.PLAYING and now_s - line.opened_s > open_s:
                self._failed(line, StreamFault(Health.OFFLINE, f"no answer within {open_s:g} s"))
            else:
                self._guarded(line, lambda line: line.tick(now_s))
        for stream in self._streams.values():
            if stream.by_pyav and stream.spec.way is Way.AUTO and now_s >= stream.back_at_s:
                self._fallback.remove(stream.spec.terminal_id)
                stream.by_pyav, stream.odd_in_row = False, 0
                self._plan(stream, 0.0)

    def _guarded(self, line: Line, deed: Callable[[Line], None]) -> None:
        """Do something with a line; what goes wrong costs that line alone."""
        try:
            deed(line)
        except StreamFault as fault:
            self._failed(line, fault)
        except Exception as error:  # noqa: BLE001 - one camera's oddity must not end the reading of a thousand
            # Its text may repeat the address with its password: only its kind is told.
            kind = type(error).__name__
            _log.error("reading_failed", terminal=line.spec.terminal_id, error=kind)
            self._failed(line, StreamFault(Health.OFFLINE, f"reading failed: {kind}"))
        else:
            if line.redirected is not None:
                self._redirect(line)

    def _advance(self, line: Line) -> None:
        """Something has come for a connection that is being made, or it can be written to."""
        if line.step is Step.CONNECTING and not self._connected(line):
            return
        if line.step is Step.SECURING:
            if line.shake_hands():
                line.ask()
        elif line.step is Step.ASKING:
            line.send()
            line.read(time.monotonic(), time.time())
        if line.redirected is not None:
            return
        if line.step is Step.PLAYING:
            self._hurrying.unregister(line.sock)
            self._playing.register(line.sock, select.EPOLLIN)
            self._trying.discard(line.spec.terminal_id)
            self._streams[line.spec.terminal_id].odd_in_row = 0
        else:
            self._hurrying.modify(line.sock, select.EPOLLIN | (select.EPOLLOUT if line.wants_to_send else 0))

    def _connected(self, line: Line) -> bool:
        """The socket answered: go on to TLS or RTSP; False where it goes on at the host's next address.

        Raises:
            StreamFault: it cannot be reached, and there is no other address.
        """
        stream = self._streams[line.spec.terminal_id]
        code = line.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            if not stream.addresses:
                raise StreamFault(Health.OFFLINE, why_not(code))
            self._close(line)
            self._dial(stream)
            return False
        host, _, tls = host_and_port(stream.url)
        if tls:
            line.secure(self._tls, host)
        else:
            line.ask()
        return True

    @property
    def _may_begin(self) -> bool:
        return len(self._trying) < self._policy.connecting_at_once

    def _begin_due(self) -> None:
        """Begin the attempts that are due, as many at once as may be."""
        now_s = time.monotonic()
        while self._due and self._due[0][0] <= now_s and self._may_begin:
            _, _, terminal_id, attempt = heapq.heappop(self._due)
            stream = self._streams.get(terminal_id)
            if stream is not None and stream.attempt == attempt and not stream.by_pyav:
                stream.url, stream.redirects = stream.spec.url, 0
                stream.began_s = now_s
                self._sink.connecting(terminal_id)
                self._resolve(stream)

    def _resolve(self, stream: Stream) -> None:
        """Find the host of the attempt, and dial it; names are asked for on another thread."""
        self._trying.add(stream.spec.terminal_id)
        try:
            host, port, _ = host_and_port(stream.url)
            literal = resolve(host, port) if is_literal(host) else None
        except StreamFault as fault:
            self._again_later(stream, fault)
            return
        if literal is not None:
            self._resolved(stream, stream.attempt, literal)
            return

        def ask(attempt: int = stream.attempt) -> None:
            try:
                found: list[Address] | StreamFault = resolve(host, port)
            except StreamFault as fault:
                found = fault
            self._leave(lambda: self._resolved(stream, attempt, found))

        self._names.submit(ask)

    def _resolved(self, stream: Stream, attempt: int, found: list[Address] | StreamFault) -> None:
        if self._streams.get(stream.spec.terminal_id) is not stream or stream.attempt != attempt:
            return
        if isinstance(found, StreamFault):
            self._again_later(stream, found)
            return
        stream.addresses = found
        try:
            self._dial(stream)
        except StreamFault as fault:
            self._again_later(stream, fault)

    def _dial(self, stream: Stream) -> None:
        sock = dial(stream.addresses.pop(0))
        answer_s = self._policy.open_timeout.total_seconds()
        stream.line = Line(stream.spec, stream.url, sock, self._sink, answer_s, stream.redirects)
        self._lines[sock.fileno()] = stream.line
        self._hurrying.register(sock, select.EPOLLIN | select.EPOLLOUT)

    def _redirect(self, line: Line) -> None:
        """The camera sends us elsewhere: the same attempt goes on there."""
        stream, where = self._streams[line.spec.terminal_id], line.redirected
        if where is None:
            return
        self._close(line)
        stream.url, stream.redirects = where.url, where.redirects
        self._resolve(stream)

    def _failed(self, line: Line, fault: StreamFault) -> None:
        stream = self._streams[line.spec.terminal_id]
        self._close(line)
        if line.fault_kind in _ODD and stream.spec.way is Way.AUTO:
            stream.odd_in_row += 1
            if stream.odd_in_row >= self._policy.odd_before_fallback:
                self._sink.lost(stream.spec.terminal_id, fault)
                self._hand_over(stream, str(fault))
                return
        self._again_later(stream, fault)

    def _again_later(self, stream: Stream, fault: StreamFault) -> None:
        self._trying.discard(stream.spec.terminal_id)
        held = timedelta(seconds=time.monotonic() - stream.began_s)
        wait = stream.backoff.failed(held, refused=fault.health is Health.REFUSED)
        self._sink.lost(stream.spec.terminal_id, fault)
        log_lost(stream.spec.terminal_id, fault, wait)
        self._plan(stream, wait.total_seconds())

    def _plan(self, stream: Stream, wait_s: float) -> None:
        stream.attempt += 1
        due_s = time.monotonic() + wait_s
        heapq.heappush(self._due, (due_s, next(self._ties), stream.spec.terminal_id, stream.attempt))

    def _hand_over(self, stream: Stream, why: str) -> None:
        """From now on, or for a while, PyAV reads it."""
        self._trying.discard(stream.spec.terminal_id)
        by_pyav = sum(other.by_pyav and other.spec.way is Way.AUTO for other in self._streams.values())
        if stream.spec.way is Way.AUTO and by_pyav >= self._policy.fallbacks_at_once:
            self._again_later(stream, StreamFault(Health.OFFLINE, why))
            return
        stream.by_pyav = True
        stream.back_at_s = time.monotonic() + self._policy.fallback_for.total_seconds()
        _log.info("read_by_pyav", terminal=stream.spec.terminal_id, why=why)
        self._fallback.add(stream.spec)

    def _add(self, spec: StreamSpec) -> None:
        self._remove(spec.terminal_id)
        stream = self._streams[spec.terminal_id] = Stream(spec, self._policy)
        if spec.way is Way.AUTO:
            self._plan(stream, 0.0)
        else:
            self._hand_over(stream, "the site says so")

    def _remove(self, terminal_id: str) -> None:
        stream = self._streams.pop(terminal_id, None)
        if stream is None:
            return
        self._trying.discard(terminal_id)
        self._fallback.remove(terminal_id)
        if stream.line is not None:
            self._close(stream.line, stream)

    def _close(self, line: Line, stream: Stream | None = None) -> None:
        """Close a line, and keep what it brought."""
        fd = line.sock.fileno()
        self._lines.pop(fd, None)
        stream = stream or self._streams[line.spec.terminal_id]
        stream.before, stream.line = line.facts(stream.before), None
        line.close()  # which takes it out of epoll
