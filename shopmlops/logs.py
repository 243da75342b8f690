"""What a log line looks like: nothing that a stranger sent can forge a line of its own, or leave an e-mail address."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from pipelines import tracing
from pipelines.shopify.reading.texts import clean

# All that ends a line somewhere, moves a terminal's cursor, or turns the direction of what follows.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# They tell of addresses with their queries, of headers and of rows: from DEBUG on, some from WARNING.
TELLTALES = ("boto3", "botocore", "django.db.backends", "s3transfer", "urllib3")


class OneLine(logging.Formatter):
    """Write a record as one line; a traceback follows in lines that begin with a bar."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return on_one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return behind_bars(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return behind_bars(super().formatStack(stack_info))


class Json(OneLine):
    """Write a record as one object, with what it belongs to; a traceback stands in it as a text."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "said": on_one_line(record.getMessage()),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps({**tracing.ids(), **told}, ensure_ascii=False)


def on_one_line(text: str) -> str:
    r"""Return a text without e-mail addresses, its control characters written out.

    >>> print(on_one_line("Not Found: /releases/1\nFORGED by ann@example.com"))
    Not Found: /releases/1\nFORGED by [e-mail removed]
    """
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], clean(text))


def behind_bars(text: str) -> str:
    """Mark every line of a traceback as part of one."""
    return "\n".join("  | " + on_one_line(line) for line in text.split("\n"))


def configuration(level: str, form: str = "line") -> dict[str, Any]:
    """Return what logging.config takes: every process of ours logs to stderr, line by line."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "shopmlops.logs.OneLine", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
            "json": {"()": "shopmlops.logs.Json"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "_granian": {"level": "INFO"},
            "_granian.asgi": {"level": "WARNING"},  # a line for every client that goes away early
            "django.server": {"level": "WARNING"},
            "cmdstanpy": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            "fpdf": {"level": "WARNING"},
            "prophet": {"level": "WARNING"},
            **{name: {"level": "ERROR"} for name in TELLTALES},
        },
    }
