"""The page of a package, for a clerk of a court who has never heard of fusion. Chinese first, English beneath."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from fusion.evidence.keys import Key
from fusion.evidence.seals import CaseSealed, Held, Part, PartsDropped, Seal

#: what a file of a case is called
_KINDS = {
    "plain": ("现场原图", "Picture as taken"),
    "annotated": ("标注图", "Picture with what was recognised"),
    "main": ("主码流原图", "Picture of the main stream"),
    "annotated_main": ("主码流标注图", "Picture of the main stream with what was recognised"),
    "clip": ("原始视频片段", "Clip of the original packets"),
    "photo": ("上报照片", "Photo of a report"),
    "metadata": ("说明数据", "Data about a picture"),
    "record": ("案卷记录", "Record of the case"),
}
_OCCASIONS = {
    "filed": ("立案", "case filed"),
    "added": ("证据补充", "files added"),
    "closed": ("结案", "case closed"),
    "asked": ("出具证据包", "package asked for"),
}

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("fusion.evidence", "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class _Row:
    """One seal in the table."""

    seq: int
    at: str
    zh: str
    en: str
    key: str
    sha256: str


def page_of(records: Sequence[Mapping[str, Any]], seals: Sequence[Seal], parts: Sequence[Part], key: Key) -> bytes:
    """The page (HTML, UTF-8); the same for the same package.

    Args:
        records: of the case, oldest first; the newest is shown.
        seals: those of the case, oldest first.
        parts: its files that are in the package.
        key: the public key that comes along.
    """
    record = records[-1]
    clock = ZoneInfo(str(record["timezone"]))
    # A record that was made at the command line knows no camera's clock.
    told = [one["clocks"] for one in records if one["clocks"]["terminal_offset_s"] is not None]
    shown = [part for part in parts if part.media_type.startswith(("image/", "video/"))]
    return (
        _ENVIRONMENT.get_template("package.html")
        .render(
            record=record,
            clocks=told[-1] if told else record["clocks"],
            case=record["case"],
            pictures=sorted(shown, key=lambda part: (not part.kind.startswith("annotated"), part.path)),
            parts=parts,
            kinds=_KINDS,
            seals=[_row(seal, clock) for seal in seals],
            key=key.id,
            local=lambda text: _local(text, clock),
        )
        .encode()
    )


def _row(seal: Seal, clock: ZoneInfo) -> _Row:
    zh, en = _said(seal.entry.what)
    return _Row(seal.entry.seq, _local(seal.entry.at, clock), zh, en, seal.entry.key, seal.sha256)


def _said(what: object) -> tuple[str, str]:
    if isinstance(what, CaseSealed):
        return _OCCASIONS[what.occasion]
    if isinstance(what, PartsDropped):
        return f"文件按规定删除：{what.why_zh}", f"files dropped: {what.why_en}"
    if isinstance(what, Held):
        zh, en = ("依法保全", "legal hold") if what.holds else ("解除保全", "legal hold released")
        return f"{zh}（{what.actor}）：{what.why}", f"{en} ({what.actor}): {what.why}"
    return "", ""


def _local(text: object, clock: ZoneInfo) -> str:
    """A time of a record or seal (ISO 8601) by the site's clock."""
    at = datetime.fromisoformat(str(text))
    return f"{(at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(clock):%Y-%m-%d %H:%M:%S}"
