"""All topics in one table: who publishes, who subscribes, what travels. Docs and permissions are made from it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from fusion.alerts.messages import (
    Alert,
    AnswerMessage,
    EngineStatus,
    Message,
    PositionMessage,
    ReadingMessage,
    ReceiptMessage,
    ReportMessage,
    TerminalHealth,
    Update,
)
from fusion.types.errors import SiteError

ROOT = "fusion/v1"
ENGINE = "engine"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class From(StrEnum):
    """Who publishes."""

    ENGINE = "engine"
    WORKER = "worker"
    SENSOR = "sensor"


@dataclass(frozen=True, slots=True)
class Topic:
    """One row. `{worker}`, `{sensor}`, `{terminal}` are ids; workers and sensors may only use their own rows."""

    name: str
    template: str
    publisher: From
    message: type[Message]
    retained: bool
    zh: str
    en: str
    qos: int = 1

    @property
    def whose(self) -> str | None:
        """Whose own the row is: "worker", "sensor", "terminal", or None."""
        return next((who for who in ("worker", "sensor", "terminal") if f"{{{who}}}" in self.template), None)

    def of(self, owner: str = "") -> str:
        """The topic of a worker, sensor or terminal; SiteError when the id would change the topic's shape."""
        if self.whose is not None and not _ID.fullmatch(owner):
            raise SiteError(f"{self.whose} id {owner[:80]!r}: wanted: letters, digits, - or _, 64 at most")
        return self.template.format(worker=owner, sensor=owner, terminal=owner)

    @property
    def pattern(self) -> str:
        """The subscription that sees everybody's."""
        return self.template.format(worker="+", sensor="+", terminal="+")


ALERTS = Topic(
    "alerts",
    f"{ROOT}/workers/{{worker}}/alerts",
    From.ENGINE,
    Alert,
    False,
    "派给网格员的案卷",
    "A case for the worker",
)
UPDATES = Topic(
    "updates",
    f"{ROOT}/workers/{{worker}}/updates",
    From.ENGINE,
    Update,
    False,
    "案卷状态变化或收回",
    "A case of the worker changed or was taken back",
)
POSITION = Topic(
    "position",
    f"{ROOT}/workers/{{worker}}/position",
    From.WORKER,
    PositionMessage,
    False,
    "网格员位置",
    "Where the worker is",
    0,
)
RECEIPTS = Topic(
    "receipts",
    f"{ROOT}/workers/{{worker}}/receipts",
    From.WORKER,
    ReceiptMessage,
    False,
    "手机已收到",
    "The phone has the alert",
)
ANSWERS = Topic(
    "answers",
    f"{ROOT}/workers/{{worker}}/answers",
    From.WORKER,
    AnswerMessage,
    False,
    "接单、拒单、已处置、误报（附原因）",
    "Accept, decline, handled, or false (with the reason)",
)
REPORTS = Topic(
    "reports",
    f"{ROOT}/workers/{{worker}}/reports",
    From.WORKER,
    ReportMessage,
    False,
    "网格员上报，可附照片",
    "What the worker found, with a photo",
)
READINGS = Topic(
    "readings",
    f"{ROOT}/sensors/{{sensor}}/readings",
    From.SENSOR,
    ReadingMessage,
    False,
    "传感器读数（可设为保留消息）",
    "What a sensor measured (the sensor may have it retained)",
)
HEALTH = Topic(
    "health",
    f"{ROOT}/terminals/{{terminal}}/health",
    From.ENGINE,
    TerminalHealth,
    True,
    "监控终端状况及故障（变化时发布）",
    "How a terminal is and what is wrong with it, whenever that changes",
)
STATUS = Topic(
    "status",
    f"{ROOT}/engine/status",
    From.ENGINE,
    EngineStatus,
    True,
    "引擎是否在线",
    "Whether the engine runs (also its last will)",
)

TOPICS = (ALERTS, UPDATES, POSITION, RECEIPTS, ANSWERS, REPORTS, READINGS, HEALTH, STATUS)
FROM_WORKERS = tuple(topic for topic in TOPICS if topic.publisher is From.WORKER)


def parse(name: str) -> tuple[Topic, str] | None:
    """The row and the worker's id of a topic that a worker published to; None for anything else."""
    for topic in FROM_WORKERS:
        head, tail = topic.template.split("{worker}")
        if name.startswith(head) and name.endswith(tail):
            worker = name[len(head) : len(name) - len(tail)]
            return (topic, worker) if _ID.fullmatch(worker) else None
    return None


def markdown() -> str:
    """The table for the documents."""
    rows = ["| topic | from | QoS | retained | message | 说明 | what |", "|---|---|---|---|---|---|---|"]
    rows += [
        f"| `{t.template}` | {t.publisher} | {t.qos} | {'yes' if t.retained else 'no'} "
        f"| `{t.message.__name__}` | {t.zh} | {t.en} |"
        for t in TOPICS
    ]
    return "\n".join(rows) + "\n"
