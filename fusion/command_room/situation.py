"""The first page: the map, and beside it the live list of cases with their pictures."""

from collections.abc import Callable, Sequence
from html import escape

from nicegui import events, ui

from fusion.command_room.case_page import marks
from fusion.command_room.frame import Visit, now, open_frame, overload_html
from fusion.command_room.health import HEALTH_CODE, TROUBLED_CODE
from fusion.command_room.privacy import for_role
from fusion.command_room.zone_map import ZoneMap
from fusion.types.case import Case, CaseState
from fusion.types.terminal import Health

_LIST_LENGTH = 60


def situation(visit: Visit, version: Callable[[], int], terminal_id: str | None = None) -> None:
    """Build the page; `version` grows with each change of a case. A terminal that is named is shown on the map."""
    open_frame(visit)
    with ui.element("main").classes("room-main"):
        with ui.element("section").classes("room-map"):
            zone_map = ZoneMap(visit.speak.language)
            ui.html(_legend(visit), sanitize=False).classes("legend")
        with ui.element("aside").classes("room-list"):
            overload = ui.html("", sanitize=False)
            counts = ui.html("", sanitize=False).classes("counts")
            rows = ui.html("", sanitize=False).classes("case-rows")
    zone_map.on("case", lambda event: ui.navigate.to(f"/cases/{_id(event)}"))
    zone_map.on("terminal", lambda event: ui.navigate.to(f"/terminals/{_id(event)}"))
    seen, zone = -1, visit.backend.zone()
    wanted = next((terminal for terminal in zone.terminals if terminal.id == terminal_id), None)
    if wanted is not None:
        zone_map.focus(wanted)

    def refresh() -> None:
        nonlocal seen
        overload.set_content(overload_html(visit))
        if visit.backend.zone() is not zone:
            ui.navigate.reload()  # the map holds the old register, and knows terminals by their place in it
            return
        zone_map.show_terminals(visit.backend.terminals())
        zone_map.show_workers(for_role(visit.backend.workers(), visit.doer))
        # Ages ("12 s ago") move on even when nothing happened, so the list is written each time.
        cases = visit.backend.cases(limit=_LIST_LENGTH)
        rows.set_content(_rows(visit, cases))
        if seen != version():
            seen = version()
            zone_map.show_cases(cases)
            counts.set_content(_counts(visit))

    refresh()
    ui.timer(1.0, refresh)


def _id(event: events.GenericEventArguments) -> str:
    return str(event.args)[:64]


#: always shown; the others only when there is something in them
_COUNTED = (
    CaseState.FILED,
    CaseState.DISPATCHED,
    CaseState.HANDLING,
    CaseState.FEEDBACK,
    CaseState.CLOSED,
    CaseState.REJECTED,
)


def _counts(visit: Visit) -> str:
    numbers = visit.backend.case_counts()
    return "".join(
        f'<span class="count {state}"><b>{numbers.get(state, 0)}</b>{escape(visit.word(f"state.{state}"))}</span>'
        for state in CaseState
        if state in _COUNTED or numbers.get(state)
    )


def _rows(visit: Visit, cases: Sequence[Case]) -> str:
    if not cases:
        return f'<p class="empty">{escape(visit.word("no_cases"))}</p>'
    return "".join(case_row(visit, case) for case in cases)


def case_row(visit: Visit, case: Case) -> str:
    """One case as a row that leads to its page; everything that people or files wrote is escaped."""
    word, speak = visit.word, visit.speak
    picture = next((ref for ref in case.evidence if ref.kind.startswith("annotated")), None)
    image = '<i class="blank"></i>'
    if picture:
        image = f'<img loading="lazy" alt="" src="/api/v1/evidence/{escape(picture.id)}">'
    flag = f'<em class="flag">{escape(word("escalated"))}</em>' if case.escalated else ""
    where = f"{speak.grid(case)} · {speak.terminal(case.terminal_id)}"
    who = speak.worker(case.worker_id) or word("nobody")
    age = f'<time title="{speak.time(case.opened_at)}">{speak.ago(case.opened_at, now())}</time>'
    return (
        f'<a class="case-row {case.state} {escape(case.kind)}" href="/cases/{escape(case.id)}">{image}<div>'
        f"<strong>{escape(speak.kind(case.kind))}</strong>"
        f'<span class="state {case.state}">{escape(word(f"state.{case.state}"))}</span>{marks(visit, case)}'
        f"<p>{escape(where)}</p>"
        f'<p class="dim">{age} · {escape(case.number)} · {escape(who)}</p>{flag}</div></a>'
    )


def _legend(visit: Visit) -> str:
    shown = (Health.LIVE, Health.CONNECTING, Health.OFFLINE, Health.SILENT, Health.REGISTERED)
    marks = "".join(
        f'<span><i class="mark {HEALTH_CODE[health]}"></i>{escape(visit.word(f"health.{health}"))}</span>'
        for health in shown
    )
    marks += f'<span><i class="mark {TROUBLED_CODE}"></i>{escape(visit.word("trouble.any"))}</span>'
    return f'{marks}<span><i class="mark worker"></i>{escape(visit.word("workers"))}</span>'
