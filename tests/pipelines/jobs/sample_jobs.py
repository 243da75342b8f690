"""Jobs that a worker process can import."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pipelines import fairness
from pipelines.jobs import queue
from pipelines.jobs.queue import job


@job(timeout=60)
def add_line(path: str, line: str) -> None:
    """Append a line to a file."""
    with Path(path).open("a") as file:
        file.write(f"{line}\n")


@job(timeout=60)
def leave_a_folder(path: str) -> None:
    """Note a folder that a library would make and leave to the end of the process."""
    add_line(path, tempfile.mkdtemp())


@job(timeout=60)
def note_what_is_loaded(path: str) -> None:
    """Note whether the fork that does this found pandas loaded."""
    add_line(path, str("pandas" in sys.modules))


@job(timeout=60)
def train(shop_id: int, path: str, until: str = "") -> None:
    """Note that a shop's training began, and end it once a file is there, if it waits for one."""
    add_line(path, str(shop_id))
    while until and not Path(until).exists():
        time.sleep(0.02)


@job(timeout=60)
def spoil_what_is_noted(shop_id: int, path: str) -> None:
    """Leave something where the seconds of shops are noted that nothing can be added to, and ask for one more job."""
    queue.connection().set(fairness.had_key(queue.django_rq.get_queue("default").key), "spoilt")
    add_line.send([path, "went on"], {})


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


@job(timeout=60, is_found_again=True)
def fail_for_the_clock(path: str) -> None:
    """Note the attempt and fail; a sweep would find it again."""
    add_line(path, "tried")
    raise ValueError("always")


@job(timeout=600, is_found_again=True)
def refresh_slowly(shop_id: int, path: str, slow_at: int) -> None:
    """Serve a shop on a machine that is too slow for the n-th answer: the time of the job is over while it works."""
    from pipelines.jobs import releases
    from pipelines.usecases.demand_forecast import serving

    honest, asked = serving.answer, []

    def answer(fitted: Any, frames: Any) -> Any:
        asked.append(fitted)
        if len(asked) != slow_at:
            return honest(fitted, frames)
        add_line(path, "slow")
        signal.alarm(1)  # the queue's own alarm, brought forward: how long the start took does not matter
        try:
            time.sleep(60)
        except Exception as error:
            raise ValueError("a library that takes everything for its own") from error
        return honest(fitted, frames)

    serving.answer = answer
    releases.refresh.function(shop_id, "demand_forecast")
