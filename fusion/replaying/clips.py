"""Judges a thing again on the clip that was kept of it, by the real pipeline on media time.

A clip holds some ten seconds around the moment at which a case was filed. It can tell only where the rules in use, run
on it, tell of the thing once more: that is tried first, and where they do not, the clip tells nothing.
"""

from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from fusion.ingest.files import read_file
from fusion.ingest.masks import masked
from fusion.ingest.probe import probe
from fusion.pipeline.judge import Detect, TerminalJudge
from fusion.replaying.change import Setup
from fusion.replaying.numbers import asks_of
from fusion.replaying.verdict import Again, Level, Verdict, unknown
from fusion.rules.zones import meet
from fusion.tracking.config import FollowerConfig
from fusion.types.errors import SiteError
from fusion.types.terminal import Terminal
from fusion.types.told import ToldThing

_EVERY = timedelta(seconds=0.5)


class Clips:
    """Runs clips; one at a time."""

    def __init__(self, detect: Detect, follow: FollowerConfig, site_tz: tzinfo, *, every: timedelta = _EVERY) -> None:
        """`every` is the media time between looks."""
        self._detect, self._follow, self._site_tz, self._every = detect, follow, site_tz, every
        self.ran = 0  #: clips judged so far
        self.broken = 0  #: of these, could not be read

    def judged_again(self, thing: ToldThing, clip: Path, ended: datetime, before: Setup, after: Setup) -> Verdict:
        """What a setup would have made of a thing, by its clip, whose last picture is of the time `ended`."""
        terminal = before.terminals.get(thing.first.source_id), after.terminals.get(thing.first.source_id)
        if terminal[0] is None or terminal[1] is None:
            return unknown("终端已不在册", "its terminal is not in the register any more")
        try:
            length = probe(clip).duration or timedelta(0)
            asks = asks_of(before, thing.first.kind)
            if asks is not None and asks > length:
                return unknown(
                    f"录像只有 {length.total_seconds():.0f} 秒，规则要求 {asks.total_seconds():.0f} 秒",
                    f"its clip has {length.total_seconds():.0f} s, and the rule asks for {asks.total_seconds():.0f} s",
                )
            self.ran += 1
            began = ended - length
            if not self._tells(thing, clip, began, terminal[0], before):
                return unknown("录像在现行规则下也不能重现", "the rules in use do not tell of it on its clip either")
            again = self._tells(thing, clip, began, terminal[1], after)
        except SiteError:
            self.broken += 1
            return unknown("录像无法读取", "its clip cannot be read")
        if again:
            return Verdict(again=Again.TOLD, level=Level.CLIP, zh="录像重判：仍会报", en="told again on its clip")
        return Verdict(
            again=Again.NOT_TOLD, level=Level.CLIP, zh="录像重判：不再报", en="not told any more on its clip"
        )

    def _tells(self, thing: ToldThing, clip: Path, began: datetime, terminal: Terminal, setup: Setup) -> bool:
        judge = TerminalJudge(
            terminal.id,
            zones=terminal.zones,
            rules=[rule.start() for rule in setup.rules],
            detect=self._detect,
            site_tz=self._site_tz,
            follow=self._follow,
            masks=terminal.masks,
        )
        box = thing.first.box
        pictures = read_file(clip, every=self._every, clock_start=began, terminal_id=terminal.id, keyframes_only=False)
        return any(
            finding.kind == thing.first.kind and (box is None or meet(finding.box, box))
            for picture in masked(pictures, terminal.masks)
            for finding in judge.look(picture)
        )
