"""Workers that write down what they do, for as long as a night takes, and what the night took in all."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from django.conf import settings
from django.db import connection
from django_rq import get_queue
from rq.registry import StartedJobRegistry

from benchmarks.rig.fleet import night
from pipelines.jobs.queue import failed, waiting
from pipelines.models import Shop
from pipelines.ops.demo_settings import ROOT, demo_secrets
from pipelines.ops.embedded import Services
from pipelines.ops.errors import ServiceError
from pipelines.ops.processes import Child, spawn

DAY = 86_400  # seconds
LOOKS = 3  # without anything to do: a job that is handed out is on no list for a moment
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Night:
    """What was done, job by job, and what it took: seconds of a core in jobs and in PostgreSQL, and by the clock."""

    jobs: pd.DataFrame  # job | queue | shop | waited | seconds | cpu | megabytes
    database: float
    seconds: float
    failed: int

    @property
    def cpu(self) -> float:
        return float(self.jobs["cpu"].sum()) + self.database

    def waits(self, shops: Iterable[Shop]) -> pd.Series:
        """Give how long each job of some shops waited for a worker."""
        return self.jobs.loc[self.jobs["shop"].isin([shop.pk for shop in shops]), "waited"]


class Crew:
    """So many trainers, and one worker for the rest."""

    def __init__(self, services: Services, trainers: int) -> None:
        self.queues = [("events", "default"), *[("training",)] * trainers]
        self.file = Path(settings.STATE_DIR) / "jobs.jsonl"
        self.log = self.file.with_name("workers.log")
        self.env = os.environ | services.environment() | demo_secrets(Path(settings.STATE_DIR))
        self.env["SHOPMLOPS_STATE"] = str(settings.STATE_DIR)

    def work(self, shops: Iterable[Shop], days: int = 0) -> Night:
        """Take shops through a night, so many days from now."""

        def ask() -> None:
            for shop in shops:
                night.pull.enqueue(shop.pk)

        return self.do(ask, days)

    def watch(self) -> Night:
        """Look how everything does."""
        return self.do(night.watch.enqueue)

    def do(self, ask: Callable[[], None], days: int = 0) -> Night:
        """Ask for work, and wait until nothing of it is left."""
        self.file.write_text("")
        lost, database, began = sum(failed().values()), database_seconds(), time.monotonic()
        with self.at_work(self.env | {"SHOPMLOPS_DEMO": "1", "CLOCK_AHEAD": str(days * DAY)}) as workers:
            ask()
            idle = 0
            while idle < LOOKS:
                idle = 0 if is_busy() else idle + 1
                if dead := next((worker for worker in workers if not worker.is_running), None):
                    raise ServiceError(f"A worker ended. {dead.last_words()}")
                time.sleep(0.5)
            seconds = time.monotonic() - began
        jobs = pd.DataFrame([json.loads(line) for line in self.file.read_text().splitlines()])
        jobs["shop"] = owners(jobs)
        return Night(jobs, database_seconds() - database, seconds, sum(failed().values()) - lost)

    @contextmanager
    def at_work(self, env: dict[str, str]) -> Iterator[list[Child]]:
        """Keep the workers running; they end with this process, however it ends."""
        command = [sys.executable, "-m", "benchmarks.rig.fleet.worker", str(self.file)]
        with ExitStack() as stack:
            workers = []
            for queues in self.queues:
                words = [*command, *queues]
                worker = spawn("worker", words, log=self.log, cwd=ROOT, env=env, death_signal=signal.SIGKILL)
                stack.callback(worker.stop)
                workers.append(worker)
            yield workers


def is_busy() -> bool:
    """Tell whether anything waits or runs."""
    if any(count for count, _ in waiting().values()):
        return True
    return any(StartedJobRegistry(queue=get_queue(name)).count for name in settings.QUEUES)


def owners(jobs: pd.DataFrame) -> pd.Series:
    """Say whose each job was: it names its shop first, if it has one."""
    return jobs["args"].map(lambda args: args[0] if args else 0)


def database_seconds() -> float:
    """Return the seconds of a core that this PostgreSQL has used in all, by every process of it, ended ones too."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        (folder,) = cursor.fetchone()
    pid = (Path(folder) / "postmaster.pid").read_text().split()[0]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (sum(map(own, children)) + own(pid) + own(pid, ended=True)) / TICKS


def own(pid: str, *, ended: bool = False) -> int:
    """Return the ticks that a process has used, or those of its children that have ended."""
    try:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0  # it ended meanwhile: its parent counts it
    return int(times[13 if ended else 11]) + int(times[14 if ended else 12])
