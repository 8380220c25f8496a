"""What a replay found, counted: told apart by what people said, and by how it is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fusion.replaying.replay import Judgement
from fusion.replaying.verdict import Again, Level
from fusion.types.told import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Cases of one outcome."""

    all: int
    not_filed: int  #: would not be filed any more
    by_clip: int  #: of these, known by their clip; the others by their numbers
    unknown: int  #: neither numbers nor clip tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything in figures."""

    false: Counted
    true: Counted
    unmarked: Counted
    more: int  #: were not believed, and would be cases
    assumed: int  #: filed again only if somebody stood by for as long as the goods lay there

    @property
    def unknown(self) -> int:
        """Cases of which nothing can be said."""
        return self.false.unknown + self.true.unknown + self.unmarked.unknown

    @property
    def zh(self) -> str:
        """The one sentence."""
        parts = [
            f"误报少 {self.false.not_filed} 起（共 {self.false.all} 起）",
            f"属实漏 {self.true.not_filed} 起（共 {self.true.all} 起）",
            f"未标记的少 {self.unmarked.not_filed} 起（共 {self.unmarked.all} 起）",
        ]
        parts += [f"另立案 {self.more} 起"] if self.more else []
        parts.append(f"{self.unknown} 起无法判断")
        return "，".join(parts)

    @property
    def en(self) -> str:
        """The one sentence."""
        alarms = "alarm" if self.false.not_filed == 1 else "alarms"
        ones = "one" if self.true.not_filed == 1 else "ones"
        parts = [
            f"{self.false.not_filed} false {alarms} fewer (of {self.false.all})",
            f"{self.true.not_filed} true {ones} lost (of {self.true.all})",
            f"{self.unmarked.not_filed} unmarked fewer (of {self.unmarked.all})",
        ]
        parts += [f"{self.more} more filed"] if self.more else []
        parts.append(f"{self.unknown} unknown")
        return ", ".join(parts)


def summary_of(judgements: Sequence[Judgement]) -> Summary:
    """Count them."""
    cases = [one for one in judgements if one.record.case is not None]

    def of(outcome: Outcome | None) -> Counted:
        return _counted([one for one in cases if one.record.outcome is outcome])

    return Summary(
        false=of(Outcome.FALSE),
        true=of(Outcome.TRUE),
        unmarked=of(None),
        more=sum(one.record.case is None and one.filed is Again.TOLD for one in judgements),
        assumed=sum(one.filed is Again.TOLD and any(v.assumed for v in one.verdicts) for one in cases),
    )


def _counted(ones: Iterable[Judgement]) -> Counted:
    ones = list(ones)
    gone = [one for one in ones if one.filed is Again.NOT_TOLD]
    return Counted(
        all=len(ones),
        not_filed=len(gone),
        by_clip=sum(one.why.level is Level.CLIP for one in gone),
        unknown=sum(one.filed is Again.UNKNOWN for one in ones),
    )
