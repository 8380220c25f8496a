"""What the seals that were read so far say, and whether each new one fits to them."""

from dataclasses import dataclass, field

from fusion.evidence.findings import Report
from fusion.evidence.key_line import KeyLine
from fusion.evidence.seals import CaseSealed, KeyMade, Link, PartsDropped, Seal


@dataclass(slots=True)
class Told:
    """Built up from seals, oldest first."""

    line: KeyLine = field(default_factory=KeyLine)
    earlier: dict[str, Link] = field(default_factory=dict)  #: the newest seal of each case
    parts: dict[str, str] = field(default_factory=dict)  #: sha256 by path
    gone: dict[str, str] = field(default_factory=dict)  #: why a file was dropped, by path

    def take(self, seal: Seal, name: str, report: Report) -> None:
        """One more; what is wrong with it is reported under its file's name."""
        what = seal.entry.what
        wrong = self.line.take(seal) if isinstance(what, KeyMade) else self.line.check(seal)
        if wrong:
            report.fault(wrong, name, seal.entry.key)
        if isinstance(what, KeyMade):
            return
        if what.earlier != self.earlier.get(what.case):
            report.fault("wrong_earlier", name)
        self.earlier[what.case] = seal.link
        if isinstance(what, CaseSealed):
            self.parts |= {part.path: part.sha256 for part in what.parts}
            for lack in what.lacking:
                report.note("lacking", lack.path, lack.why)
        elif isinstance(what, PartsDropped):
            self.gone |= {part.path: f"{what.why_zh} / {what.why_en}" for part in what.parts}
