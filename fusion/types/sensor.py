"""How a sensor is doing, as shown to people."""

from dataclasses import dataclass
from datetime import datetime

from fusion.types.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorStatus:
    """What is known of a sensor now. One that is silent is a matter of health, not a case."""

    sensor_id: str
    name: str
    kind: str
    place: Place
    heard_at: datetime | None  #: when its newest good reading came; None: not since the start
    silent_since: datetime | None  #: since when it should have spoken again; None: it is not silent
    value: float | None = None  #: of its newest reading
    unit: str = ""
    holds_since: datetime | None = None  #: since when what it watches for holds
    refused: int = 0  #: readings refused since the start
    why_refused: str = ""  #: the newest refusal; English, without secrets
    zh: str = ""  #: a sentence when it is silent
    en: str = ""
