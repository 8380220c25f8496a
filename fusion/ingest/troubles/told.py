"""The troubles of one terminal that are raised now."""

from collections.abc import Callable
from datetime import datetime

from fusion.ingest.troubles.words import Sentence
from fusion.types.terminal import Trouble, TroubleKind


class Told:
    """Written by one thread, read by any; a sentence stays as it was when its trouble was raised."""

    __slots__ = ("_ignored", "troubles")

    def __init__(self, ignored: frozenset[TroubleKind]) -> None:
        self._ignored = ignored
        self.troubles: tuple[Trouble, ...] = ()  #: longest lasting first; replaced whole, never changed

    def update(self, kind: TroubleKind, since: datetime | None, sentence: Callable[[], Sentence]) -> None:
        """Raised since then, or (None) not at all; the sentence is only asked for where it is raised now."""
        if kind in self._ignored:
            return
        before = next((trouble for trouble in self.troubles if trouble.kind is kind), None)
        if (before is None) if since is None else (before is not None and before.since == since):
            return
        others = [trouble for trouble in self.troubles if trouble.kind is not kind]
        if since is not None:
            zh, en = sentence()
            others.append(Trouble(kind=kind, since=since, zh=zh, en=en))
        self.troubles = tuple(sorted(others, key=lambda trouble: trouble.since))
