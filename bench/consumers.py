"""Who reads the streams in `bench.peers`, each in processes of its own: `python -m bench.consumers KIND FILE`.

FILE holds one address a line. Each half second a JSON line tells how it goes; the end of input ends it.
"""

import argparse
import contextlib
import fcntl
import json
import os
import select
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import cv2

from bench.stages import StageClock, threads_s
from fusion import logs
from fusion.children import Child
from fusion.ingest.counters import Drop
from fusion.ingest.looking import Looker
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.reader import StreamSpec
from fusion.types.terminal import Health

_EVERY_FPS = 5
_PIPE_BYTES = 1 << 20
_SAY_S = 0.5


class Consumer(ABC):
    """Streams being read."""

    pids: Sequence[int]  #: the processes whose cost is the consumer's

    @abstractmethod
    def ready(self) -> int:
        """How many streams have given a picture."""

    @abstractmethod
    def pictures(self) -> int:
        """Decoded pictures handed on so far, over all streams."""

    @abstractmethod
    def stop(self) -> None:
        """End it."""

    def facts(self) -> dict[str, Any]:
        """All of it, for the line that is said."""
        return {"pids": list(self.pids), "ready": self.ready(), "pictures": self.pictures()}


class Ffmpeg(Consumer):
    """One ffmpeg a camera, its raw pictures taken from a pipe and thrown away without being copied (splice)."""

    def __init__(
        self, urls: Sequence[str], size_px: tuple[int, int], before: Sequence[str], after: Sequence[str]
    ) -> None:
        bgr = "bgr24" in after
        self._picture_bytes = size_px[0] * size_px[1] * (6 if bgr else 3) // 2
        common = ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"]
        self._children = [
            Child("ffmpeg", [*common, *before, "-i", url, *after, "-f", "rawvideo", "-"], stdout=True) for url in urls
        ]
        self.pids = [child.pid for child in self._children]
        self._bytes = dict[int, int]()
        for child in self._children:
            assert child.process.stdout is not None  # noqa: S101 - asked for above
            descriptor = child.process.stdout.fileno()
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            self._bytes[descriptor] = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def ready(self) -> int:
        """Streams with a picture."""
        return sum(count >= self._picture_bytes for count in list(self._bytes.values()))

    def pictures(self) -> int:
        """Pictures so far."""
        return sum(count // self._picture_bytes for count in list(self._bytes.values()))

    def stop(self) -> None:
        """End all of it."""
        self._stopping.set()
        self._thread.join()
        for child in self._children:
            child.process.kill()
        for child in self._children:
            child.stop()

    def _drain(self) -> None:
        poll = select.poll()
        for descriptor in self._bytes:
            poll.register(descriptor, select.POLLIN)
        nowhere = os.open("/dev/null", os.O_WRONLY)
        while not self._stopping.is_set():
            for descriptor, _ in poll.poll(200):
                taken = os.splice(descriptor, nowhere, _PIPE_BYTES)
                self._bytes[descriptor] += taken
                if not taken:
                    poll.unregister(descriptor)
        os.close(nowhere)


class Threads(Consumer):
    """A thread a camera, in this process."""

    def __init__(self, urls: Sequence[str], read: Callable[[str, Callable[[], bool]], None]) -> None:
        self.pids = [os.getpid()]
        self._counts = [0] * len(urls)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=read, args=(url, self._counter(index)), daemon=True)
            for index, url in enumerate(urls)
        ]
        for thread in self._threads:
            thread.start()

    def ready(self) -> int:
        """Streams with a picture."""
        return sum(count > 0 for count in self._counts)

    def pictures(self) -> int:
        """Pictures so far."""
        return sum(self._counts)

    def stop(self) -> None:
        """End all of it."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(5.0)

    def _counter(self, index: int) -> Callable[[], bool]:
        def counted() -> bool:
            self._counts[index] += 1
            return not self._stopping.is_set()

        return counted


def _pyav(url: str, counted: Callable[[], bool]) -> None:
    """Decode all, and give an array of BGR five times a second."""
    with av.open(url, options={"rtsp_transport": "tcp"}) as container:
        due_s = 0.0
        for frame in container.decode(video=0):
            if frame.time is None or frame.time < due_s:
                continue
            due_s = frame.time + 1 / _EVERY_FPS - 0.01
            frame.to_ndarray(format="bgr24")
            if not counted():
                return


def _opencv(url: str, counted: Callable[[], bool]) -> None:
    """Read all: what VideoCapture is used for. It gives BGR."""
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    try:
        while capture.read()[0] and counted():
            pass
    finally:
        capture.release()


class Ours(Consumer):
    """The looker with its own reader, each look thrown away."""

    def __init__(self, urls: Sequence[str], *, every_keyframe: bool, stages: bool = False) -> None:
        self._clock = StageClock() if stages else None
        if self._clock is not None:
            self._clock.install()
        policy = LookingPolicy(reading=ReadPolicy(ring=timedelta(seconds=2), connecting_at_once=32))
        if every_keyframe:
            policy = policy.model_copy(update={"look_every": timedelta(0), "shortest_gap": timedelta(0)})
        self.pids = [os.getpid()]
        specs = [StreamSpec(f"T-{number:04d}", url) for number, url in enumerate(urls)]
        self._looker = Looker(specs, policy, lambda _look: None)
        self._looker.start()

    def ready(self) -> int:
        """Streams with a picture."""
        return sum(status.health is Health.LIVE for status in self._looker.statuses())

    def pictures(self) -> int:
        """Pictures so far."""
        counters = self._looker.counters
        return counters.looked + counters.dropped.get(Drop.QUIET.value, 0)

    def stop(self) -> None:
        """End all of it."""
        self._looker.stop()

    def facts(self) -> dict[str, Any]:
        """With the CPU seconds of each stage, where they are timed."""
        if self._clock is None:
            return super().facts()
        return {**super().facts(), "stages": self._clock.read(), "reader_s": threads_s("reader")}


_BGR = ("-pix_fmt", "bgr24")
_AS_THEY_COME = ("-fps_mode", "passthrough")
KINDS: dict[str, Callable[[Sequence[str], tuple[int, int]], Consumer]] = {
    "ffmpeg": lambda urls, size: Ffmpeg(urls, size, (), ("-vf", f"fps={_EVERY_FPS}", *_BGR)),
    "ffmpeg_keyframes": lambda urls, size: Ffmpeg(urls, size, ("-skip_frame", "nokey"), (*_AS_THEY_COME, *_BGR)),
    "ffmpeg_keyframes_yuv": lambda urls, size: Ffmpeg(urls, size, ("-skip_frame", "nokey"), _AS_THEY_COME),
    "pyav": lambda urls, _size: Threads(urls, _pyav),
    "opencv": lambda urls, _size: Threads(urls, _opencv),
    "ours": lambda urls, _size: Ours(urls, every_keyframe=False),
    "ours_keyframes": lambda urls, _size: Ours(urls, every_keyframe=True),
    "ours_stages": lambda urls, _size: Ours(urls, every_keyframe=True, stages=True),
}


def main() -> int:
    """Read until the end of input."""
    parser = argparse.ArgumentParser(prog="python -m bench.consumers", description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("urls", type=Path)
    parser.add_argument("--size", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"), required=True)
    args = parser.parse_args()
    logs.set_up()  # to standard error: standard output is for the facts
    consumer = KINDS[args.kind](args.urls.read_text("utf-8").split(), tuple(args.size))
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    while not ended.wait(_SAY_S):
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(consumer.facts()), flush=True)
    consumer.stop()
    return 0


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
