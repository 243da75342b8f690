"""What time it is in the store: this machine's time, and what a lever has put forward since. It never goes back.

DEVSTORE_CLOCK_AHEAD tells by how many seconds the machine's own time counts as later, or earlier.
"""

import os
import time
from datetime import UTC, datetime, tzinfo

_start = float(os.environ.get("DEVSTORE_CLOCK_AHEAD", "0"))
_ahead = 0.0


def seconds() -> float:
    """Return the time."""
    return time.time() + _start + _ahead


def now() -> int:
    """Return the time in whole seconds, the resolution of the platform's own timestamps."""
    return int(seconds())


def moment(zone: tzinfo = UTC) -> datetime:
    """Return the time as a clock in some zone shows it."""
    return datetime.fromtimestamp(seconds(), zone)


def ahead() -> float:
    """Return by how many seconds a lever has put the clock forward."""
    return _ahead


def go_on(by: float) -> None:
    """Be as far ahead as an earlier process of the same store was."""
    global _ahead
    _ahead = max(_ahead, by)


def turn(to: float) -> None:
    """Put the clock forward to a time; raises ValueError for one that is over."""
    global _ahead
    if to < seconds():
        raise ValueError("The clock goes forward only.")
    _ahead = to - time.time() - _start
