"""The line of keys of a chain: the first one, and each that a key before has named; and whom a reader trusts in it."""

from fusion.evidence.keys import Key
from fusion.evidence.seals import NOTHING, KeyMade, Link, Seal, proof_of
from fusion.types.errors import SiteError


class KeyLine:
    """Built from the seals that name keys, oldest first."""

    def __init__(self) -> None:
        self.keys: list[tuple[Link, Key]] = []

    def take(self, seal: Seal) -> str | None:
        """One more seal that names a key; what is wrong with it ("wrong_signature", say), or None.

        A key belongs to the line when the key before signed for it and it signed itself: so nobody can put a key of
        others into a chain of the own, and a key vouches for all that came before it.
        """
        what = seal.entry.what
        if not isinstance(what, KeyMade):
            raise TypeError(f"seal {seal.entry.seq} names no key")
        try:
            new = Key(bytes.fromhex(what.public))
        except SiteError:
            return "wrong_signature"
        if not self.keys:
            first = seal.entry.seq == 1 and seal.entry.previous == NOTHING and seal.entry.keys is None
            signer = new if first else None
        else:
            link, last = self.keys[-1]
            signer = last if seal.entry.keys == link else None
        if signer is None or signer.id != seal.entry.key:
            return "unknown_key"
        if not (seal.signed_by(signer) and new.signed(bytes.fromhex(what.proof), proof_of(seal.entry))):
            return "wrong_signature"
        self.keys.append((seal.link, new))
        return None

    def check(self, seal: Seal) -> str | None:
        """What is wrong with the signature of a seal that names no key; None: it holds."""
        key = self.named_by(seal.entry.keys)
        if key is None or key.id != seal.entry.key:
            return "unknown_key"
        return None if seal.signed_by(key) else "wrong_signature"

    def named_by(self, link: Link | None) -> Key | None:
        """The key that a seal has named."""
        return next((key for named, key in self.keys if named == link), None)

    def knows(self, key: Key) -> bool:
        """Whether a key is one of the line: then it vouches for the line."""
        return any(known.raw == key.raw for _, known in self.keys)
