"""What time it is in the store: this machine's time, and what a lever has put forward since. It never goes back.

DEVSTORE_CLOCK_AHEAD tells by how many seconds the machine's own time counts as later, or earlier. Where
DEVSTORE_CLOCK_FILE names a file, each turn is written there: whoever shares the store's time reads it.
"""

import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path

_start = float(os.environ.get("DEVSTORE_CLOCK_AHEAD", "0"))
_ahead = 0.0
_here = threading.local()


def seconds() -> float:
    """Return the time."""
    stands_at: float | None = getattr(_here, "stands_at", None)
    return time.time() + _start + _ahead if stands_at is None else stands_at


def now() -> int:
    """Return the time in whole seconds, the resolution of the platform's own timestamps."""
    return int(seconds())


def moment(zone: tzinfo = UTC) -> datetime:
    """Return the time as a clock in some zone shows it."""
    return datetime.fromtimestamp(seconds(), zone)


@contextmanager
def standing(at: float) -> Iterator[None]:
    """Let it be a certain moment in this thread: what happened then is written down only now."""
    _here.stands_at = at
    try:
        yield
    finally:
        _here.stands_at = None


def ahead() -> float:
    """Return by how many seconds the store is ahead of this machine."""
    return _start + _ahead


def go_on(by: float) -> None:
    """Be as far ahead as an earlier process of the same store was."""
    global _ahead
    _ahead = max(_ahead, by - _start)


def turn(to: float) -> None:
    """Put the clock forward to a time, by whole seconds; raises ValueError for one that is over."""
    global _ahead
    if to < seconds():
        raise ValueError("The clock goes forward only.")
    _ahead = math.ceil(to - time.time() - _start)
    if path := os.environ.get("DEVSTORE_CLOCK_FILE"):
        tell(Path(path))


def tell(path: Path) -> None:
    """Write how far ahead the store is, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(str(math.ceil(ahead())))
    fresh.replace(path)
