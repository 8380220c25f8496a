"""Logins as cameras ask for them: Digest (RFC 7616, RFC 2617; SHA-256 before MD5), else Basic (RFC 7617). Pure."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import md5, sha256
from typing import Literal

from fusion.ingest.rtsp.address import Login
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind, status_fault

# A scheme's name or a parameter; possessive, so that no text makes it slow.
_TOKEN = re.compile(
    r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]++)"
    r'(?:[ \t]*+=[ \t]*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<bare>[^\s,"]*+)))?+'
)
_ESCAPED = re.compile(r"\\(.)")
_ALGORITHMS = ("MD5", "MD5-SESS", "SHA-256", "SHA-256-SESS")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a server offers."""

    scheme: Literal["basic", "digest"]
    realm: str = ""
    nonce: str = field(default="", repr=False)
    opaque: str | None = field(default=None, repr=False)
    algorithm: str = "MD5"  #: one of `_ALGORITHMS`
    algorithm_named: bool = False  #: whether the server named it: only then it is repeated
    qop: Literal["", "auth", "auth-int"] = ""  #: "": none, as RFC 2069 had it
    stale: bool = False  #: login was right, nonce was old

    @property
    def strength(self) -> int:
        """The larger, the better."""
        return 0 if self.scheme == "basic" else 2 if self.algorithm.startswith("SHA") else 1


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Every known challenge in WWW-Authenticate headers; each header may hold several."""
    return tuple(
        challenge
        for header in headers
        for scheme, parameters in _schemes(header)
        if (challenge := _challenge(scheme, parameters)) is not None
    )


def digest_answer(challenge: Challenge, login: Login, method: str, url: str, cnonce: str, count: int) -> str:
    """The Authorization header for a Digest challenge (RFC 7616 3.4.1); `count`: uses of this nonce, from 1.

    The request has no body, which is what auth-int covers.
    """
    hashed = _hash_of(challenge.algorithm)
    secret = hashed(f"{login.user}:{challenge.realm}:{login.password}")
    session = challenge.algorithm.endswith("-SESS")
    if session:
        secret = hashed(f"{secret}:{challenge.nonce}:{cnonce}")
    deed = f"{method}:{url}:{hashed('')}" if challenge.qop == "auth-int" else f"{method}:{url}"
    between = f"{challenge.nonce}:{count:08x}:{cnonce}:{challenge.qop}" if challenge.qop else challenge.nonce
    parts = [
        f"username={_quoted(login.user)}",
        f"realm={_quoted(challenge.realm)}",
        f"nonce={_quoted(challenge.nonce)}",
        f"uri={_quoted(url)}",
        f'response="{hashed(f"{secret}:{between}:{hashed(deed)}")}"',
    ]
    if challenge.algorithm_named:
        parts.append(f"algorithm={challenge.algorithm.replace('SESS', 'sess')}")
    if challenge.opaque is not None:
        parts.append(f"opaque={_quoted(challenge.opaque)}")
    if challenge.qop:
        parts.append(f"qop={challenge.qop}, nc={count:08x}")
    if challenge.qop or session:
        parts.append(f"cnonce={_quoted(cnonce)}")
    return f"Digest {', '.join(parts)}"


def basic_answer(login: Login) -> str:
    """The Authorization header for Basic."""
    return f"Basic {b64encode(_encoded(f'{login.user}:{login.password}')).decode()}"


class Authenticator:
    """One connection's login: which challenge holds, and whether one more try is due."""

    def __init__(self, login: Login | None, cnonce: Callable[[], str]) -> None:
        self._login = login
        self._new_cnonce = cnonce
        self._challenge: Challenge | None = None
        self._cnonce = ""  #: of the present challenge; one for all its requests, as -sess wants it
        self._count = 0  #: requests that used the present nonce
        self._proven = False  #: a request with the present challenge succeeded
        self._tried_stale = False  #: the present request was tried again for an old nonce

    def header(self, method: str, url: str) -> str | None:
        """The Authorization header for the next request; None before any challenge."""
        if self._challenge is None or self._login is None:
            return None
        if self._challenge.scheme == "basic":
            return basic_answer(self._login)
        self._count += 1
        return digest_answer(self._challenge, self._login, method, url, self._cnonce, self._count)

    def accepted(self) -> None:
        """A request that needs a login succeeded."""
        self._proven, self._tried_stale = self._challenge is not None, False

    def challenged(self, headers: Iterable[str], *, answered: bool) -> None:
        """A 401 came with these WWW-Authenticate headers; `answered`: to a request that carried a login.

        Returns where the same request is worth another try with `header`.

        Raises:
            RtspFault: REFUSED, or UNSUPPORTED where no offered scheme is known.
        """
        if self._login is None:
            raise RtspFault(RtspFaultKind.REFUSED, "the camera wants user and password, and its address has none (401)")
        best = max(parse_challenges(headers), key=lambda challenge: challenge.strength, default=None)
        if answered and not self._worth_another(best):
            raise status_fault(401, "")
        if best is None:
            raise RtspFault(
                RtspFaultKind.UNSUPPORTED,
                "the camera asks for a login of a kind that is not known here (401); "
                "wanted: Digest with MD5 or SHA-256, or Basic",
            )
        self._challenge, self._cnonce, self._count, self._proven = best, self._new_cnonce(), 0, False

    def _worth_another(self, best: Challenge | None) -> bool:
        """Whether only the nonce was old: said by the server, or seen by a nonce that had worked before."""
        if best is None or self._challenge is None or best.nonce == self._challenge.nonce:
            return False
        if best.stale and not self._tried_stale:
            self._tried_stale = True
            return True
        return self._proven


def _schemes(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(lower-case scheme, its parameters by lower-case name) in their order."""
    scheme, parameters = "", dict[str, str]()
    for found in _TOKEN.finditer(header):
        if found["quoted"] is None and found["bare"] is None:
            if scheme:
                yield scheme, parameters
            scheme, parameters = found["name"].lower(), {}
        else:
            text = found["bare"] if found["quoted"] is None else _ESCAPED.sub(r"\1", found["quoted"])
            parameters.setdefault(found["name"].lower(), text)
    if scheme:
        yield scheme, parameters


def _challenge(scheme: str, given: dict[str, str]) -> Challenge | None:
    if scheme == "basic":
        return Challenge("basic", given.get("realm", ""))
    algorithm = given.get("algorithm", "MD5").upper()
    if scheme != "digest" or "nonce" not in given or algorithm not in _ALGORITHMS:
        return None
    offered = {word.strip().lower() for word in given.get("qop", "").split(",")} - {""}
    if offered and not offered & {"auth", "auth-int"}:
        return None
    return Challenge(
        scheme="digest",
        realm=given.get("realm", ""),
        nonce=given["nonce"],
        opaque=given.get("opaque"),
        algorithm=algorithm,
        algorithm_named="algorithm" in given,
        qop="auth" if "auth" in offered else "auth-int" if offered else "",
        stale=given.get("stale", "").lower() == "true",
    )


def _hash_of(algorithm: str) -> Callable[[str], str]:
    """Text to its hash in lower-case hex; bytes that were no UTF-8 are hashed as they came."""
    if algorithm.startswith("SHA-256"):
        return lambda text: sha256(_encoded(text)).hexdigest()
    return lambda text: md5(_encoded(text), usedforsecurity=False).hexdigest()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
