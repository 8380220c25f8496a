"""The door for ways to tell people: MQTT is the one that is always there, a site brings others in one file each.

    @Registries.notifiers.register
    class WebhookConfig(NotifierConfig):
        kind: Literal["webhook"] = "webhook"
        url: str

        def start(self, folder: Path) -> Notifier: ...

A message for another notifier is an outbox row of its own (see `copies`), so that each way is served,
retried and marked as sent by itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from fusion.plugins import Config
from fusion.types.phone import OutboxMessage

_MARK = ":"  # no MQTT topic of ours holds one


class Notifier(ABC):
    """One way to tell people.

    Promises to whoever writes one: `send` is called from one thread, in the order of the outbox (but for what
    failed and comes again), never with an expired message, never after `stop`. The same id may be given again
    when it is not known whether the peer has it, so the peer must know an id that it had before. One that
    hangs or raises is shown as away, and holds up nobody else (`fusion.alerts.notifier_beside`).
    """

    @abstractmethod
    def send(self, message: OutboxMessage) -> Future[None] | None:
        """Hand over without waiting.

        Returns:
            a future that ends when the peer itself said that it has the message, and fails when that will
            not be known any more (the message is sent again later); None: cannot be taken now.
        """

    def wants(self, message: OutboxMessage) -> bool:
        """Whether a copy of a message of the engine goes this way too; decided at once, without I/O."""
        return bool(message.topic)

    @abstractmethod
    def stop(self) -> None:
        """Free everything; twice is harmless."""


class NotifierConfig(Config, ABC):
    """The base of notifiers' configs; `kind` is the name in the site's YAML."""

    kind: str

    @abstractmethod
    def start(self, folder: Path) -> Notifier:
        """The running notifier; SiteError when the config cannot be right. `folder` is the site's."""


def copies(
    message: OutboxMessage, others: Mapping[str, Notifier], until: datetime | None = None
) -> tuple[OutboxMessage, ...]:
    """The message as outbox rows: itself, and one for each other notifier (by its name) that wants it.

    `until` is when a copy is worth nothing any more, where the message itself does not say: a notifier that is
    away for days must not fill the outbox.
    """
    expires_at = message.expires_at or until
    return message, *(
        replace(message, id=f"{name}{_MARK}{message.id}", topic=f"{name}{_MARK}{message.topic}", expires_at=expires_at)
        for name, notifier in others.items()
        if notifier.wants(message)
    )


def addressed(message: OutboxMessage) -> tuple[str, OutboxMessage]:
    """(the notifier's name, "" for MQTT; the message as that notifier sends it) of an outbox row."""
    name, mark, topic = message.topic.partition(_MARK)
    if not mark:
        return "", message
    return name, replace(message, id=message.id.removeprefix(name + _MARK), topic=topic)
