"""Every Prometheus series in one table. Labels hold ids and reasons, never an address or a name of a person."""

from collections.abc import Iterable, Iterator

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

PACKETS = Counter("fusion_packets", "Packets read from terminals", ["terminal"])
LOST = Counter("fusion_packets_lost", "Packets whose numbers never came", ["terminal"])
OCTETS = Counter("fusion_octets", "Bytes read from terminals", ["terminal"])
KEYFRAMES = Counter("fusion_keyframes", "Keyframes received", ["terminal"])
LOOKS = Counter("fusion_looks", "Pictures judged", ["terminal"])
DROPS = Counter("fusion_drops", "Pictures or messages given up, by reason", ["reason"])
RECONNECTS = Counter("fusion_reconnects", "Connections to a terminal opened again", ["terminal"])
TROUBLES = Gauge("fusion_terminal_troubles", "Terminals by what is wrong with them", ["kind"])
TROUBLES_RAISED = Counter("fusion_terminal_troubles_raised", "Troubles of terminals that were told of", ["kind"])
MAIN_WAIT_SECONDS = Histogram(
    "fusion_main_wait_seconds", "From asking for a main stream to its first keyframe", buckets=(0.3, 1, 2, 3, 5, 10, 20)
)
LONGEST_GAP = Gauge("fusion_longest_gap_seconds", "Longest time between two looks at one terminal, of late")
BUDGET = Gauge("fusion_budget_cores", "Processor time that looking may use, in cores")
BUDGET_USED = Gauge("fusion_budget_used_cores", "Processor time that looking uses, in cores")
SHARD_RESTARTS = Counter("fusion_shard_restarts", "Shards that had to be started again", ["shard"])
TERMINALS = Gauge("fusion_terminals", "Terminals by health", ["health"])
LOOK_SECONDS = Histogram(
    "fusion_look_seconds", "From a picture to its findings", buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
)
DETECT_SECONDS = Histogram(
    "fusion_detect_seconds", "One batch in the detector", buckets=(0.01, 0.02, 0.05, 0.1, 0.3, 1)
)
DETECTOR_FALLBACKS = Gauge(
    "fusion_detector_fallbacks",
    "Detector pools that do not run on the execution provider that the site wants first",
    ["wanted", "used"],
)
SIGNALS = Counter("fusion_signals", "Signals put on the bus", ["kind", "phase"])
SENSORS_SILENT = Gauge("fusion_sensors_silent", "Sensors unheard for longer than their periods allow")
HANDLED = Counter("fusion_messages_handled", "Messages that the engine took from the bus", ["stream"])
REFUSED = Counter("fusion_messages_refused", "Messages refused, by door and reason", ["door", "reason"])
INCIDENTS = Counter("fusion_incidents", "Incidents opened", ["kind"])
CASES = Counter("fusion_cases", "Cases opened", ["kind"])
DEEDS = Counter("fusion_deeds", "Deeds done to cases", ["deed"])
OUTBOX = Gauge("fusion_outbox_unsent", "Alerts written and not yet taken by the broker")
ALERTS = Counter("fusion_alerts_sent", "Alerts that the broker took")
TOLD_SECONDS = Histogram(
    "fusion_told_seconds", "From the rule being met to the phone's receipt", buckets=(0.3, 1, 2, 5, 10, 30, 60, 300)
)

SEALS = Counter("fusion_seals", "Cases sealed with their evidence, by occasion", ["occasion"])
EVIDENCE_FAULTS = Counter("fusion_evidence_faults", "Evidence that could not be kept, sealed or dropped", ["what"])
EVIDENCE_FREED = Counter("fusion_evidence_freed_bytes", "Bytes of evidence dropped, by reason", ["reason"])
EVIDENCE_DISK = Gauge("fusion_evidence_disk_used", "Share of the evidence disk that is used, 0-1")
EVIDENCE_CUT = Gauge(
    "fusion_evidence_chain_cut", "1: the chain of seals on disk lacks its end, or another one lies there"
)


def families() -> list[Metric]:
    """Everything that this process has measured, but what belongs to the process as such."""
    return [family for family in REGISTRY.collect() if family.name.startswith("fusion_")]


def exposition(others: Iterable[Metric] = ()) -> bytes:
    """The text for Prometheus: this process's families, and those of `others`, added up by name and labels."""
    registry = CollectorRegistry()
    registry.register(_Sum([*REGISTRY.collect(), *others]))
    return generate_latest(registry)


class _Sum(Collector):
    """Families of several processes as one. Gauges add up too: each process counts what only it has."""

    def __init__(self, parts: list[Metric]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        whole: dict[str, Metric] = {}
        for part in self._parts:
            family = whole.setdefault(part.name, Metric(part.name, part.documentation, part.type))
            at = {(sample.name, tuple(sorted(sample.labels.items()))): i for i, sample in enumerate(family.samples)}
            for sample in part.samples:
                key = (sample.name, tuple(sorted(sample.labels.items())))
                if key not in at:
                    family.samples.append(sample)
                elif not sample.name.endswith("_created"):
                    before = family.samples[at[key]]
                    family.samples[at[key]] = before._replace(value=before.value + sample.value)
        yield from whole.values()
