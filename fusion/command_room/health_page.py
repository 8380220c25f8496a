"""Camera health: what is wrong with which camera and since when, and how the parts that fusion leans on are."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from nicegui import ui

from fusion.command_room.backend import PeerState
from fusion.command_room.frame import Visit, now, open_frame, overload_html, peer_name
from fusion.command_room.health import counts, longest, troubled
from fusion.command_room.peer_words import in_words
from fusion.types.sensor import SensorStatus
from fusion.types.terminal import TerminalStatus, Trouble, TroubleKind

_MOST_ROWS = 300  # a page that shows more is read by nobody; the filter reaches the rest
_EACH_S = 2.0


def health_page(visit: Visit, kind: TroubleKind | None) -> None:
    """Build the page; it follows the cameras while it is open."""
    open_frame(visit)
    with ui.element("main").classes("health-main"):
        ui.html(
            f'<div class="case-head"><a href="/">← {escape(visit.word("back"))}</a>'
            f"<h1>{escape(visit.word('camera_health'))}</h1></div>",
            sanitize=False,
        )
        overload = ui.html("", sanitize=False)
        kinds = ui.html("", sanitize=False).classes("trouble-kinds")
        rows = ui.html("", sanitize=False).classes("trouble-rows")
        sensors = ui.html("", sanitize=False).classes("sensors")
        parts = ui.html("", sanitize=False).classes("parts")

    def refresh() -> None:
        statuses = visit.backend.terminals()
        overload.set_content(overload_html(visit))
        kinds.set_content(_kinds(visit, statuses, kind))
        rows.set_content(_table(visit, troubled(statuses, kind), kind))
        parts.set_content(_parts(visit, visit.backend.peers()))
        sensors.set_content(sensors_html(visit, visit.desk.sensors()) if visit.desk else "")

    refresh()
    ui.timer(_EACH_S, refresh)


def _kinds(visit: Visit, statuses: Sequence[TerminalStatus], chosen: TroubleKind | None) -> str:
    """A link for each kind that somebody has, with how many; the chosen one also when nobody has it any more."""
    found = counts(statuses)
    if chosen is not None:
        found.setdefault(chosen, 0)
    every = sum(bool(status.troubles) for status in statuses)
    links = [("/health", visit.word("all_cases"), every, chosen is None)]
    links += [(f"/health?kind={kind}", visit.word(f"trouble.{kind}"), n, kind is chosen) for kind, n in found.items()]
    return "".join(
        f'<a class="kind{" chosen" if here else ""}" href="{address}"{" aria-current=page" if here else ""}>'
        f"{escape(word)} <b>{count}</b></a>"
        for address, word, count, here in links
    )


def _table(visit: Visit, shown: Sequence[TerminalStatus], kind: TroubleKind | None) -> str:
    if not shown:
        return f'<p class="empty">{escape(visit.word("no_troubles"))}</p>'
    heads = "".join(f"<th>{escape(visit.word(key))}</th>" for key in ("terminal", "what_is_wrong", "since", "on_map"))
    body = "".join(_row(visit, status, kind) for status in shown[:_MOST_ROWS])
    rest = len(shown) - _MOST_ROWS
    more = f'<p class="dim">{escape(visit.word("and_more", count=rest))}</p>' if rest > 0 else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{more}"


def _row(visit: Visit, status: TerminalStatus, kind: TroubleKind | None) -> str:
    name, address = visit.speak.terminal(status.terminal_id), quote(status.terminal_id)
    first = longest(status, kind)
    troubles = sorted(status.troubles, key=lambda trouble: (trouble is not first, trouble.since))
    said = "".join(trouble_html(visit, trouble) for trouble in troubles)
    since = "".join(f"<p>{escape(visit.speak.since(trouble.since, now()))}</p>" for trouble in troubles)
    fallback = f'<p class="dim">{escape(visit.word("reader_fallback"))}</p>' if status.reader == "pyav" else ""
    return (
        f'<tr data-terminal="{escape(status.terminal_id)}"><td><a href="/terminals/{address}">{escape(name)}</a></td>'
        f"<td>{said}{fallback}</td><td>{since}</td>"
        f'<td><a class="map-link" href="/?terminal={address}">{escape(visit.word("show_on_map"))}</a></td></tr>'
    )


def trouble_html(visit: Visit, trouble: Trouble) -> str:
    """One trouble's kind, and its sentence (which may begin with the kind: it is not said twice)."""
    word = visit.word(f"trouble.{trouble.kind}")
    sentence = trouble.zh if visit.speak.language == "zh" else trouble.en
    sentence = sentence.removeprefix(f"{word}：").removeprefix(f"{word}: ")
    return f'<p class="trouble"><span class="kind {trouble.kind}">{escape(word)}</span> {escape(sentence)}</p>'


def _parts(visit: Visit, peers: Sequence[PeerState]) -> str:
    rows = "".join(
        f'<dt>{escape(peer_name(visit, peer))}</dt><dd class="{"well" if peer.well else "lost"}">'
        f"{escape(_part(visit, peer))}</dd>"
        for peer in peers
    )
    return f'<section class="facts"><h2>{escape(visit.word("system_parts"))}</h2><dl>{rows}</dl></section>'


def sensors_html(visit: Visit, sensors: Sequence[SensorStatus]) -> str:
    """Every sensor, the silent ones first; nothing where the site has none."""
    if not sensors:
        return ""
    silent_first = sorted(sensors, key=lambda s: (s.silent_since is None, s.sensor_id))
    rows = "".join(
        f'<dt>{escape(s.sensor_id)} {escape(s.name)}</dt><dd class="{"lost" if s.silent_since else "well"}">'
        f"{escape(_sensor(visit, s))}</dd>"
        for s in silent_first[:_MOST_ROWS]
    )
    return f'<section class="facts"><h2>{escape(visit.word("sensors"))}</h2><dl>{rows}</dl></section>'


def _sensor(visit: Visit, sensor: SensorStatus) -> str:
    if sensor.silent_since is not None:
        return f"{visit.word('sensor_silent')} · {sensor.zh if visit.speak.language == 'zh' else sensor.en}"
    if sensor.heard_at is None:
        return "–"
    value = "" if sensor.value is None else f" · {sensor.value:g} {sensor.unit}".rstrip()
    return f"{visit.word('sensor_well')}{value} · {visit.speak.ago(sensor.heard_at, now())}"


def _part(visit: Visit, peer: PeerState) -> str:
    since = visit.speak.since(peer.since, now())
    if peer.well:
        return f"{visit.word('part_well')} · {since}"
    detail = in_words(peer.detail, visit.speak.language)
    state = visit.word("part_stands_in" if peer.stands_in else "part_lost")
    return f"{state} · {since}" + (f" · {detail}" if detail else "")
