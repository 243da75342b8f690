"""The demo's clock, which can be turned: each of its Python processes is so many seconds ahead of this machine.

What it tells is the date and the time of day. `time.monotonic()`, sleeps, time-outs, PostgreSQL and Redis stay on the
machine's own time, so no SQL of ours asks the database what time it is.
"""

from __future__ import annotations

import math
import time
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.ops.errors import ServiceError

AGREE = 0.001  # seconds by which two processes of a demo may differ


def moment(text: str) -> datetime:
    """Read a time as an option of a command gives it: ISO, UTC where it names no zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time like 2027-02-28T23:58 or 2027-11-26T17:00-05:00") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def ahead(state: Path, at: datetime | None) -> int:
    """Return by how many seconds this start is ahead: as asked, else as the last one was; it goes forward only."""
    path = state / "clock"
    known = int(path.read_text()) if path.exists() else 0 if (state / "devstore").exists() else None
    if at is None:
        return known or 0
    asked = math.ceil(at.timestamp() - time.time())
    if known is not None and asked < known:
        shows = datetime.now(UTC) + timedelta(seconds=known)
        raise ServiceError(
            f"The clock of {state} shows {shows:%Y-%m-%d %H:%M} UTC and goes forward only. "
            "Leave AT out to go on from there, or choose another folder with --state."
        )
    path.write_text(str(asked))
    return asked


def turn(seconds: int) -> None:
    """Put this process's clock ahead, and that of all it forks, for as long as they live."""
    import time_machine

    clock = time_machine.travel(time.time() + seconds, tick=True).start()
    real = time_machine.escape_hatch.time.time
    while abs(behind := real() + seconds - time.time()) > AGREE:  # a busy machine may have let us wait in between
        clock.shift(behind)
