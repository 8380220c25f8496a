"""What goes wrong in a terminal's answers to requests."""

import re
from typing import Annotated, Literal

from pydantic import Field

from fusion.plugins import Config

_LENGTH = re.compile(rb"Content-Length: \d+\r\n")


class Refuse(Config):
    """Every login is refused from now on; sessions that play stay, or are cut."""

    kind: Literal["refuse"] = "refuse"
    status: Literal[401, 403] = 401
    cut: bool = False


class Answer(Config):
    """Spoils the encoded answers to one method."""

    method: Literal["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"] = "DESCRIBE"

    def spoiled(self, answer: bytes) -> bytes:
        """What is sent in place of an answer."""
        raise NotImplementedError


class LyingLength(Answer):
    """The answer's Content-Length is never fulfilled."""

    kind: Literal["lying_length"] = "lying_length"
    claims_bytes: Annotated[int, Field(ge=1)] = 1_000_000

    def spoiled(self, answer: bytes) -> bytes:
        """The same body under another length."""
        head, end, body = answer.partition(b"\r\n\r\n")
        head = _LENGTH.sub(b"", head + b"\r\n")
        return head + b"Content-Length: %d" % self.claims_bytes + end + body


class EndlessHeader(Answer):
    """The answer's head never ends: a header line follows another for as long as the client reads."""

    kind: Literal["endless_header"] = "endless_header"
    bytes_per_s: Annotated[int, Field(ge=100, le=10_000_000)] = 100_000

    def spoiled(self, answer: bytes) -> bytes:
        """The head without its end."""
        return answer.partition(b"\r\n\r\n")[0] + b"\r\n"

    def more(self, seconds: float) -> bytes:
        """So many seconds' header lines."""
        line = b"X-Padding: " + b"0" * 87 + b"\r\n"
        return line * max(1, round(self.bytes_per_s * seconds / len(line)))
