"""What a site may tune of evidence: how long clips go on, how long files are kept, how full the disk may be."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration

Positive = Annotated[Duration, Field(gt=timedelta(0))]
_MIB = 1 << 20


class EvidenceConfig(Config):
    """site.yaml, `evidence:`."""

    after: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(seconds=60))] = timedelta(seconds=6)
    #: a clip goes on for so long after its case was filed; what came before it is what the ring holds
    seal_after: Positive = timedelta(seconds=25)  #: a new case is sealed then: clip and main picture have come
    keep: Positive = timedelta(days=365)  #: the files of a case that was closed so long ago are dropped
    keep_by_kind: dict[str, Positive] = Field(default_factory=dict)  #: the same for some kinds of event
    keep_unfiled: Positive = timedelta(days=30)  #: pictures of signals that became no case
    high_water: Annotated[float, Field(gt=0, le=1)] = 0.9  #: of the disk; above it, what no case needs goes at once
    reserve_mib: Annotated[int, Field(ge=0)] = 256  #: evidence stops at so much free disk, which the store may need
    every: Positive = timedelta(minutes=5)  #: how often the janitor goes round

    @property
    def reserve_bytes(self) -> int:
        """What must stay free."""
        return self.reserve_mib * _MIB

    def kept(self, kind: str) -> timedelta:
        """How long after its closing the files of a case of this kind are kept."""
        return self.keep_by_kind.get(kind, self.keep)
