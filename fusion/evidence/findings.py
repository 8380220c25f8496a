"""What a check finds, as a sentence in both languages."""

from dataclasses import dataclass, field

_SAID: dict[str, tuple[str, str]] = {
    "changed": ("内容已被改动", "has been changed"),
    "missing": ("缺失", "is missing"),
    "extra": ("多出的文件，清单中没有", "is not on the list: an extra file"),
    "refused": ("拒绝读取：{detail}", "refused: {detail}"),
    "unreadable": ("不是 fusion 写下的封存文件：{detail}", "is no seal as fusion writes it: {detail}"),
    "cut": ("链条中断：缺少第 {detail} 号封存", "the chain is cut: seal {detail} is missing"),
    "cut_end": (
        "链条末尾被截：已知第 {detail} 号封存，这里没有",
        "the chain is cut at its end: seal {detail} is known, and not here",
    ),
    "other_head": ("第 {detail} 号封存与已知的不同", "seal {detail} is another than the one that is known"),
    "wrong_place": (
        "自称第 {detail} 号封存，位置不符：顺序被改动",
        "calls itself seal {detail}: the order was changed",
    ),
    "wrong_previous": (
        "与前一封存的哈希不符：链条被改动或调换顺序",
        "does not name the seal before it: the chain was changed or reordered",
    ),
    "wrong_earlier": (
        "与本案前一封存的哈希不符：本案封存被抽去或调换",
        "does not name the case's seal before it: one was taken out or exchanged",
    ),
    "wrong_signature": ("签名不符", "its signature does not hold"),
    "unknown_key": ("签名密钥 {detail} 不在密钥链中", "signed by key {detail}, which the line of keys does not know"),
    "wrong_key": (
        "所给公钥 {detail} 不是本链的密钥：不是这个单位签的，或公钥给错",
        "the given public key {detail} is none of this chain's: another site signed it, or it is the wrong key",
    ),
    "other_case": ("属于另一案卷 {detail}", "belongs to another case, {detail}"),
    "no_seal": ("没有案卷 {detail} 的封存", "there is no seal of case {detail}"),
    # What is no fault, and has to be said.
    "dropped": ("已按规定删除：{detail}", "was dropped on purpose: {detail}"),
    "lacking": ("封存时已不完整：{detail}", "was already not whole when it was sealed: {detail}"),
    "unsealed": (
        "{detail} 个文件尚未封存，未作证明",
        "files that are not sealed yet, and of which nothing is proved: {detail}",
    ),
    "own_key": (
        "未给公钥，用随附公钥 {detail} 核对：请另行核对此指纹",
        "checked with the key that came along, {detail}: compare this fingerprint with one from elsewhere",
    ),
    "intact": ("完好：{detail}", "intact: {detail}"),
    "broken": ("不完好：{detail} 处问题", "not intact: faults found: {detail}"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    what: str  #: a key of the table above
    path: str  #: the file that is meant; empty: all of it
    detail: str = ""
    fault: bool = True

    def say(self, language: str) -> str:
        """The line for people."""
        said = _SAID[self.what][0 if language == "zh" else 1].format(detail=self.detail)
        # A name may come from anybody's archive: nothing in it may speak to a terminal.
        path = "".join(letter if letter.isprintable() else "?" for letter in self.path[:300])
        said = "".join(letter if letter.isprintable() else "?" for letter in said)
        return f"{path}{'：' if language == 'zh' else ': '}{said}" if path else said


@dataclass(slots=True)
class Report:
    """Everything that a check found."""

    findings: list[Finding] = field(default_factory=list)
    seals: int = 0
    parts: int = 0
    cases: set[str] = field(default_factory=set)
    head: tuple[int, str] | None = None  #: number and sha256 of the last seal that was read

    @property
    def intact(self) -> bool:
        """Whether no fault was found."""
        return not any(finding.fault for finding in self.findings)

    def fault(self, what: str, path: str, detail: object = "") -> None:
        """Add a fault."""
        self.findings.append(Finding(what, path, str(detail)))

    def note(self, what: str, path: str, detail: object = "") -> None:
        """Add what is no fault."""
        self.findings.append(Finding(what, path, str(detail), fault=False))

    def lines(self, language: str) -> list[str]:
        """A line each, and the judgement last."""
        faults = sum(finding.fault for finding in self.findings)
        counted = {
            "zh": f"{self.seals} 个封存，{self.parts} 个文件，{len(self.cases)} 个案卷",
            "en": f"seals {self.seals}, files {self.parts}, cases {len(self.cases)}",
        }[language]
        last = Finding("broken", "", str(faults)) if faults else Finding("intact", "", counted)
        return [finding.say(language) for finding in (*self.findings, last)]
