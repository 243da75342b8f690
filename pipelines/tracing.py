"""What a line of the log belongs to: a request, the job that it led to, the job after that, and what each is about.

Standard library only: the doors and the queue say it, the log writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from random import getrandbits
from types import MappingProxyType

GIVEN = re.compile(rb"[A-Za-z0-9-]{8,64}")
NOTHING: Mapping[str, str] = MappingProxyType({})
_known: ContextVar[Mapping[str, str]] = ContextVar("known", default=NOTHING)


def ids() -> dict[str, str]:
    """Return what is known of what runs now."""
    return dict(_known.get())


class known:
    """Let every line until the end belong to these, too."""

    __slots__ = ("names", "token")

    def __init__(self, **names: object) -> None:
        self.names = names

    def __enter__(self) -> None:
        told = {name: str(value) for name, value in self.names.items()}
        self.token = _known.set({**_known.get(), **told})

    def __exit__(self, *_: object) -> None:
        _known.reset(self.token)


def request_id(given: bytes) -> str:
    """Return the id that a proxy gave a request, or a new one."""
    return given.decode() if GIVEN.fullmatch(given) else f"{getrandbits(64):016x}"
