"""One terminal: its newest picture while somebody looks, its health, and its zones."""

from html import escape
from urllib.parse import quote

from nicegui import ui

from fusion.command_room.backend import Learning
from fusion.command_room.frame import Visit, now, open_frame
from fusion.command_room.health_page import trouble_html
from fusion.types.terminal import Terminal, TerminalStatus


def terminal_page(visit: Visit, terminal_id: str) -> None:
    """Build the page; the picture is asked for again each second, only while the page is open."""
    open_frame(visit)
    terminal = next((t for t in visit.backend.zone().terminals if t.id == terminal_id), None)
    if terminal is None:
        ui.label(f"{terminal_id[:64]}: –").classes("empty")
        ui.link(visit.word("back"), "/")
        return
    with ui.element("main").classes("case-main terminal-main"):
        ui.html(
            f'<div class="case-head"><a href="/">← {escape(visit.word("back"))}</a>'
            f"<h1>{escape(terminal.id)} {escape(terminal.name)}</h1>"
            f'<a class="map-link" href="/?terminal={quote(terminal.id)}">{escape(visit.word("show_on_map"))}</a></div>',
            sanitize=False,
        )
        picture = ui.html("", sanitize=False).classes("pictures live")
        facts = ui.html("", sanitize=False).classes("facts")
        ui.html(learning_html(visit, visit.backend.learning(terminal_id)), sanitize=False).classes("facts learnt")

    def refresh() -> None:
        status = next((s for s in visit.backend.terminals() if s.terminal_id == terminal_id), None)
        facts.set_content(_facts(visit, terminal, status))
        if visit.backend.still(terminal_id) is None:
            picture.set_content(f'<p class="empty">{escape(visit.word("no_view"))}</p>')
        else:
            stamp = int(now().timestamp() * 1000)
            address = f"/api/v1/terminals/{escape(terminal_id)}/still.jpg?{stamp}"
            picture.set_content(f'<figure><img src="{address}" alt="{escape(visit.word("live_view"))}"></figure>')

    refresh()
    ui.timer(1.0, refresh)


def learning_html(visit: Visit, learning: Learning) -> str:
    """How far its words held good, and what people's marks suggest to change."""
    zh = visit.speak.language == "zh"
    rows = ""
    for one in learning.sources:
        marked = visit.word("marked", trues=one.trues, falses=one.falses)
        reasons = " · ".join(f"{reason.zh if zh else reason.en} {count}" for reason, count in one.false_reasons.items())
        head = " ".join(part for part in (one.zone_id, visit.speak.kind(one.kind)) if part)
        said = f"{visit.word('reliability')} {100 * one.reliability:.0f}% · {marked}"
        rows += f"<dt>{escape(head)}</dt><dd>{escape(said)}"
        rows += f'<br><span class="dim">{escape(reasons)}</span></dd>' if reasons else "</dd>"
    facts = f"<dl>{rows}</dl>" if rows else f'<p class="dim">{escape(visit.word("no_marks"))}</p>'
    said = "".join(f"<li>{escape(one.zh if zh else one.en)}</li>" for one in learning.suggestions)
    if said:
        try_it = f'<p class="dim">{escape(visit.word("try_it"))}</p>'
        facts += f"<h3>{escape(visit.word('suggested'))}</h3><ul>{said}</ul>{try_it}"
    return f"<h2>{escape(visit.word('learnt'))}</h2>{facts}"


def _facts(visit: Visit, terminal: Terminal, status: TerminalStatus | None) -> str:
    lon, lat = terminal.point
    rows = [
        ("grid", " · ".join(g for g in (terminal.grid_id, terminal.small_grid_id) if g) or visit.word("outside")),
        ("place", f"{lat:.5f}, {lon:.5f} (WGS84)"),
        ("zone", ", ".join(zone.name for zone in terminal.zones) or "–"),
    ]
    troubles = ""
    if status is not None:
        word = visit.word(f"health.{status.health}")
        # Its detail is English; where a trouble says the same in both languages, that is shown instead.
        detail = "" if status.troubles else status.detail
        rows.insert(0, ("health", " · ".join(p for p in (word, visit.speak.since(status.since, now()), detail) if p)))
        if status.codec and status.size_px:
            rows.append(("stream", f"{status.codec} {status.size_px[0]}×{status.size_px[1]}"))
        if status.reader == "pyav":
            rows.append(("stream", visit.word("reader_fallback")))
        troubles = "".join(
            f'{trouble_html(visit, trouble)}<p class="dim">{escape(visit.speak.since(trouble.since, now()))}</p>'
            for trouble in status.troubles
        )
    facts = "".join(f"<dt>{escape(visit.word(k))}</dt><dd>{escape(v)}</dd>" for k, v in rows)
    return f'<div class="troubles">{troubles}</div><dl>{facts}</dl>'
