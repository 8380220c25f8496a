"""What is measured now and then for /metrics."""

from collections import Counter
from collections.abc import Sequence

from fusion import metrics
from fusion.shards.shards import Shards
from fusion.types.sensor import SensorStatus
from fusion.types.terminal import Health, TroubleKind


def gauge(shards: Shards, registered: int, sensors: Sequence[SensorStatus]) -> None:
    """Bring the gauges up to date."""
    metrics.SENSORS_SILENT.set(sum(s.silent_since is not None for s in sensors))
    by_health = dict.fromkeys(Health, 0)
    statuses = shards.statuses()
    for status in statuses:
        by_health[status.health] += 1
    by_health[Health.REGISTERED] = registered - sum(by_health.values())
    for health, count in by_health.items():
        metrics.TERMINALS.labels(str(health)).set(count)
    by_trouble = Counter(trouble.kind for status in statuses for trouble in status.troubles)
    for kind in TroubleKind:
        metrics.TROUBLES.labels(str(kind)).set(by_trouble[kind])
    looking = shards.looking
    metrics.LONGEST_GAP.set(looking.longest_gap_s)
    metrics.BUDGET.set(looking.budget_cores)
    metrics.BUDGET_USED.set(looking.use_cores)
