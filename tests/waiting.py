"""Waiting for other processes: until the work is done, with a limit that only ends a test that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
SECONDS = 120.0  # far more than any of it needs: how quick the machine is says nothing about the code


def until(found: Callable[[], T], what: str = "it", seconds: float = SECONDS) -> T:
    """Return the first thing that is true; raises AssertionError where none comes."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.02)
    return answer
