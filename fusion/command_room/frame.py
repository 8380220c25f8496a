"""What every page has: the header with the state of the engine, the language, and who is signed in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from nicegui import ui

from fusion.command_room.backend import Backend, PeerState
from fusion.command_room.desk import Desk
from fusion.command_room.peer_words import in_words
from fusion.command_room.show import Speaker
from fusion.types.role import Doer
from fusion.types.terminal import Health


@dataclass(slots=True)
class Visit:
    """One opened page."""

    backend: Backend
    speak: Speaker
    user: str
    path: str
    doer: Doer  #: as the user was when the page was opened; deeds ask anew
    desk: Desk | None = None  #: reports, sensors, stalls and figures; None where the site has no desk

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
        if visit.desk is not None:
            ui.link(visit.word("reports"), "/reports")
        other = "en" if visit.speak.language == "zh" else "zh"
        ui.link("English" if other == "en" else "中文", f"/language/{other}?next={quote(visit.path)}")
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
    """Parts, streams, cameras and workers in a few words; what is lost is said first, with since when."""
    statuses = visit.backend.terminals()
    connected = [status for status in statuses if status.health is not Health.REGISTERED]
    live = sum(status.health is Health.LIVE for status in connected)
    duty = sum(worker.on_duty for worker in visit.backend.workers())
    ill = sum(bool(status.troubles) for status in statuses)
    peers, looking = visit.backend.peers(), visit.backend.looking()
    parts = [_lost(visit, peer) for peer in peers if not peer.well]
    if looking.overloaded:
        parts.append(_chip("warn", visit.word("overload", stretch=f"{looking.stretch:.1f}"), link="/health"))
    silent = sum(sensor.silent_since is not None for sensor in visit.desk.sensors()) if visit.desk else 0
    if silent:
        parts.append(_chip("warn", visit.word("sensors_silent", count=silent), link="/health"))
    health = visit.word("troubled_count", count=ill) if ill else visit.word("camera_health")
    parts += [
        _chip("warn" if ill else "plain", health, link="/health"),
        _chip("well" if live == len(connected) else "warn", visit.word("streams", live=live, connected=len(connected))),
        _chip("plain", visit.word("registered_count", count=len(statuses))),
        _chip("plain", visit.word("on_duty_count", count=duty)),
    ]
    parts += [_chip("well", visit.word("peer_well", name=peer_name(visit, peer))) for peer in peers if peer.well]
    return "".join(parts)


def overload_html(visit: Visit) -> str:
    """A line when there is more to look at than the budget allows, else nothing."""
    looking = visit.backend.looking()
    if not looking.overloaded:
        return ""
    return f'<p class="overload">{escape(looking.zh if visit.speak.language == "zh" else looking.en)}</p>'


def peer_name(visit: Visit, peer: PeerState) -> str:
    """What a part is called."""
    return visit.word("notifier", name=peer.name) if peer.notifier else visit.word(peer.name)


def _lost(visit: Visit, peer: PeerState) -> str:
    if not peer.needed:
        key = f"{peer.name}_lost"
    else:
        key = "notifier_lost" if peer.notifier else "stands_in" if peer.stands_in else "peer_lost"
    text = visit.word(key, name=peer_name(visit, peer), since=visit.speak.lately(peer.since, now()))
    return _chip("lost", text, link="/health", title=in_words(peer.detail, visit.speak.language))


def _chip(look: str, text: str, *, link: str = "", title: str = "") -> str:
    hint = f' title="{escape(title, quote=True)}"' if title else ""
    if link:
        return f'<a class="chip {look}" href="{link}"{hint}>{escape(text)}</a>'
    return f'<span class="chip {look}"{hint}>{escape(text)}</span>'


def now() -> datetime:
    """The wall clock; pages are the one place here that reads it."""
    return datetime.now(UTC)
