"""Who is signed in: Argon2id passwords, a first password shown once, sessions that end, slow guessing."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fusion.command_room.backend import Backend, User
from fusion.command_room.words import Language
from fusion.types.errors import SiteError
from fusion.types.role import Role

FIRST_USER = "admin"
SHORTEST_PASSWORD = 10
SESSION_ENDS = timedelta(hours=12)  # one shift
_FREE_TRIES = 5
_LONGEST_WAIT_S = 60.0
_MOST_SESSIONS = 10_000
_LONGEST_PASSWORD = 1024  # Argon2 is meant to be slow; a megabyte to hash would be an attack

_NAME = re.compile(r"[\w.-]{1,64}")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe())  # verified for unknown names, so that both take equally long


@dataclass(slots=True)
class Session:
    """One signed-in browser."""

    user: str
    must_change: bool
    language: Language
    ends_at: datetime


@dataclass(slots=True)
class _Tries:
    failed: int = 0
    free_at: datetime = _LONG_AGO


@dataclass(slots=True)
class Sessions:
    """Sessions live in memory: a restart signs everybody out.

    Wrong guesses slow down one (name, address) pair, so that nobody can lock another person out.
    """

    backend: Backend
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _open: dict[str, Session] = field(default_factory=dict)
    _tries: dict[tuple[str, str], _Tries] = field(default_factory=dict)

    def first_password(self) -> str | None:
        """Make the first user if there is none; returns the password, which is not kept anywhere in clear."""
        if self.backend.users():
            return None
        password = secrets.token_urlsafe(9)
        self.backend.put_user(
            User(
                name=FIRST_USER,
                password_hash=_HASHER.hash(password),
                role="administrator",
                created_at=self.now(),
                must_change=True,
            )
        )
        return password

    def make_user(self, name: str, role: Role, scope: tuple[str, ...]) -> str:
        """Add a user, or replace one; the first password is given back once, and must be changed at the first sign-in.

        Raises:
            SiteError: the name is none, or would take the last administrator away.
        """
        if not _NAME.fullmatch(name):
            raise SiteError(f"user {name[:64]!r}; wanted: 1 to 64 letters, digits, '.', '-' or '_'")
        others = [user for user in self.backend.users() if user.name != name]
        if role is not Role.ADMINISTRATOR and not any(user.role == Role.ADMINISTRATOR for user in others):
            raise SiteError(f"user {name}: is the last administrator; wanted: another one first")
        password = secrets.token_urlsafe(9)
        hashed = _HASHER.hash(password)
        self.backend.put_user(
            User(name=name, password_hash=hashed, role=role, created_at=self.now(), must_change=True, scope=scope)
        )
        self._open = {token: session for token, session in self._open.items() if session.user != name}
        return password

    def wait_s(self, name: str, address: str) -> float:
        """How long this pair must wait before the next guess, 0 when it may try."""
        tries = self._tries.get((name, address))
        return max(0.0, (tries.free_at - self.now()).total_seconds()) if tries else 0.0

    def sign_in(self, name: str, password: str, address: str, language: Language) -> str | None:
        """A session token, or None when the name or the password is wrong."""
        user = self.backend.user(name)
        if not _matches(user.password_hash if user else _NOBODY, password) or user is None:
            self._failed(name, address)
            return None
        self._tries.pop((name, address), None)
        return self._begin(user, language)

    def session(self, token: str | None) -> Session | None:
        """The session of a token if it has not ended."""
        session = self._open.get(token or "")
        if session and session.ends_at <= self.now():
            self._open.pop(token or "", None)
            return None
        return session

    def change_password(self, token: str, password: str) -> None:
        """Set the signed-in user's password and end all other sessions of that user."""
        session = self._open[token]
        if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            raise SiteError(f"password: wanted {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters")
        user = self.backend.user(session.user)
        if user is None:
            raise SiteError(f"user {session.user}: no longer there")
        self.backend.put_user(replace(user, password_hash=_HASHER.hash(password), must_change=False))
        self._open = {t: s for t, s in self._open.items() if s.user != user.name or t == token}
        session.must_change = False

    def sign_out(self, token: str | None) -> None:
        """End one session."""
        self._open.pop(token or "", None)

    def _begin(self, user: User, language: Language) -> str:
        now = self.now()
        self._open = {t: s for t, s in self._open.items() if s.ends_at > now}
        while len(self._open) >= _MOST_SESSIONS:
            self._open.pop(next(iter(self._open)))
        token = secrets.token_urlsafe(32)
        self._open[token] = Session(user.name, user.must_change, language, now + SESSION_ENDS)
        return token

    def _failed(self, name: str, address: str) -> None:
        if len(self._tries) >= _MOST_SESSIONS:
            self._tries.pop(next(iter(self._tries)))
        tries = self._tries.setdefault((name[:64], address), _Tries())
        tries.failed += 1
        if tries.failed >= _FREE_TRIES:
            wait_s = min(_LONGEST_WAIT_S, 2.0 ** (tries.failed - _FREE_TRIES))
            tries.free_at = self.now() + timedelta(seconds=wait_s)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return len(password) <= _LONGEST_PASSWORD and _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
