"""Phones' messages from MQTT: checked, made the engine's own types, handed on; what is wrong is counted and dropped."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from fusion import metrics
from fusion.alerts import topics
from fusion.alerts.messages import FromPhone, ToWgs84, decode, from_phone
from fusion.types.errors import SiteError

_LOG = structlog.get_logger()


class Inbound:
    """Called by the link with every inbound message; raises only when `deliver` does.

    `deliver` must return only when the message is safe (on the bus), or raise PeerFault: the broker forgets
    the message as soon as it returns.
    """

    def __init__(
        self,
        deliver: Callable[[FromPhone], None],
        to_wgs84: ToWgs84,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._deliver, self._to_wgs84, self._now = deliver, to_wgs84, now

    def __call__(self, topic: str, payload: bytes) -> None:
        """Check one message and hand it on."""
        known = topics.parse(topic)
        if known is None:
            self._refuse(topic, "not a topic of phones")
            return
        row, worker_id = known
        try:
            message = from_phone(decode(row.message, payload, self._now()), worker_id, self._to_wgs84)
        except (SiteError, ValueError) as error:
            self._refuse(topic, str(error))
            return
        self._deliver(message)

    def _refuse(self, topic: str, why: str) -> None:
        metrics.REFUSED.labels("mqtt", "payload").inc()
        _LOG.warning("message refused", topic=topic[:200], why=why[:300])
