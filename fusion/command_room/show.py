"""How facts of a case are written for people: times in the zone's clock, places, names, all in one language."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fusion.command_room.backend import ZoneMap
from fusion.command_room.words import Language, ago, lasted, say, until
from fusion.types.case import Case, CaseEvent
from fusion.types.people import isolated
from fusion.types.signal import Reason

_LIMIT_WORDS = (
    (" working hours", " 个工作时"),
    (" working hour", " 个工作时"),
    (" working days", " 个工作日"),
    (" working day", " 个工作日"),
    ("min", " 分钟"),
    ("h", " 小时"),
    ("d", " 天"),
    ("s", " 秒"),
)


class Speaker:
    """Speaks of one zone in one language; built once a page."""

    def __init__(self, facts: ZoneMap, language: Language) -> None:
        self.facts = facts
        self.language: Language = language
        self._clock = ZoneInfo(facts.timezone)
        self._grids = {grid.id: grid.name for grid in facts.grids}
        self._workers = {worker.id: worker.name for worker in facts.workers}
        self._terminals = {terminal.id: terminal for terminal in facts.terminals}

    def worker(self, worker_id: str | None) -> str:
        """Id and name of a worker, empty when there is none."""
        if worker_id is None:
            return ""
        return f"{worker_id} {self._workers.get(worker_id, '')}".strip()

    def word(self, key: str, **facts: object) -> str:
        """A word of the page."""
        return say(key, self.language, **facts)

    def zone_name(self) -> str:
        """The zone's name."""
        return self.facts.name_zh if self.language == "zh" else self.facts.name_en

    def kind(self, kind: str) -> str:
        """The event kind's name, with its code when the site gives one."""
        entry = self.facts.kinds.get(kind)
        if entry is None:
            return kind
        return entry.zh if self.language == "zh" else entry.en

    def platform(self, platform: str | None) -> str:
        """A platform's name."""
        zh, en = self.facts.platforms.get(platform or "", (platform or "–", platform or "–"))
        return zh if self.language == "zh" else en

    def class_of(self, kind: str) -> str:
        """The class of a kind in the site's table, empty when it has none."""
        entry = self.facts.kinds.get(kind)
        return "" if entry is None else entry.class_zh if self.language == "zh" else entry.class_en

    def limit(self, case: Case, now: datetime) -> tuple[str, str]:
        """(level, words) of a case's deadline: how much time is left or over by the clock; empty without one."""
        deadline = case.deadline
        if deadline is None:
            return "", ""
        stage, level = self.word(f"limit.{deadline.stage}"), str(deadline.level(now))
        if deadline.red_at is None:
            return level, self.word("limit_paused", stage=stage)
        left_s = (deadline.red_at - now).total_seconds()
        if left_s >= 0:
            return level, self.word("limit_left", stage=stage, left=lasted(left_s, self.language))
        return level, self.word("limit_over", stage=stage, over=lasted(-left_s, self.language))

    def deadline(self, case: Case) -> str:
        """The limit of the stage, until when, and how it was counted where that is not plain."""
        deadline = case.deadline
        if deadline is None:
            return ""
        stage, limit = self.word(f"limit.{deadline.stage}"), self.limit_words(deadline.limit)
        if deadline.red_at is None:
            return self.word("deadline_paused", stage=stage, limit=limit)
        line = self.word("deadline_line", stage=stage, limit=limit, until=self.time(deadline.red_at))
        note = deadline.note_zh if self.language == "zh" else deadline.note_en
        return f"{line}（{note}）" if note and self.language == "zh" else f"{line} ({note})" if note else line

    def limit_words(self, limit: str) -> str:
        """A limit as the site wrote it, in this language."""
        if self.language == "en":
            return limit
        for english, chinese in _LIMIT_WORDS:
            limit = limit.replace(english, chinese)
        return limit

    def reason(self, reason: Reason | None) -> str:
        """The sentence of a reason."""
        if reason is None:
            return ""
        return reason.zh if self.language == "zh" else reason.en

    def time(self, at: datetime) -> str:
        """Date and time in the zone's clock."""
        return at.astimezone(self._clock).strftime(self.word("day_time"))

    def lately(self, at: datetime, now: datetime) -> str:
        """Hour and minute where it was today, else date and time."""
        there = at.astimezone(self._clock)
        return f"{there:%H:%M}" if there.date() == now.astimezone(self._clock).date() else self.time(at)

    def ago(self, at: datetime, now: datetime) -> str:
        """How long before now."""
        return ago((now - at).total_seconds(), self.language)

    def since(self, at: datetime, now: datetime) -> str:
        """Since when, as people say it, and for how long that is."""
        there, here = at.astimezone(self._clock), now.astimezone(self._clock)
        days = (here.date() - there.date()).days
        key = {0: "since_today", 1: "since_yesterday"}.get(days, "since_day")
        length = lasted((now - at).total_seconds(), self.language)
        return self.word(key, time=f"{there:%H:%M}", day=there.strftime(self.word("day")), lasted=length)

    def due(self, at: datetime, now: datetime) -> str:
        """A time to come, and how long until then."""
        return f"{self.time(at)}（{until((at - now).total_seconds(), self.language)}）".translate(
            {} if self.language == "zh" else {ord("（"): " (", ord("）"): ")"}
        )

    def grid(self, case: Case) -> str:
        """Full grid and small grid with their names."""
        if case.grid_id is None:
            return self.word("outside")
        parts = [
            f"{grid_id} {self._grids.get(grid_id, '')}" for grid_id in (case.grid_id, case.small_grid_id) if grid_id
        ]
        return " · ".join(part.strip() for part in parts)

    def terminal(self, terminal_id: str | None) -> str:
        """Id and name of a terminal."""
        if terminal_id is None:
            return "–"
        terminal = self._terminals.get(terminal_id)
        return f"{terminal_id} {terminal.name}" if terminal else terminal_id

    def place(self, case: Case) -> str:
        """Coordinates with their uncertainty and datum."""
        lon, lat = case.place.point
        near = self.word("uncertainty", metres=f"{case.place.uncertainty_m:.0f}")
        return f"{lat:.5f}, {lon:.5f} (WGS84), {near}"

    def event(self, event: CaseEvent) -> str:
        """One line of the history, without its time."""
        note = isolated(event.note_zh if self.language == "zh" else event.note_en)
        head = f"{self.word(f'deed.{event.deed}')} · {event.actor}"
        return f"{head}: {note}" if note else head
