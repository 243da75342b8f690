"""A worker like any other that writes down what each job took.

python -m benchmarks.rig.fleet.worker FILE QUEUE…
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.db import connections
from rq.job import Job


def main(file: str, *queues: str) -> None:
    """Work until stopped."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
    django.setup()
    from pipelines.jobs import queue
    from pipelines.management.commands.work import NEEDED

    class Measured(queue.Worker):
        def perform_job(self, job: Job, *rest: Any) -> bool:
            began = datetime.now(UTC)
            done = super().perform_job(job, *rest)
            note(Path(file), job, began)
            return done

    for name in NEEDED:
        importlib.import_module(name)
    connections.close_all()  # each job is a fork and opens its own
    queue.worker(*queues, kind=Measured).work(logging_level="WARNING")


def note(file: Path, job: Job, began: datetime) -> None:
    """Append a line: what it was, whose, how long it waited, what it took."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    asked = job.enqueued_at or began
    said: dict[str, Any] = {
        "job": str(job.func_name).rpartition(".")[2],
        "queue": job.origin,
        "args": list(job.args),
        "waited": (began - asked.replace(tzinfo=UTC)).total_seconds(),
        "seconds": (datetime.now(UTC) - began).total_seconds(),
        "cpu": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }
    with file.open("a") as lines:
        lines.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
