"""The report of a replay: a page for people, Chinese first, with a picture of each case that changes, and JSON."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from fusion.evidence.folder import file_of
from fusion.replaying.replay import Judgement
from fusion.replaying.summary import Summary, summary_of
from fusion.replaying.verdict import Again
from fusion.types.errors import PeerFault, SiteError
from fusion.types.signal import EvidenceRef
from fusion.types.told import Outcome

_MOST_PICTURES = 300
_PICTURES = "pictures"
_SECTIONS: tuple[tuple[str, Outcome | None, Again, str, str], ...] = (
    ("lost", Outcome.TRUE, Again.NOT_TOLD, "会漏掉的属实案卷", "True ones that would be lost"),
    ("spared", Outcome.FALSE, Again.NOT_TOLD, "不再出现的误报", "False alarms that would be spared"),
    ("unmarked", None, Again.NOT_TOLD, "不再立案、尚未标记", "Not filed any more, and nobody has marked them"),
    ("unknown", None, Again.UNKNOWN, "无法判断", "Unknown"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a report is of."""

    where: str  #: the site's or the state's folder, as it was given
    since: datetime
    until: datetime
    rules: str  #: the file that was tried
    site_tz: tzinfo
    kinds: Mapping[str, tuple[str, str]]  #: words of each event kind, Chinese and English
    made_at: datetime
    wider: bool  #: something is less strict than before: what was never told cannot be known


def write_report(
    folder: Path, judgements: Sequence[Judgement], context: Context, evidence: Path | None
) -> tuple[Path, Path]:
    """Write index.html, report.json and the pictures; (page, JSON).

    Raises:
        SiteError: the folder cannot be written.
    """
    summary, rows = summary_of(judgements), [_row(one, context) for one in judgements]
    page, data = folder / "index.html", folder / "report.json"
    try:
        (folder / _PICTURES).mkdir(parents=True, exist_ok=True)
        if evidence is not None:
            _copy_pictures(rows, evidence, folder)
        data.write_bytes(msgspec.json.format(msgspec.json.encode(_facts(summary, rows, context)), indent=1))
        page.write_text(_page(summary, rows, context), encoding="utf-8")
    except OSError as error:
        raise SiteError(f"--report {folder}: {error.strerror}; wanted: a folder that can be written") from error
    return page, data


def _page(summary: Summary, rows: Sequence[dict[str, Any]], context: Context) -> str:
    sections = []
    for name, outcome, filed, zh, en in _SECTIONS:
        inside = [row for row in rows if row["number"] and row["filed"] == filed]
        if filed is Again.NOT_TOLD:
            inside = [row for row in inside if row["outcome"] == outcome]
        sections.append({"name": name, "zh": zh, "en": en, "rows": inside})
    more = [row for row in rows if not row["number"] and row["filed"] == Again.TOLD]
    sections.append({"name": "more", "zh": "会另外立案", "en": "Would be filed beside", "rows": more})
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fusion.replaying"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    times = [f"{at.astimezone(context.site_tz):%Y-%m-%d %H:%M}" for at in (context.since, context.until)]
    return environment.get_template("report.html.j2").render(
        summary=summary,
        sections=sections,
        context=context,
        since=times[0],
        until=times[1],
        made=f"{context.made_at.astimezone(context.site_tz):%Y-%m-%d %H:%M}",
        told=len(rows),
    )


def _facts(summary: Summary, rows: Sequence[dict[str, Any]], context: Context) -> dict[str, Any]:
    return {
        "format": "fusion-replay/1",
        "where": context.where,
        "since": context.since,
        "until": context.until,
        "rules": context.rules,
        "made_at": context.made_at,
        "said": {"zh": summary.zh, "en": summary.en},
        "summary": summary,
        "wider": context.wider,
        "cases": [{key: value for key, value in row.items() if key != "ref"} for row in rows],
    }


def _row(one: Judgement, context: Context) -> dict[str, Any]:
    record, first = one.record, one.record.things[0].first
    case, why = record.case, one.why
    reasons = {mark.reason for mark in record.marks if mark.reason is not None}
    return {
        "number": case.number if case is not None else "",
        "kind": first.kind,
        "kind_zh": context.kinds.get(first.kind, (first.kind,))[0],
        "kind_en": context.kinds.get(first.kind, (first.kind, first.kind))[1],
        "terminal": first.source_id,
        "zone": first.zone_id,
        "at": first.at,
        "local": f"{first.at.astimezone(context.site_tz):%Y-%m-%d %H:%M:%S}",
        "outcome": record.outcome,
        "false_zh": "、".join(sorted(reason.zh for reason in reasons)),
        "false_en": ", ".join(sorted(reason.en for reason in reasons)),
        "reason_zh": first.reason.zh,
        "reason_en": first.reason.en,
        "filed": one.filed,
        "level": why.level,
        "why_zh": why.zh,
        "why_en": why.en,
        "assumed": why.assumed,
        "picture": None,
        "ref": _picture_of(one),
    }


def _picture_of(one: Judgement) -> EvidenceRef | None:
    refs = one.record.case.evidence if one.record.case is not None else one.record.things[0].first.evidence
    images = [ref for ref in refs if ref.media_type == "image/jpeg"]
    return next((ref for ref in images if ref.kind == "annotated"), images[0] if images else None)


def _copy_pictures(rows: Sequence[dict[str, Any]], evidence: Path, folder: Path) -> None:
    """Of what changes or cannot be told; what stays as it is needs none."""
    shown = [row for row in rows if (row["filed"] != Again.TOLD) == bool(row["number"]) and row["ref"] is not None]
    for number, row in enumerate(shown[:_MOST_PICTURES]):
        try:
            source = file_of(evidence, row["ref"].path)
            name = f"{_PICTURES}/{number + 1:04d}.jpg"
            shutil.copyfile(source, folder / name)
        except (SiteError, PeerFault, FileNotFoundError):
            continue  # it was taken away since, or was never there
        row["picture"] = name
