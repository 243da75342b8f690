"""Redis is away for a moment: workers wait for it, and what they work on goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from redis import Redis
from rq.job import Job

from pipelines.jobs import queue
from pipelines.ops import layout, redis_server
from tests import times
from tests.pipelines.jobs import sample_jobs
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[3]
WORK = f"""
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "shopmlops.settings"
{times.SET_UP}from django.core.management import call_command
call_command("work", "events")
"""


def nowhere(settings: Any, tmp_path: Path) -> None:
    settings.RQ_QUEUES = {"events": {"URL": f"unix://{tmp_path}/none.sock", "DEFAULT_TIMEOUT": 1}}


@pytest.mark.django_db
def test_a_worker_that_comes_before_its_queue_waits_and_works(settings: Any, tmp_path: Path) -> None:
    places, log, out = layout.prepare(tmp_path / "state"), tmp_path / "log", tmp_path / "out"
    address = redis_server.url(places)
    env = os.environ | {"REDIS_URL": address}
    with ExitStack() as stack, log.open("w") as said:
        worker = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=env, stdout=said, stderr=said)
        stack.callback(end, worker)
        until(lambda: "waits for the queue" in log.read_text())
        stack.callback(redis_server.start(places).stop)
        settings.RQ_QUEUES = {"events": settings.RQ_QUEUES["events"] | {"URL": address}}
        noted = queue.Job(sample_jobs.add_line.function, "events", timeout=60, retries=1, is_found_again=False)
        noted.send([str(out), "one"], {})
        until(lambda: out.exists() and out.read_text() == "one\n")


def end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def test_a_worker_that_is_to_end_with_its_queue_says_that_it_is_away(settings: Any, tmp_path: Path) -> None:
    nowhere(settings, tmp_path)
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("work", "events", "--burst")


def test_a_job_goes_on_while_nobody_hears_its_signs_of_life(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    worker = queue.worker("events")
    worker.connection = Redis(unix_socket_path=f"{tmp_path}/none.sock")
    job = Job.create(sample_jobs.add_line.function, connection=worker.connection)
    job.started_at = job.created_at
    worker.maintain_heartbeats(job, SimpleNamespace(heartbeat=lambda *args, **kwargs: None))  # type: ignore[arg-type]
    assert "no sign of life" in caplog.text
