"""How a terminal of the fleet can misbehave, at once or on a schedule."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from fusion.fleet.mischief import Hang, Mischief, Offline
from fusion.plugins import Config, Duration
from fusion.types.errors import SiteError

_MAX_FILE_BYTES = 1 << 20


class State(StrEnum):
    """What a terminal does at present."""

    ONLINE = "online"
    #: Its connections are cut; who asks for it gets 503 and is disconnected.
    OFFLINE = "offline"
    #: Connections are accepted and stay, but nothing is sent on them, no answer and no picture.
    HANG = "hang"


#: The mischief that each state is.
OF_STATE: Mapping[State, Offline | Hang] = {State.OFFLINE: Offline(), State.HANG: Hang()}


class Fault(Config):
    """A fault that begins by itself, counted from the start of the fleet, and ends where `lasts` is given.

    Without a mischief or a state the terminals are offline.
    """

    path: Annotated[str, Field(description="a stream's path, or a pattern such as /t/*/sub")]
    #: The share of those terminals that it hits, drawn by the fleet's seed; at least one.
    of: Annotated[float, Field(gt=0, le=1)] = 1.0
    state: State | None = None
    mischief: Mischief | None = None
    after: Duration
    lasts: Duration | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.state is not None and self.mischief is not None:
            raise ValueError("wanted: a state or a mischief, not both")
        return self

    @property
    def begins(self) -> Mischief | None:
        """What begins; None where a state ends what was before."""
        return self.mischief if self.mischief is not None else OF_STATE.get(self.state or State.OFFLINE)


_FAULTS: TypeAdapter[tuple[Fault, ...]] = TypeAdapter(tuple[Fault, ...])


def read_faults(path: Path) -> tuple[Fault, ...]:
    """A schedule out of a YAML or JSON file: a list of faults. SiteError names the file, the place and the mistake."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise SiteError(f"faults {path}: larger than {_MAX_FILE_BYTES >> 20} MiB")
        value: Any = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"faults {path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SiteError(f"faults {path}{where}: neither YAML nor JSON") from None
    if not isinstance(value, list):
        raise SiteError(
            f"faults {path}: wanted a list, such as [{{path: /t/*, of: 0.1, mischief: freeze, after: 10s}}]"
        )
    try:
        return _FAULTS.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        number, *key = first["loc"]
        place = ".".join(map(str, key)) or "the whole"
        raise SiteError(f"faults {path}, fault {int(number) + 1}: {place}: {first['msg']}") from None
