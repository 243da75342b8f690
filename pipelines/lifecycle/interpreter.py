"""The interpreter, where millions of small objects come and go."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Spare the search for cycles where there are none: it would walk every parsed object again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def quick_turns(seconds: float = 0.0005) -> Iterator[None]:
    """Let a thread that comes back from the database have its turn at once, beside one that never pauses."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
