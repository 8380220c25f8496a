"""Logs by structlog: text on a terminal, one JSON object a line elsewhere; secrets are cut out of every value."""

import logging
import re
import sys
from typing import Any

import structlog

_LOGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@]*@", re.IGNORECASE)
_NAMED = re.compile(r"(?P<name>(?:password|passwd|token|secret)\s*[=:]\s*)[^\s&,;'\"]+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Cut logins out of URLs and the values of password-like words out of any text."""
    return _NAMED.sub(r"\g<name>***", _LOGIN.sub(r"\g<scheme>***@", text))


def _redact(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: without_secrets(value) if isinstance(value, str) else value for key, value in event.items()}


def set_up(form: str = "auto", *, debug: bool = False) -> None:
    """Configure structlog and the standard library's logging, both to standard error."""
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if text else "iso", utc=not text),
        structlog.processors.format_exc_info,
        _redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if text else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    level = logging.DEBUG if debug else logging.INFO
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.WARNING)
