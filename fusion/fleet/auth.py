"""Logins by Basic and Digest, as cameras ask for them (RFC 7617; RFC 7616 and 2617; RFC 2326 14). Pure."""

import binascii
import hashlib
import re
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Literal

REALM = "fusion fleet"
Scheme = Literal["basic", "digest", "digest-sha256"]
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')
_ALGORITHMS: Mapping[Scheme, str] = {"digest": "MD5", "digest-sha256": "SHA-256"}
_COUNT = re.compile(r"[0-9a-fA-F]{8}")


@dataclass(frozen=True, slots=True)
class Login:
    """Who may see a stream, and how it asks: "digest" is MD5."""

    scheme: Scheme
    user: str
    password: str = field(repr=False)


class Gate:
    """One connection's logins: its nonce, how old that is, and which counts were used with it."""

    def __init__(self, lifetime_s: float | None, now_s: float) -> None:
        #: Whether the last login that was not admitted was right but for its nonce.
        self.stale = False
        self._lifetime_s = lifetime_s
        self._nonce, self._born_s, self._count = secrets.token_hex(16), now_s, 0

    def challenge(self, login: Login, now_s: float) -> str:
        """The WWW-Authenticate header."""
        if login.scheme == "basic":
            return f'Basic realm="{REALM}"'
        if self._expired(now_s):
            self._nonce, self._born_s, self._count = secrets.token_hex(16), now_s, 0
        stale = ", stale=true" if self.stale else ""
        return (
            f'Digest realm="{REALM}", nonce="{self._nonce}", algorithm={_ALGORITHMS[login.scheme]}, qop="auth"{stale}'
        )

    def admits(
        self, login: Login, authorization: str, method: str, is_here: Callable[[str], bool], now_s: float
    ) -> bool:
        """Whether an Authorization header is right. `is_here` says whether a URI is the asked stream's.

        Clients put the track's or the stream's own URI into a digest; another stream's is a replay. So is a count
        that is not above the last one. MD5 without qop (RFC 2617 3.2.2.1) is taken from old clients.
        """
        self.stale = False
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() != login.scheme.partition("-")[0]:
            return False
        if login.scheme == "basic":
            return _basic(login, rest.strip())
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        count = _count(login, given)
        if count is None or not _right(login, given, method) or not is_here(given.get("uri", "")):
            return False
        if self._expired(now_s) or not _same(given["nonce"], self._nonce):
            self.stale = True
            return False
        if 0 < count <= self._count:
            return False
        self._count = max(count, self._count)
        return True

    def _expired(self, now_s: float) -> bool:
        return self._lifetime_s is not None and now_s - self._born_s > self._lifetime_s


def digest(login: Login, method: str, uri: str, nonce: str, counted: str = "") -> str:
    """The response of RFC 7616 3.4.1 in lower-case hex; `counted` is "nc:cnonce:qop", or empty without qop."""
    secret = _hash(login, f"{login.user}:{REALM}:{login.password}")
    middle = f"{nonce}:{counted}" if counted else nonce
    return _hash(login, f"{secret}:{middle}:{_hash(login, f'{method}:{uri}')}")


def _count(login: Login, given: Mapping[str, str]) -> int | None:
    """The nonce count, 0 for a digest without qop; None where qop's parameters are not as they must be."""
    if "qop" not in given:
        return 0 if login.scheme == "digest" else None
    well = given["qop"] == "auth" and given.get("cnonce") and _COUNT.fullmatch(given.get("nc", ""))
    return int(given["nc"], 16) or None if well else None


def _right(login: Login, given: Mapping[str, str], method: str) -> bool:
    counted = f"{given['nc']}:{given['cnonce']}:{given['qop']}" if "qop" in given else ""
    expected = digest(login, method, given.get("uri", ""), given.get("nonce", ""), counted)
    algorithm = _ALGORITHMS[login.scheme]
    return all(
        (
            _same(given.get("username", ""), login.user),
            _same(given.get("realm", ""), REALM),
            _same(given.get("algorithm", algorithm).upper(), algorithm),
            _same(given.get("response", "").lower(), expected),
        )
    )


def _basic(login: Login, token: str) -> bool:
    try:
        given = b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return False
    return compare_digest(given, f"{login.user}:{login.password}".encode())


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


def _hash(login: Login, text: str) -> str:
    name = "sha256" if login.scheme == "digest-sha256" else "md5"
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
