"""One way to write a JSON document as bytes, so that whoever signs and whoever checks speak of the same bytes.

The form is that of RFC 8785 (JSON Canonicalization Scheme) for documents of objects with ASCII keys, arrays, strings,
integers of at most 53 bits, booleans and null: keys in order, no white space, only what must be escaped is escaped.
There are no fractions in what is sealed, and so none of that RFC's rules for writing them.
"""

import json
from typing import Any

_MOST = 2**53 - 1  # what every JSON reader holds exactly (RFC 8785 3.2.2.3, RFC 7493 2.2)


def canonical(value: Any) -> bytes:
    """The document as bytes (UTF-8).

    Raises:
        ValueError: it holds what has no one form here: a fraction, a large integer, a key that is not ASCII, a lone
            surrogate.
    """
    _check(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def _check(value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise ValueError(f"key {key!r}; wanted: ASCII text")
            _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    elif isinstance(value, int):  # also a boolean
        if abs(value) > _MOST:
            raise ValueError(f"{value}; wanted: an integer of at most 53 bits")
    elif value is not None and not isinstance(value, str):
        raise ValueError(f"{type(value).__name__}; wanted: object, array, string, integer, boolean or null")
