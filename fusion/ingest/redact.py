"""Addresses without their secrets: the only form in which an address may reach a message, a log or a page."""

import re

# Greedy up to the last "@": passwords of cameras do hold "@", "/" and "?" unescaped. Hiding too much is the safe side.
_LOGIN = re.compile(r"(?P<scheme>(?:[a-z][a-z0-9+.-]*://)?)[^\s'\"]*@", re.IGNORECASE)
_NAMES = "password|passwd|passwort|pass|pwd|psw|token|secret|auth|key|user|username|usr|login"
_QUERY = re.compile(rf"(?P<name>[?&;](?:[\w-]*(?:{_NAMES}))=)[^&;#\s'\"]*", re.IGNORECASE)


def redacted(text: str) -> str:
    """The address (or a text that holds addresses) with user, password and secret query values as "***"."""
    return _QUERY.sub(r"\g<name>***", _LOGIN.sub(r"\g<scheme>***@", text))
