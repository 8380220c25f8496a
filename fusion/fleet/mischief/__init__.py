"""How terminals can misbehave 捣乱: each kind is a name, its parameters and the place where it acts."""

from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from fusion.fleet.mischief.answers import Answer, EndlessHeader, LyingLength, Refuse
from fusion.fleet.mischief.clocks import ClockJump, TimestampWrap
from fusion.fleet.mischief.lines import HalfOpen, Hang, Line, Offline, Reset
from fusion.fleet.mischief.packets import (
    Frames,
    Garbage,
    Loss,
    NoMarker,
    Packet,
    Packets,
    Reorder,
    Slow,
    UnknownChannel,
    ZeroNal,
)
from fusion.fleet.mischief.pictures import (
    Black,
    Blur,
    Cover,
    Freeze,
    HugeSps,
    LowBitrate,
    LowFps,
    OverExposed,
    Pictures,
    Shift,
    SparseGop,
)
from fusion.types.errors import SiteError

_Any = (
    Offline | Hang | HalfOpen | Reset
    | Refuse | LyingLength | EndlessHeader
    | Loss | Reorder | Garbage | UnknownChannel | ZeroNal | NoMarker | Slow
    | ClockJump | TimestampWrap
    | Freeze | Black | OverExposed | Blur | Cover | Shift | SparseGop | LowFps | LowBitrate | HugeSps
)  # fmt: skip


def _named(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


#: Any kind; in a config its name alone does, or an object with `kind` and parameters.
Mischief = Annotated[_Any, Field(discriminator="kind"), BeforeValidator(_named)]
#: Every kind by its name.
KINDS: dict[str, type[_Any]] = {kind.model_fields["kind"].default: kind for kind in get_args(_Any)}
_ADAPTER: TypeAdapter[_Any] = TypeAdapter(Mischief)


def mischief_of(kind: str, **parameters: Any) -> _Any:
    """A mischief by its kind and parameters, which may be words. SiteError names what was wrong and is wanted."""
    if kind not in KINDS:
        raise SiteError(f"mischief {kind!r}: there is none; wanted: {', '.join(KINDS)}")
    try:
        return _ADAPTER.validate_python({"kind": kind, **parameters})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise SiteError(f"mischief {kind}: {'.'.join(map(str, first['loc'][1:]))}: {first['msg']}") from None


__all__ = [
    "KINDS",
    "Answer",
    "ClockJump",
    "EndlessHeader",
    "Frames",
    "HalfOpen",
    "Hang",
    "Line",
    "Mischief",
    "Offline",
    "Packet",
    "Packets",
    "Pictures",
    "Refuse",
    "Slow",
    "TimestampWrap",
    "mischief_of",
]
