"""A package: everything of one case that somebody needs who has nothing else, and the signed list of it."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from fusion.evidence.canonical import canonical
from fusion.evidence.keys import Key, Signer
from fusion.evidence.seals import Count, KeyId, Link, Sha256, Signature, read_exactly, signed_bytes

CONTENTS, PAGE, PUBLIC = "contents.json", "index.html", "public-key.pem"
FORMAT = "fusion-package/1"
_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a package."""

    path: _Text
    sha256: Sha256
    size: Count


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every file of a package but this list."""

    format: Literal["fusion-package/1"]
    case: _Text
    number: _Text
    last: Link  #: the newest seal of the case
    key: KeyId  #: that signs this list
    keys: Link  #: the seal that named the key
    files: tuple[Listed, ...]


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    contents: Contents
    signature: Signature


def list_of(files: Mapping[str, tuple[str, int]]) -> tuple[Listed, ...]:
    """Paths with sha256 and size, in order."""
    return tuple(Listed(path, *files[path]) for path in sorted(files))


def write_contents(contents: Contents, signer: Signer) -> bytes:
    """The list as a file."""
    signature = signer.sign(signed_bytes(contents)).hex()
    return canonical(msgspec.to_builtins(_Envelope(contents, signature)))


def read_contents(data: bytes) -> tuple[Contents, bytes]:
    """The list of a file and its signature, not yet checked; SiteError where it is none."""
    envelope: _Envelope = read_exactly(data, _Envelope, CONTENTS)
    return envelope.contents, bytes.fromhex(envelope.signature)


def signed_by(contents: Contents, signature: bytes, key: Key) -> bool:
    """Whether the key signed the list."""
    return key.signed(signature, signed_bytes(contents))
