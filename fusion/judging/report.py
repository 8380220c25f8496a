"""What a judgement found, as data: report.json is exactly this."""

import msgspec


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Hits of a count with the 95 % interval (Wilson); `value` is null where nothing was counted."""

    hits: int
    of: int
    value: float | None
    low: float
    high: float


class Frequency(msgspec.Struct, frozen=True, kw_only=True):
    """How often something came, per hour of one camera, with the 95 % interval (Poisson)."""

    count: int
    hours: float
    per_hour: float | None
    low: float
    high: float | None


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds; negative: sooner than."""

    count: int
    p50_s: float | None
    p95_s: float | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one kind of event, or of all (`kind` empty), over the clips of one condition, or over all."""

    kind: str
    clips: int
    recall: Share  #: of the events that are due, those that were told
    precision: Share  #: of what was told, that which is true; doubled signals are not
    signals: int
    repeats: int  #: told again and filed in the same case: neither true nor false
    unbelieved: int  #: too weak for a case by themselves: neither true nor false
    beside: int  #: told of events that were not due: neither true nor false
    early: int  #: found, but told sooner than the truth meets the rule, by more than the tolerance
    false_alarms: Frequency
    from_start: Delay  #: from the event's start to the signal
    from_due: Delay  #: from when the truth meets the rule to the signal
    from_met: Delay  #: from when the rule says that it was met (`met_at`) to the signal
    from_left: Delay  #: from when the bringer left to the signal


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the clips that share one condition."""

    dimension: str  #: "light", "weather", "size", "street", "fault", "codec", "scene", or what the truth names
    value: str
    figures: Figures


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """False alarms by what was there instead."""

    cause: str
    kind: str
    false_alarms: Frequency


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """Precision and recall if only signals of at least this belief were told."""

    belief: float
    precision: float
    recall: float


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """From the strictest to the laxest."""

    kind: str
    points: list[CurvePoint]


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """Processor time of judging."""

    media_s: float
    cpu_s: float
    cpu_s_per_media_s: float
    stages_s_per_media_s: dict[str, float]  #: decode (with reading), gate, detect, judge (following and rules)
    looks: int
    looks_per_media_min: float
    crops: int  #: pictures given to the detector
    quiet_looks: int  #: looks at which nothing changed and nothing was there
    quiet_look_ms: float | None  #: processor time of such a look, all but decoding


class RateReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one rate."""

    rate: str
    overall: Figures
    kinds: list[Figures]
    negatives: Figures  #: of the clips in which nothing is to be told
    conditions: list[Condition]
    causes: list[Cause]
    curves: list[Curve]
    spent: Spent


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One number to reach."""

    zh: str
    en: str
    wanted: str
    found: str
    reached: bool | None  #: null: nothing to measure it on
    sure: bool  #: whether the whole interval of confidence lies on one side


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A span of a clip's timeline."""

    what: str
    start_s: float
    end_s: float
    note: str = ""
    state: str = ""  #: of an event: found, missed, not_due; of a signal: true, repeat, beside, weak, false
    at_s: float | None = None  #: of a signal: when it was told; of an event: when its rule is met


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """What one rate told of a clip."""

    rate: str
    looks: int
    looks_s: list[float]
    signals: list[Mark]
    events: list[Mark]
    fault: str = ""


class ClipReport(msgspec.Struct, frozen=True, kw_only=True):
    """One clip."""

    clip: str
    scene: str
    media_s: float
    conditions: dict[str, str]
    happenings: list[Mark]
    lanes: list[Lane]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A miss or a false alarm, as shown to people."""

    clip: str
    rate: str
    kind: str
    at_s: float
    cause: str = ""  #: of a false alarm
    belief: float | None = None
    zh: str = ""
    en: str = ""
    picture: str | None = None  #: relative to the report, POSIX


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement."""

    format: int = 1
    made_at: str  #: ISO 8601, UTC
    version: str
    rules: list[dict[str, str]]
    model: str
    model_sha256: str
    tolerance_s: float
    clips: int
    media_s: float
    rates: list[RateReport]
    goals: list[Goal]
    runs: list[ClipReport]
    misses: list[Shown]
    false_alarms: list[Shown]
    faults: list[str]  #: clips that could not be judged, and why
