"""The site's signing keys (Ed25519, RFC 8032): a private one for its owner alone, public ones for everybody."""

import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fusion.evidence.folder import sync_folder
from fusion.types.errors import PeerFault, SiteError

_LARGEST = 65_536
_RAW, _PEM = serialization.Encoding.Raw, serialization.Encoding.PEM


class Key:
    """A public key by its 32 bytes."""

    def __init__(self, raw: bytes) -> None:
        """SiteError where it is none."""
        try:
            self._key = Ed25519PublicKey.from_public_bytes(raw)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise SiteError("public key: not of Ed25519; wanted: its 32 bytes") from error
        self.raw = raw

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the sha256 of its bytes."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def pem(self) -> bytes:
        """As others read it (SubjectPublicKeyInfo, RFC 8410)."""
        return self._key.public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether its private half signed these bytes."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def read_public(data: bytes, name: str) -> Key:
    """The public key of a PEM file; SiteError where it is none."""
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SiteError(f"{name}: not a public key; wanted: a PEM file of an Ed25519 public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SiteError(f"{name}: a key of another kind; wanted: a PEM file of an Ed25519 public key")
    return Key(key.public_bytes(_RAW, serialization.PublicFormat.Raw))


class Signer:
    """A private key, which never leaves this object."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = Key(private.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw))

    def sign(self, data: bytes) -> bytes:
        """64 bytes; the same each time for the same data (RFC 8032 5.1.6)."""
        return self._private.sign(data)


class KeyFolder:
    """A folder of private keys, each in a file that only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> Signer:
        """A new key, on disk before it returns.

        Raises:
            PeerFault: the disk refuses.
        """
        private = Ed25519PrivateKey.generate()
        signer = Signer(private)
        data = private.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = self._path(signer.public.id)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self.folder)
        except OSError as error:
            raise PeerFault(f"{path}: {error.strerror}; wanted: a folder that can be written") from error
        return signer

    def signer(self, key_id: str) -> Signer:
        """The key of an id.

        Raises:
            SiteError: there is none, others than its owner may read it, or it is another key.
        """
        path = self._path(key_id)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise SiteError(f"{path}: {error.strerror}; wanted: the private key {key_id} of this site") from error
        with os.fdopen(handle, "rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            data = file.read(_LARGEST)
        try:
            private = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SiteError(f"{path}: no private key; wanted: the PEM file that fusion wrote") from error
        if not isinstance(private, Ed25519PrivateKey) or Signer(private).public.id != key_id:
            raise SiteError(f"{path}: another key; wanted: the Ed25519 key {key_id}")
        return Signer(private)

    def keep_only(self, key_id: str) -> None:
        """Remove every other private key, provided that this one is there. Raises OSError."""
        if self._path(key_id).is_file():
            for path in self.folder.glob("*.pem"):
                if path != self._path(key_id):
                    path.unlink(missing_ok=True)

    def _path(self, key_id: str) -> Path:
        return self.folder / f"{key_id}.pem"


def _check_owner(path: Path, found: os.stat_result) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISREG(found.st_mode):
        raise SiteError(f"{path}: no plain file; wanted: the PEM file that fusion wrote")
    if mode & 0o077:
        raise SiteError(f"{path}: mode {mode:04o}, others may read the private key; wanted: mode 0600 (chmod 600)")
    if found.st_uid not in {os.geteuid(), 0}:
        raise SiteError(f"{path}: belongs to user {found.st_uid}; wanted: the user who runs fusion")
