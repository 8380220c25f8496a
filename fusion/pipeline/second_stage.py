"""The taught classifier in use: a finding about to be told is looked at once, and its belief moved."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from fusion import metrics
from fusion.detectors.colour import bgr
from fusion.detectors.crops import Square
from fusion.detectors.manifest import find_model
from fusion.teaching.classifier import Classifier
from fusion.teaching.crops import Image, part_of
from fusion.teaching.embedder import MODEL, Backbone, Embedder
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.shelf import Mark, Shelf
from fusion.teaching.weighing import Answer, answer, weighed
from fusion.types.errors import SiteError
from fusion.types.picture import Picture
from fusion.types.sighting import Box
from fusion.types.signal import Finding, Phase

_LOG = structlog.get_logger()
_LOOK_S = 2.0  #: the file that says what is in use is asked for at most so often, and only when something is told
_MOST_THINGS = 4096


def shipped_embedder() -> Embedder:
    """The embedder of the shipped model, whatever detector a site has chosen."""
    model = find_model(MODEL)
    return Embedder(Backbone(model.name, model.entry.sha256), model.read())


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said of one thing."""

    answer: Answer | None  #: None: the classifier was not taught what is right for its kind
    at: datetime


class SecondStage:
    """Of one shard; any thread may ask. What is in use may change while it runs.

    What it says of a thing when that is told of for the first time holds while the thing lasts, so that the repeated
    word of the rule does not overrule it. A rejected thing is looked at again now and then: what looked like people
    chatting may have become a stall.
    """

    def __init__(
        self,
        shelf: Shelf,
        policy: SecondStagePolicy,
        believed: float,
        *,
        embedder: Callable[[], Embedder] = shipped_embedder,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """What it is given.

        Args:
            shelf: the site's.
            policy: the site's.
            believed: from this belief on a case is filed, 0-1.
            embedder: makes one; asked when a classifier is in use for the first time.
            clock: seconds that never go back.
        """
        self._shelf, self._policy, self._believed = shelf, policy, believed
        self._make_embedder, self._clock = embedder, clock
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._in_use: tuple[str, Classifier] | None = None
        self._mark: Mark | None = None
        self._asked_s: float | None = None
        self._said: OrderedDict[tuple[str, str, str], _Said] = OrderedDict()

    def weigh(self, terminal_id: str, finding: Finding, picture: Picture) -> tuple[Finding, bool]:
        """The finding as it is to be told, and whether a rejected thing is believed after all.

        Args:
            terminal_id: whose.
            finding: as its rule made it.
            picture: in which it was made; read here and not kept.
        """
        with self._lock:
            self._look_for_another()
            if self._in_use is None:
                return finding, False
            key = (terminal_id, finding.kind, finding.thing_id)
            before = self._said.pop(key, None)
            if finding.phase is Phase.ENDED:
                return finding, False
            now = self._of(finding, picture, self._in_use) if self._due(before, finding.at) else before
            if now is None:
                return finding, False
            self._remember(key, now)
        if now.answer is None:
            return finding, False
        overturned = before is not None and _rejected(before) and not now.answer.rejected
        return weighed(finding, now.answer, self._believed), overturned

    def _due(self, said: _Said | None, at: datetime) -> bool:
        return said is None or (_rejected(said) and at - said.at >= self._policy.again)

    def _of(self, finding: Finding, picture: Picture, in_use: tuple[str, Classifier]) -> _Said:
        name, classifier = in_use
        if self._embedder is None:
            self._embedder = self._make_embedder()
        vector = self._embedder.embed(crop_of(picture, finding.box))
        (shares,) = classifier.shares(vector[None])
        found = answer(finding.kind, name, classifier.classes, classifier.counts, shares.tolist(), self._policy)
        if found is not None:
            outcome = "rejected" if found.rejected else "doubted" if found.log_odds < 0 else "confirmed"
            metrics.SECOND_STAGE.labels(finding.kind, outcome).inc()
        return _Said(found, finding.at)

    def _remember(self, key: tuple[str, str, str], said: _Said) -> None:
        self._said[key] = said
        while len(self._said) > _MOST_THINGS:  # of terminals that were taken off the register
            self._said.popitem(last=False)

    def _look_for_another(self) -> None:
        """Take up another version, or none, when the file says so."""
        now_s = self._clock()
        if self._asked_s is not None and now_s - self._asked_s < _LOOK_S:
            return
        self._asked_s = now_s
        mark = self._shelf.mark()
        if mark == self._mark:
            return
        self._mark, self._in_use = mark, None
        self._said.clear()
        try:
            self._in_use = self._read()
        except SiteError as error:
            # A classifier that cannot be trusted must not cost the signals: the rules' own word counts.
            _LOG.error("second stage is off", error=str(error))
            metrics.REFUSED.labels("second stage", "classifier").inc()
            return
        _LOG.info("second stage", version=self._in_use[0] if self._in_use else "off")

    def _read(self) -> tuple[str, Classifier] | None:
        if self._shelf.choice().version is None:
            return None
        self._embedder = self._embedder or self._make_embedder()
        found = self._shelf.in_use(self._embedder.backbone)
        if found is not None and len(found[1].mean) != self._embedder.width:
            raise SiteError(f"classifier {found[0]}: of {len(found[1].mean)} values; wanted: {self._embedder.width}")
        return found


def _rejected(said: _Said) -> bool:
    return said.answer is not None and said.answer.rejected


def crop_of(picture: Picture, box: Box) -> Image:
    """The part of a picture that the second stage looks at, BGR; only that part is converted."""
    part = part_of(picture.size_px, box)
    return bgr(picture, Square(*part))
