"""Jobs that a worker process can import."""

import os
import time
from pathlib import Path

from pipelines.jobs.queue import job


@job(timeout=60)
def add_line(path: str, line: str) -> None:
    """Append a line to a file."""
    with Path(path).open("a") as file:
        file.write(f"{line}\n")


@job(timeout=60)
def hang_once(path: str) -> None:
    """Note this process and hang; on a second run, finish."""
    first = not Path(path).exists()
    add_line(path, str(os.getpid()) if first else "finished")
    time.sleep(60 if first else 0)


@job(timeout=60)
def fail(path: str) -> None:
    """Note the attempt and fail."""
    add_line(path, "tried")
    raise ValueError("always")
