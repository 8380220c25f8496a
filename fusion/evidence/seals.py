"""What one seal says, as a document that is read as strictly as it is written.

A seal is one file: the canonical bytes of {"entry": …, "signature": …}. The signature (128 hexadecimal digits) is that
of the canonical bytes of the entry. The next seal names the sha256 of the whole file.
"""

import hashlib
import re
from typing import Annotated, Any, Literal

import msgspec

from fusion.evidence.canonical import canonical
from fusion.evidence.keys import Key, Signer
from fusion.types.errors import SiteError

NOTHING = "0" * 64  #: what the first seal names as the one before
LARGEST = 4 * 1024 * 1024  #: bytes of a seal; one of a case of a thousand parts has a tenth of it
_SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}){0,7}")

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
KeyId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, msgspec.Meta(ge=1, le=999_999_999)]
Signature = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}$")]
_Text = Annotated[str, msgspec.Meta(max_length=4000)]
_Path = Annotated[str, msgspec.Meta(max_length=1000)]


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another seal, by place and hash of its file."""

    seq: Number
    sha256: Sha256


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file of a case."""

    path: _Path  #: relative to the evidence folder, POSIX
    sha256: Sha256
    size: Count  #: bytes
    kind: _Text  #: "plain", "annotated", "main", "annotated_main", "clip", "metadata", "record"
    media_type: _Text


class Lack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file that a case had, and that was no longer what it was when the seal was made."""

    path: _Path
    sha256: Sha256
    why: Literal["missing", "changed"]


class Gone(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file that was dropped."""

    path: _Path
    sha256: Sha256


class KeyMade(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="key"):
    """From the next seal on, this key signs. The first seal is one; each later one is signed by the key before."""

    public: Sha256  #: 32 bytes
    #: by the new key, of the entry with this field empty: it knows the chain, and nobody else's key can be named
    proof: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{128})?$")] = ""


class CaseSealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="case"):
    """A case as it stood, with every file of it: its manifest."""

    case: _Text
    number: _Text
    occasion: Literal["filed", "added", "closed", "asked"]
    version: Count  #: of the case
    lines: Count  #: of its history
    earlier: Link | None  #: the seal before that speaks of this case
    parts: tuple[Part, ...]
    lacking: tuple[Lack, ...] = ()


class PartsDropped(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="dropped"
):
    """Files of a case that were removed on purpose."""

    case: _Text
    number: _Text
    earlier: Link | None
    parts: tuple[Gone, ...]
    why_zh: _Text
    why_en: _Text


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="held"):
    """A legal hold begins or ends: while it lasts, nothing of the case is dropped."""

    case: _Text
    number: _Text
    earlier: Link | None
    holds: bool  #: False: it is released
    actor: _Text
    why: _Text


What = KeyMade | CaseSealed | PartsDropped | Held


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is signed."""

    format: Literal["fusion-seal/1"]
    seq: Number  #: from 1, without a gap; one chain a site
    previous: Sha256  #: of the seal before; zeros for the first
    at: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]  #: UTC, by the site's clock
    key: KeyId  #: that signs it
    keys: Link | None  #: the seal that named this key; None for the first
    what: What


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    entry: Entry
    signature: Signature


class Seal(msgspec.Struct, frozen=True):
    """A seal as read or made."""

    entry: Entry
    signature: bytes
    data: bytes  #: the whole file

    @property
    def sha256(self) -> str:
        """Of the whole file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def link(self) -> Link:
        """How others name it."""
        return Link(seq=self.entry.seq, sha256=self.sha256)

    def signed_by(self, key: Key) -> bool:
        """Whether the key signed it."""
        return key.signed(self.signature, signed_bytes(self.entry))


def signed_bytes(document: Any) -> bytes:
    """What is signed of an entry or of a package's list."""
    return canonical(msgspec.to_builtins(document))


def make_seal(entry: Entry, signer: Signer) -> Seal:
    """Sign an entry."""
    signature = signer.sign(signed_bytes(entry))
    data = canonical(msgspec.to_builtins(_Envelope(entry=entry, signature=signature.hex())))
    return Seal(entry, signature, data)


def read_seal(data: bytes, name: str) -> Seal:
    """A seal from its file; nothing is said yet of its signature.

    Raises:
        SiteError: it is not, byte for byte, what fusion would have written.
    """
    envelope = read_exactly(data, _Envelope, name)
    return Seal(envelope.entry, bytes.fromhex(envelope.signature), data)


def read_exactly(data: bytes, kind: type[Any], name: str) -> Any:
    """A canonical document of a kind; SiteError where it is another, or written otherwise."""
    wanted = "wanted: the file that fusion wrote"
    if len(data) > LARGEST:
        raise SiteError(f"{name}: {len(data)} bytes; {wanted}")
    try:
        document = msgspec.json.decode(data, type=kind)
        written = canonical(msgspec.to_builtins(document))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise SiteError(f"{name}: {' '.join(str(error).split())[:200]}; {wanted}") from error
    if written != data:
        raise SiteError(f"{name}: not in canonical form; {wanted}")
    return document


def proof_of(entry: Entry) -> bytes:
    """What a new key signs of the entry that names it."""
    return signed_bytes(msgspec.structs.replace(entry, what=msgspec.structs.replace(entry.what, proof="")))


def is_safe(path: str) -> bool:
    """Whether a path may name a file of a case: relative, of harmless letters, no part hidden or leading upwards."""
    return _SAFE.fullmatch(path) is not None
