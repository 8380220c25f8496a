"""What every page has: the header with the state of the engine, the language, and who is signed in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from nicegui import ui

from fusion.command_room.backend import Backend
from fusion.command_room.show import Speaker
from fusion.types.terminal import Health


@dataclass(slots=True)
class Visit:
    """One opened page."""

    backend: Backend
    speak: Speaker
    user: str
    path: str

    def word(self, key: str, **facts: object) -> str:
        """A word of the page."""
        return self.speak.word(key, **facts)


def open_frame(visit: Visit) -> None:
    """The header; refreshes itself every two seconds while the page is open."""
    ui.dark_mode(value=True)
    ui.add_head_html('<link rel="stylesheet" href="/static/room.css">')
    ui.page_title(f"{visit.speak.zone_name()} · {visit.word('title')}")
    with ui.element("header").classes("room-header"):
        with ui.link(target="/").classes("room-name"):
            ui.label(visit.speak.zone_name()).classes("zone-name")
            ui.label(visit.word("title")).classes("room-title")
        pulse = ui.html("", sanitize=False).classes("room-pulse")
        ui.element("span").classes("room-gap")
        other = "en" if visit.speak.language == "zh" else "zh"
        ui.link("English" if other == "en" else "中文", f"/language/{other}?next={visit.path}")
        ui.label(visit.user)
        ui.html(
            f'<form method="post" action="/logout"><button>{escape(visit.word("sign_out"))}</button></form>',
            sanitize=False,
        )
    _keep(pulse, visit)


def _keep(pulse: ui.html, visit: Visit) -> None:
    def refresh() -> None:
        pulse.set_content(pulse_html(visit))

    refresh()
    ui.timer(2.0, refresh)


def pulse_html(visit: Visit) -> str:
    """Bus, broker, store, streams and workers in a few words; what is lost is said with since when."""
    statuses = visit.backend.terminals()
    connected = [status for status in statuses if status.health is not Health.REGISTERED]
    live = sum(status.health is Health.LIVE for status in connected)
    duty = sum(worker.on_duty for worker in visit.backend.workers())
    parts = [
        _chip("well" if live == len(connected) else "warn", visit.word("streams", live=live, connected=len(connected))),
        _chip("plain", visit.word("registered_count", count=len(statuses))),
        _chip("plain", visit.word("on_duty_count", count=duty)),
    ]
    for peer in visit.backend.peers():
        name = visit.word(peer.name)
        if peer.well:
            parts.append(_chip("well", visit.word("peer_well", name=name)))
        else:
            parts.append(_chip("lost", visit.word("peer_lost", name=name, since=visit.speak.time(peer.since))))
    return "".join(parts)


def _chip(look: str, text: str) -> str:
    return f'<span class="chip {look}">{escape(text)}</span>'


def now() -> datetime:
    """The wall clock; pages are the one place here that reads it."""
    return datetime.now(UTC)
