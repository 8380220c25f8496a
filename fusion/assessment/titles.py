"""What stands over the figures: names for ids, headings, lengths of time as people write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fusion.assessment.figures import Figures

#: headings of the table of each group, Chinese and English
COLUMNS: Final = (
    ("发现", "Found"),
    ("未结", "Open"),
    ("处置", "Handled"),
    ("结案", "Closed"),
    ("按时", "On time"),
    ("超时", "Overdue"),
    ("按时率", "On-time rate"),
    ("误报", "False"),
    ("退回", "Bounced"),
    ("复发", "Recurring"),
)
STRETCHES: Final = (
    ("发现→派遣", "found→told"),
    ("派遣→接单", "told→acknowledged"),
    ("接单→处置", "acknowledged→handled"),
    ("处置→结案", "handled→closed"),
    ("发现→结案", "found→closed"),
)
_SOURCES: Final = {
    "video": "视频",
    "sensor": "传感器",
    "hotline": "热线",
    "tip_off": "爆料",
    "worker": "网格员上报",
    "room": "指挥室登记",
}
_NONE: Final = "（无）"


@dataclass(frozen=True, slots=True)
class Titles:
    """Names of one zone."""

    zone: str
    grids: Mapping[str, str]
    workers: Mapping[str, str]
    kinds: Mapping[str, str]
    made_at: datetime  #: in the site's clock

    def grid(self, key: str) -> str:
        """Id and name of a grid."""
        return f"{key} {self.grids.get(key, '')}".strip() or _NONE

    def worker(self, key: str) -> str:
        """Id and name of a worker."""
        return f"{key} {self.workers.get(key, '')}".strip() or _NONE

    def kind(self, key: str) -> str:
        """Name of a kind."""
        return self.kinds.get(key, key) or _NONE

    def source(self, key: str) -> str:
        """Name of a kind of source."""
        return _SOURCES.get(key, key) or _NONE

    def platform(self, key: str) -> str:
        """Name of a platform."""
        return key or _NONE


def counts(found: Figures) -> tuple[int | float | None, ...]:
    """The cells below `COLUMNS`."""
    share = found.on_time_share
    return (
        found.found,
        found.open,
        found.handled,
        found.closed,
        found.on_time,
        found.overdue,
        share,
        found.false,
        found.bounced,
        found.recurrences,
    )


def length(seconds: float | None) -> str:
    """How long, in the largest fitting unit with one decimal."""
    if seconds is None:
        return "–"
    for unit, unit_s in (("天", 86_400), ("小时", 3600), ("分", 60)):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.1f} {unit}"
    return f"{seconds:.0f} 秒"
