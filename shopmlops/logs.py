"""What a log line looks like: nothing that a stranger sent can forge a line of its own, or leave an e-mail address."""

from __future__ import annotations

import logging
import re
from typing import Any

from pipelines.shopify.reading.texts import clean

# All that ends a line somewhere, moves a terminal's cursor, or turns the direction of what follows.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class OneLine(logging.Formatter):
    """Write a record as one line; a traceback follows in lines that begin with a bar."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return on_one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return behind_bars(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return behind_bars(super().formatStack(stack_info))


def on_one_line(text: str) -> str:
    r"""Return a text without e-mail addresses, its control characters written out.

    >>> print(on_one_line("Not Found: /releases/1\nFORGED by ann@example.com"))
    Not Found: /releases/1\nFORGED by [e-mail removed]
    """
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], clean(text))


def behind_bars(text: str) -> str:
    """Mark every line of a traceback as part of one."""
    return "\n".join("  | " + on_one_line(line) for line in text.split("\n"))


def configuration(level: str) -> dict[str, Any]:
    """Return what logging.config takes: every process of ours logs to stderr, line by line."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "shopmlops.logs.OneLine", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "_granian": {"level": "INFO"},
            "_granian.asgi": {"level": "WARNING"},  # a line for every client that goes away early
            "django.server": {"level": "WARNING"},
            "cmdstanpy": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            "fpdf": {"level": "WARNING"},
            "prophet": {"level": "WARNING"},
        },
    }
