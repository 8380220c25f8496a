"""One case: pictures, facts, why, the worker and why that worker, the timeline, and what can be done."""

from collections.abc import Callable, Sequence
from html import escape

from nicegui import ui

from fusion.command_room.frame import Visit, now, open_frame
from fusion.types.case import Case, CaseEvent, CaseState, Deed
from fusion.types.errors import IllegalDeed
from fusion.types.false_reason import FalseReason
from fusion.types.signal import EvidenceRef

#: what the page offers in each state; the engine's table has the last word
OFFERED: dict[CaseState, tuple[Deed, ...]] = {
    CaseState.OPENED: (Deed.DISPATCH, Deed.CLOSE, Deed.REJECT),
    CaseState.DISPATCHED: (Deed.ACKNOWLEDGE, Deed.REJECT),
    CaseState.ACKNOWLEDGED: (Deed.HANDLE, Deed.REJECT),
    CaseState.HANDLED: (Deed.CLOSE, Deed.REJECT),
    CaseState.CLOSED: (),
    CaseState.REJECTED: (),
}


_LONGEST_TEXT = 500


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
    offered: tuple[Deed, ...] | None = None

    def refresh() -> None:
        nonlocal seen, shown, offered
        if seen != version():
            seen = version()
            found = visit.backend.case(case_id)
            if found:
                shown, history = found
                head.set_content(_head(visit, shown))
                pictures.set_content(_pictures(visit, shown))
                timeline.set_content(_timeline(visit, history))
                if offered != OFFERED[shown.state]:
                    # Only then: a member may have a question open that hangs on a button.
                    offered = OFFERED[shown.state]
                    deeds.clear()
                    with deeds:
                        _buttons(visit, shown, lambda: shown)
        if shown is not None:
            facts.set_content(_facts(visit, shown))  # it counts down to what is due

    refresh()
    ui.timer(0.5, refresh)


def _head(visit: Visit, case: Case) -> str:
    return (
        f'<a href="/">← {escape(visit.word("back"))}</a><h1>{escape(visit.speak.kind(case.kind))}</h1>'
        f'<span class="state {case.state}">{escape(visit.word(f"state.{case.state}"))}</span>'
        f'<span class="dim">{escape(case.number)}</span>'
    )


def _buttons(visit: Visit, case: Case, newest: Callable[[], Case | None]) -> None:
    """The deeds that its state offers; each is done to the case as the page shows it when it is clicked."""
    for deed in OFFERED[case.state]:
        word = {Deed.ACKNOWLEDGE: "acknowledge", Deed.HANDLE: "handle"}.get(deed, str(deed))
        if deed is Deed.REJECT:
            button = ui.button(visit.word(word), on_click=lambda: _ask_reason(visit, newest)).props(
                "outline color=negative"
            )
        else:
            button = ui.button(visit.word(word), on_click=lambda deed=deed: _do(visit, newest(), deed))
        button.mark(f"deed-{deed}").props(f'data-deed="{deed}"')


def _do(visit: Visit, case: Case | None, deed: Deed, note: str = "", false_reason: FalseReason | None = None) -> None:
    if case is None:
        return
    try:
        visit.backend.act(
            case.id,
            deed,
            actor=f"user:{visit.user}",
            version=case.version,
            note=note,
            false_reason=false_reason,
        )
    except IllegalDeed as error:
        ui.notify(f"{visit.word('stale')} ({error})", type="warning")
    else:
        ui.notify(visit.word("done", deed=visit.word(f"deed.{deed}")), type="positive")


def _ask_reason(visit: Visit, newest: Callable[[], Case | None]) -> None:
    with ui.dialog(value=True) as dialog, ui.card().classes("reasons"):
        ui.label(visit.word("give_reason"))
        ui.label(visit.word("one_tap")).classes("dim")
        text = (
            ui.input(visit.word("add_text")).props(f"dense outlined maxlength={_LONGEST_TEXT}").classes("reason-text")
        )
        with ui.element("div").classes("reason-grid"):
            for reason in FalseReason:

                def reject(reason: FalseReason = reason) -> None:
                    dialog.close()
                    _do(visit, newest(), Deed.REJECT, str(text.value or "").strip()[:_LONGEST_TEXT], reason)

                words = reason.zh if visit.speak.language == "zh" else reason.en
                button = ui.button(words, on_click=reject).props(f'flat align=left no-caps data-reason="{reason}"')
                button.classes("reason")
        ui.button(visit.word("cancel"), on_click=dialog.close).props("outline")


def _pictures(visit: Visit, case: Case) -> str:
    title = f"<h2>{escape(visit.word('pictures'))}</h2>"
    if not case.evidence:
        return f'<section class="pictures">{title}<p class="empty">{escape(visit.word("no_pictures"))}</p></section>'
    shown = sorted(case.evidence, key=lambda ref: (not ref.kind.startswith("annotated"), ref.at))
    images = "".join(
        f"<figure>{_shown(ref)}"
        f"<figcaption>{visit.speak.time(ref.at)} · <code>sha256 {escape(ref.sha256[:12])}…</code></figcaption></figure>"
        for ref in shown
    )
    return f'<section class="pictures">{title}{images}</section>'


def _shown(ref: EvidenceRef) -> str:
    address = f"/api/v1/evidence/{escape(ref.id)}"
    if ref.media_type.startswith("video/"):
        return f'<video src="{address}" controls muted preload="metadata"></video>'
    return f'<a href="{address}" target="_blank"><img src="{address}" alt="{escape(ref.kind)}"></a>'


def _facts(visit: Visit, case: Case) -> str:
    speak = visit.speak
    facts = [
        ("why", speak.reason(case.reason)),
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
    rows = "".join(f"<dt>{escape(visit.word(key))}</dt><dd>{escape(value)}</dd>" for key, value in facts)
    return f'<section class="facts"><dl>{rows}</dl></section>'


def _due(visit: Visit, case: Case) -> list[tuple[str, str]]:
    """When the case moves on by itself, and what happens then."""
    facts = [("reason", visit.word("escalated"))] if case.escalated else []
    if case.state is CaseState.DISPATCHED and case.due_at is not None:
        return [("due", visit.speak.due(case.due_at, now())), *facts]
    if case.state is CaseState.OPENED and case.escalated:
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
