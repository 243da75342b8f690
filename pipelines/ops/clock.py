"""The demo's clock, which can be turned: each of its Python processes is so many seconds ahead of this machine.

What it tells is the date and the time of day. `time.monotonic()`, sleeps, time-outs, PostgreSQL and Redis stay on the
machine's own time, so no SQL of ours asks the database what time it is.

While the demo runs, the development store's lever turns it: the store writes how far ahead it is into a file of the
state folder, and all processes follow that.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
import threading
import time
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pipelines.ops.errors import ServiceError

AGREE = 0.001  # seconds by which two processes of a demo may differ
LOOKS_EVERY = 0.1  # seconds
FILE = "clock"


def moment(text: str) -> datetime:
    """Read a time as an option of a command gives it: ISO, UTC where it names no zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time like 2027-02-28T23:58 or 2027-11-26T17:00-05:00") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def ahead(state: Path, at: datetime | None) -> int:
    """Return by how many seconds this start is ahead: as asked, else as the last one was; it goes forward only."""
    path = state / FILE
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


def turn(seconds: int) -> Any:
    """Put this process's clock ahead, and that of all it forks, for as long as they live; return what shifts it."""
    time_machine = without_pytest("time_machine")
    clock = time_machine.travel(time.time() + seconds, tick=True).start()
    real = time_machine.escape_hatch.time.time
    while abs(behind := real() + seconds - time.time()) > AGREE:  # a busy machine may have let us wait in between
        clock.shift(behind)
    return clock


def without_pytest(name: str) -> ModuleType:
    """Import a library that would load pytest, where it is installed, into each process: 6 MB that nobody uses."""
    is_hidden = sys.modules.setdefault("pytest", cast(Any, None)) is None
    try:
        return importlib.import_module(name)
    finally:
        if is_hidden:
            del sys.modules["pytest"]


def follow(path: Path, seconds: int) -> None:
    """Put this process's clock ahead, and keep it where a file says, also in all that it forks."""
    Follower(path, turn(seconds), seconds).begin()


class Follower:
    """Shifts a process's clock to what a file says; where it says nothing, the clock stays."""

    def __init__(self, path: Path, clock: Any, shows: int) -> None:
        self.path, self.clock, self.shows = path, clock, shows

    def begin(self) -> None:
        """Look from a thread of its own; a fork has none until it starts one."""
        os.register_at_fork(after_in_child=self.start)
        self.start()

    def start(self) -> None:
        threading.Thread(target=self.run, name="demo clock", daemon=True).start()

    def run(self) -> None:
        while True:
            self.look()
            time.sleep(LOOKS_EVERY)

    def look(self) -> None:
        """Go where the file says; it is written whole or not at all, and by people too."""
        try:
            wanted = int(self.path.read_text())
        except (OSError, ValueError):
            return
        if wanted > self.shows:  # forward only
            self.clock.shift(wanted - self.shows)
            self.shows = wanted
