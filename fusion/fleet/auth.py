"""Logins by Basic and Digest MD5 without qop, as cameras ask for them (RFC 2617, RFC 2326 14). Pure."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from hmac import compare_digest
from typing import Literal

REALM = "fusion fleet"
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Login:
    """Who may see a stream."""

    scheme: Literal["basic", "digest"]
    user: str
    password: str = field(repr=False)


def challenge(login: Login, nonce: str) -> str:
    """The WWW-Authenticate header."""
    if login.scheme == "basic":
        return f'Basic realm="{REALM}"'
    return f'Digest realm="{REALM}", nonce="{nonce}", algorithm="MD5"'


def admits(login: Login, authorization: str, method: str, nonce: str, is_here: Callable[[str], bool]) -> bool:
    """Whether an Authorization header is right. `is_here` says whether a URI is the asked stream's.

    Clients put the track's or the stream's own URI into a digest; another stream's is a replay.
    """
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != login.scheme:
        return False
    if login.scheme == "basic":
        return _basic(login, rest.strip())
    given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    uri = given.get("uri", "")
    expected = digest(login, method, uri, nonce)
    right = (
        _same(given.get("username", ""), login.user),
        _same(given.get("realm", ""), REALM),
        _same(given.get("nonce", ""), nonce),
        _same(given.get("response", "").lower(), expected),
    )
    return all(right) and is_here(uri)


def digest(login: Login, method: str, uri: str, nonce: str) -> str:
    """The response of RFC 2617 3.2.2.1 without qop, in lower-case hex."""
    secret = _md5(f"{login.user}:{REALM}:{login.password}")
    return _md5(f"{secret}:{nonce}:{_md5(f'{method}:{uri}')}")


def _basic(login: Login, token: str) -> bool:
    try:
        given = b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return False
    return compare_digest(given, f"{login.user}:{login.password}".encode())


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
