"""What the reader of many keeps of each stream, whether it is connected or not."""

from fusion.ingest.backoff import Backoff
from fusion.ingest.dialling import Address
from fusion.ingest.line import Line
from fusion.ingest.policy import ReadPolicy
from fusion.ingest.reader import ReadFacts, StreamSpec


class Stream:
    """The state of one stream over all its connections; it belongs to the reader's thread."""

    def __init__(self, spec: StreamSpec, policy: ReadPolicy) -> None:
        self.spec = spec
        self.backoff = Backoff(policy.backoff_first, policy.backoff_cap, policy.stable_after)
        self.before = ReadFacts()  #: what earlier connections brought
        self.line: Line | None = None  #: the one that is open
        self.attempt = 0  #: number of the newest attempt; what was begun for an older one counts no more
        self.began_s = 0.0  #: monotonic, when that attempt began
        self.url = spec.url  #: where that attempt leads: elsewhere, after a redirect
        self.redirects = 0
        self.addresses: list[Address] = []  #: still to be tried in that attempt
        self.odd_in_row = 0  #: attempts that ended by a fault of protocol
        self.by_pyav = False
        self.back_at_s = 0.0  #: monotonic, until when PyAV reads it
