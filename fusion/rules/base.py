"""What every rule promises, and what it may rely on.

A rule is one file: a frozen config with its `kind`, and the logic. A site's own rule has the same form:

    @Registries.rules.register
    class LoiterConfig(RuleConfig):
        kind: Literal["loiter"] = "loiter"
        event: str = "loitering"
        zone_kinds: tuple[str, ...] = ("no_stay",)
        dwell: Duration = timedelta(minutes=3)

        def start(self) -> "LoiterRule":
            return LoiterRule(self)
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from fusion.plugins import Config
from fusion.types.sighting import Sighting
from fusion.types.signal import Finding
from fusion.types.zone import Zone


class Rule(ABC):
    """Judges the sightings of one terminal; holds what it must remember between them.

    Promises to the caller:
        it reads no clock and does no I/O: the same sightings give the same findings;
        a thing is STARTED once, CONTINUING at most once per `repeat`, ENDED at most once, in that order;
        `thing_id` is unique within the terminal and the same while the thing lasts;
        what it remembers is bounded by what the sightings hold.
    Promises of the caller:
        sightings come from one terminal, in order of time, and `zones` stay the same between calls
        (zones of kinds that the rule does not know are passed too, and ignored).
    """

    @abstractmethod
    def judge(self, sighting: Sighting, zones: Sequence[Zone], local_now: datetime) -> tuple[Finding, ...]:
        """What is to be told after this look.

        Args:
            sighting: the look, after following.
            zones: all zones of the terminal.
            local_now: `sighting.at` in the site's local time, for the zones' windows.
        """

    @abstractmethod
    def building(self, now: datetime) -> bool:
        """Whether something adds up that the next look should find sooner than usual."""

    @abstractmethod
    def settled(self, now: datetime) -> bool:
        """Whether nothing is remembered that matters: the rule may be started afresh without a loss."""


class RuleConfig(Config, ABC):
    """The base of a rule's config; `kind` names the rule, `event` what its findings are called."""

    kind: str
    event: str  #: kind of its findings: an `EventKind`, or a site's own word
    zone_kinds: tuple[str, ...]  #: the kinds of zone in which it holds

    @abstractmethod
    def start(self) -> Rule:
        """A rule that has seen nothing yet, for one terminal."""
