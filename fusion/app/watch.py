"""`fusion watch`: any file, folder or RTSP address, without a site."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fusion.detectors.pool import DetectorPool, OnnxConfig
from fusion.evidence.facts import SnapshotFacts
from fusion.evidence.keep import keep_snapshot
from fusion.ingest.files import paced, read_file
from fusion.ingest.look import Look
from fusion.ingest.looking import Looker
from fusion.ingest.looking_policy import LookingPolicy
from fusion.ingest.planes import copy_of
from fusion.ingest.reader import StreamSpec
from fusion.ingest.redact import redacted
from fusion.ingest.sources import sources_in
from fusion.pipeline.judge import TerminalJudge
from fusion.pipeline.watch import MEDIA_ZERO, WatchEvent, watch_pictures, watch_rules, whole_picture
from fusion.types.place import GeoPoint
from fusion.types.sighting import Box
from fusion.types.terminal import Health, Terminal
from fusion.types.zone import Zone

_CLOCK = ZoneInfo("UTC")
_LIVE = LookingPolicy(longest_gap=timedelta(seconds=2), linger=timedelta(hours=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """What to look for, and where to keep what was seen."""

    zones: tuple[Zone, ...] = ()  #: empty: the whole picture
    dwell: timedelta = timedelta(minutes=1)
    residue: timedelta = timedelta(seconds=20)
    every: timedelta = timedelta(milliseconds=500)  #: of media time, between looks at a file
    fast: bool = False  #: files as fast as they decode
    out: Path | None = None  #: evidence
    seconds: float | None = None  #: end streams after so long


@dataclass(slots=True)
class Told:
    """One event as it is reported; seconds count from the start of the source."""

    source: str
    kind: str
    began_s: float
    told_s: float
    ended_s: float | None
    box: Box
    belief: float
    reason_zh: str
    reason_en: str
    evidence: list[str] = field(default_factory=list)

    def line(self) -> str:
        """One line for people."""
        kept = f"  [{self.evidence[-1]}]" if self.evidence else ""
        return f"{self.source}  {self.told_s:7.1f} s  {self.kind}  {self.reason_en}{kept}"


class Watch:
    """Watches sources one after the other (files) or together (streams)."""

    def __init__(self, options: WatchOptions, tell: Callable[[Told], None], note: Callable[[str], None]) -> None:
        self._options, self._tell, self._note = options, tell, note
        self._lock = threading.Lock()
        self.told: list[Told] = []
        self.faults: list[str] = []

    def run(self, sources: Sequence[str]) -> None:
        """All sources; returns when the files have ended and the streams' time is over, or `stop` is set."""
        streams = [source for source in sources if source.lower().startswith(("rtsp://", "rtsps://"))]
        files = [path for source in sources if source not in streams for path in sources_in(Path(source))]
        config = OnnxConfig(queue=256)
        with DetectorPool(config.chosen(Path()), config) as pool:
            for path in files:
                self._file(path, pool)
            if streams:
                self._streams(streams, pool)

    def _judge(self, name: str, pool: DetectorPool) -> TerminalJudge:
        options = self._options
        return TerminalJudge(
            name,
            zones=whole_picture(options.zones),
            rules=watch_rules(options.dwell, options.residue),
            detect=lambda images: pool.detect(images, of=name),
            site_tz=UTC,
            crop_px=max(pool.size_px),
        )

    def _file(self, path: Path, pool: DetectorPool) -> None:
        self._note(f"{path.name}")
        options, stop = self._options, threading.Event()
        pictures: Iterator[Any] = read_file(path, every=options.every, clock_start=MEDIA_ZERO, keyframes_only=False)
        if not options.fast:
            pictures = paced(pictures, stop)
        for event in watch_pictures(pictures, self._judge(path.stem, pool)):
            self._event(path.name, path.stem, event)

    def _streams(self, urls: Sequence[str], pool: DetectorPool) -> None:
        names = {f"S-{index + 1}": url for index, url in enumerate(urls)}
        judges = {name: self._judge(name, pool) for name in names}
        feeds = {name: _Feed() for name in names}

        def on_look(look: Look) -> None:
            name = look.picture.terminal_id
            for event in feeds[name].judged(look, judges[name]):
                self._event(redacted(names[name]), name, event)
            if judges[name].candidate:
                looker.burst(name)

        looker = Looker([StreamSpec(name, url) for name, url in names.items()], _LIVE, on_look)
        with _running(looker):
            self._wait(looker, names)

    def _wait(self, looker: Looker, names: dict[str, str]) -> None:
        began, pause, said = datetime.now(UTC), threading.Event(), ""
        seen: set[str] = set()
        while True:
            pause.wait(0.5)
            statuses = looker.statuses()
            seen |= {s.terminal_id for s in statuses if s.health is Health.LIVE}
            words = ", ".join(f"{redacted(names[s.terminal_id])}: {s.health} {s.detail}".strip() for s in statuses)
            if words != said:
                self._note(words)
                said = words
            gone = all(s.health in {Health.OFFLINE, Health.REFUSED} for s in statuses)
            lasted = (datetime.now(UTC) - began).total_seconds()
            if self._options.seconds is not None and lasted >= self._options.seconds:
                break
            if gone and (seen or lasted > 15):
                break  # a recording that was served has ended, or nobody ever answered
        self.faults += [
            f"{redacted(url)}: no picture came: {next(s.detail for s in statuses if s.terminal_id == name)}"
            for name, url in names.items()
            if name not in seen
        ]

    def _event(self, source: str, name: str, event: WatchEvent) -> None:
        with self._lock:
            if event.ended_at is not None:
                for known in self.told:
                    if (known.source, known.kind, known.told_s) == (source, event.kind, _seconds(event.started_at)):
                        known.ended_s = _seconds(event.ended_at)
                return
            told = Told(
                source=source,
                kind=event.kind,
                began_s=_seconds(event.began_at),
                told_s=_seconds(event.started_at),
                ended_s=None,
                box=event.box,
                belief=round(event.belief, 3),
                reason_zh=event.reason.zh,
                reason_en=event.reason.en,
            )
            if self._options.out is not None:
                told.evidence = self._keep(self._options.out, name, event)
            self.told.append(told)
        self._tell(told)

    def _keep(self, out: Path, name: str, event: WatchEvent) -> list[str]:
        terminal = Terminal(id=name, name=name, point=GeoPoint(0, 0), height_m=4, bearing_deg=0, grid_id=None)
        zones = whole_picture(self._options.zones)
        facts = SnapshotFacts(
            terminal=terminal,
            kind=event.kind,
            reason=event.reason,
            met_at=event.picture.at,
            signal_id=f"{name}-{event.thing_id}",
            thing_id=event.thing_id,
            box=event.box,
            others=tuple((track.box, track.class_name) for track in event.sighting.tracks),
            zone=next((zone for zone in zones if zone.id == event.zone_id), None),
        )
        return [str(out / ref.path) for ref in keep_snapshot(out, event.picture, facts, _CLOCK)]


class _Feed:
    """Turns looks, which come one at a time, into the events of `watch_pictures`."""

    def __init__(self) -> None:
        self._first: datetime | None = None
        self._open: dict[str, WatchEvent] = {}

    def judged(self, look: Look, judge: TerminalJudge) -> list[WatchEvent]:
        """Events that this look brings."""
        self._first = self._first or look.picture.at
        # One look is judged by the same code as a file, with time counted from the stream's first picture.
        pictures = [copy_of(look.picture)]
        return list(watch_pictures(pictures, judge, first=self._first, open_events=self._open))


@contextmanager
def _running(looker: Looker) -> Iterator[None]:
    looker.start()
    try:
        yield
    finally:
        looker.stop()


def _seconds(time: timedelta) -> float:
    return round(time.total_seconds(), 2)
