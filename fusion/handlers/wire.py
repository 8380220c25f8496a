"""How signals and phones' messages travel on the bus: JSON with the type's name."""

import msgspec

from fusion.types.errors import SiteError
from fusion.types.phone import PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.signal import Signal

SIGNALS = "fusion:signals"
PHONES = "fusion:phones"

_KINDS: dict[str, type] = {kind.__name__: kind for kind in (Signal, PhonePosition, PhoneReceipt, PhoneAnswer)}


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    body: msgspec.Raw


def pack(message: object) -> bytes:
    """A message as bytes for the bus."""
    body = msgspec.Raw(msgspec.json.encode(message))
    return msgspec.json.encode(_Envelope(type(message).__name__, body))


def unpack(payload: bytes) -> Signal | PhonePosition | PhoneReceipt | PhoneAnswer:
    """The message of bytes from the bus; SiteError when somebody else wrote them."""
    try:
        envelope = msgspec.json.decode(payload, type=_Envelope)
        message: Signal | PhonePosition | PhoneReceipt | PhoneAnswer = msgspec.json.decode(
            envelope.body, type=_KINDS[envelope.kind]
        )
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError) as error:
        raise SiteError(f"bus message: {error}; wanted: one of {', '.join(_KINDS)}") from error
    return message
