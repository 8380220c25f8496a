"""One case: pictures, facts, why, the worker and why that worker, the timeline, and what can be done."""

from collections.abc import Callable, Sequence
from html import escape

from nicegui import ui

from fusion.command_room.deed_dialogs import buttons, offered
from fusion.command_room.frame import Visit, now, open_frame
from fusion.types.case import Case, CaseEvent, CaseState
from fusion.types.deed import Allowed
from fusion.types.signal import EvidenceRef


def case_page(visit: Visit, case_id: str, version: Callable[[], int]) -> None:
    """Build the page; it follows the case while it is open."""
    open_frame(visit)
    if visit.backend.case(case_id) is None:
        ui.label(visit.word("not_found")).classes("empty")
        ui.link(visit.word("back"), "/")
        return
    with ui.element("main").classes("case-main"):
        head = ui.html("", sanitize=False).classes("case-head")
        deeds = ui.element("div").classes("deeds")
        pictures, facts, timeline = (ui.html("", sanitize=False).classes("case-body") for _ in range(3))
    seen = -1
    shown: Case | None = None
    on_offer: tuple[Allowed, ...] | None = None

    def refresh() -> None:
        nonlocal seen, shown, on_offer
        if seen != version():
            seen = version()
            found = visit.backend.case(case_id)
            if found:
                shown, history = found
                pictures.set_content(_pictures(visit, shown))
                timeline.set_content(_timeline(visit, history))
                if on_offer != (now_offered := offered(visit, shown)):
                    # Only then: a member may have a question open that hangs on a button.
                    on_offer = now_offered
                    deeds.clear()
                    with deeds:
                        buttons(visit, on_offer, lambda: shown)
        if shown is not None:
            head.set_content(_head(visit, shown))
            facts.set_content(_facts(visit, shown))  # it counts down to what is due

    refresh()
    ui.timer(0.5, refresh)


def _head(visit: Visit, case: Case) -> str:
    return (
        f'<a href="/">← {escape(visit.word("back"))}</a><h1>{escape(visit.speak.kind(case.kind))}</h1>'
        f'<span class="state {case.state}">{escape(visit.word(f"state.{case.state}"))}</span>'
        f'{marks(visit, case)}<span class="dim">{escape(case.number)}</span>'
        f'<a class="package" href="/api/v1/cases/{escape(case.id)}/evidence.zip" download>'
        f"{escape(visit.word('package'))}</a>"
    )


def marks(visit: Visit, case: Case) -> str:
    """How the deadline stands, and what is special about a case."""
    level, left = visit.speak.limit(case, now())
    found = f'<span class="limit {level}">{escape(left)}</span>' if left else ""
    words = [
        visit.word("recurred_mark", count=case.recurrences) if case.recurrences else "",
        visit.word("bounced_mark", count=case.bounced) if case.bounced else "",
        visit.word("joint_mark") if case.parts else "",
    ]
    return found + "".join(f'<span class="mark-word">{escape(word)}</span>' for word in words if word)


def _pictures(visit: Visit, case: Case) -> str:
    title = f"<h2>{escape(visit.word('pictures'))}</h2>"
    if not case.evidence:
        return f'<section class="pictures">{title}<p class="empty">{escape(visit.word("no_pictures"))}</p></section>'
    after = set(case.seen.evidence_ids) if case.seen else set()
    shown = sorted(case.evidence, key=lambda ref: (ref.id not in after, not ref.kind.startswith("annotated"), ref.at))
    images = "".join(
        f"<figure>{_shown(ref)}"
        f"<figcaption>{escape(_picture_name(visit, ref))}{visit.speak.time(ref.at)} · "
        f"<code>sha256 {escape(ref.sha256[:12])}…</code></figcaption></figure>"
        for ref in shown
    )
    return f'<section class="pictures">{title}{images}</section>'


def _picture_name(visit: Visit, ref: EvidenceRef) -> str:
    """What a picture is, where that is more than one of the thing."""
    named = {"before": "picture.before", "after": "picture.after"}.get(ref.kind)
    return f"{visit.word(named)} · " if named else ""


def _shown(ref: EvidenceRef) -> str:
    address = f"/api/v1/evidence/{escape(ref.id)}"
    if ref.media_type.startswith("video/"):
        return f'<video src="{address}" controls muted preload="metadata"></video>'
    return f'<a href="{address}" target="_blank"><img src="{address}" alt="{escape(ref.kind)}"></a>'


def _facts(visit: Visit, case: Case) -> str:
    speak = visit.speak
    facts = [
        ("why", speak.reason(case.reason)),
        ("deadline", speak.deadline(case)),
        ("class", speak.class_of(case.kind)),
        ("platform", speak.platform(case.platform) if case.platform else ""),
        ("grid", speak.grid(case)),
        ("place", speak.place(case)),
        ("terminal", speak.terminal(case.terminal_id)),
        ("zone", case.zone_id or "–"),
        ("opened_at", speak.time(case.opened_at)),
        ("worker", speak.worker(case.worker_id) or visit.word("nobody")),
        ("why_worker", speak.reason(case.worker_reason) or "–"),
    ]
    facts += [("repeat", speak.reason(case.repeat))] if case.repeat else []
    facts += _due(visit, case)
    if case.seen is not None:
        facts.append(("seen", f"{visit.word(f'seen.{case.seen.verdict}')} · {speak.reason(case.seen.reason)}"))
    rows = "".join(f"<dt>{escape(visit.word(key))}</dt><dd>{escape(value)}</dd>" for key, value in facts if value)
    return f'<section class="facts"><dl>{rows}{_linked(visit, case)}{_parts(visit, case)}</dl></section>'


def _linked(visit: Visit, case: Case) -> str:
    """Other cases that this one has to do with."""
    links = [
        ("recurrence", case.recurrence_of, visit.word("recurrence_line", count=case.recurrences)),
        ("merged_into", case.merged_into, ""),
        ("split_from", case.split_from, ""),
    ]
    rows = []
    for key, case_id, words in links:
        if case_id:
            other = visit.backend.case(case_id)
            number = other[0].number if other else case_id
            link = f'<a class="map-link" href="/cases/{escape(case_id)}">{escape(number)}</a>'
            rows.append(f"<dt>{escape(visit.word(key))}</dt><dd>{escape(words)} {link}</dd>")
    return "".join(rows)


def _parts(visit: Visit, case: Case) -> str:
    if not case.parts:
        return ""
    items = "".join(
        f'<li class="{"done" if part.finished_at else "open"}">{escape(visit.speak.platform(part.platform))} · '
        f"{escape(visit.word('part_done' if part.finished_at else 'part_open'))} {escape(part.note)}</li>"
        for part in case.parts
    )
    return f'<dt>{escape(visit.word("parts"))}</dt><dd><ul class="parts-list">{items}</ul></dd>'


def _due(visit: Visit, case: Case) -> list[tuple[str, str]]:
    """When the case moves on by itself, and what happens then."""
    facts = [("reason", visit.word("escalated"))] if case.escalated else []
    if case.state is CaseState.DISPATCHED and case.due_at is not None:
        return [("due", visit.speak.due(case.due_at, now())), *facts]
    if case.state is CaseState.FILED and case.escalated:
        again = visit.speak.due(case.due_at, now()) if case.due_at is not None else visit.word("due_nobody")
        return [*facts, ("due_again", again)]
    return facts


def _timeline(visit: Visit, history: Sequence[CaseEvent]) -> str:
    rows = "".join(
        f'<li class="{event.state}"><time>{visit.speak.time(event.at)}</time>'
        f"<span>{escape(visit.speak.event(event))}</span></li>"
        for event in history
    )
    return f'<section class="timeline"><h2>{escape(visit.word("timeline"))}</h2><ol>{rows}</ol></section>'
