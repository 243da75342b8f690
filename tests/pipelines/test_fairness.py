"""Whose job is next: a shop has a second worker only while no other waits, and nobody waits behind what others had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines import fairness
from pipelines.jobs import queue
from tests import waiting
from tests.pipelines.jobs import sample_jobs, test_queue
from tests.pipelines.jobs.test_queue import IMPATIENT_WORKER, ROOT

redis = test_queue.redis
GIANT, SMALL, OTHER = 1, 2, 3


@pytest.fixture
def line(redis: Any) -> Any:
    return queue.django_rq.get_queue("default")


def ask(*shops: int | None) -> None:
    for shop in shops:
        work = sample_jobs.train if shop else sample_jobs.add_line
        work.send([shop or "path", "path"], {})


def take(redis: Any, line: Any) -> int | None:
    """Take what is next, and say whose it is."""
    taken = fairness.take(redis, line.key, is_kept=True)
    id = taken.decode() if taken else ""
    return int(id.removeprefix("shop").partition("-")[0]) if id.startswith("shop") else None


def test_a_shop_gets_a_second_worker_only_while_no_other_waits(redis: Any, line: Any) -> None:
    ask(GIANT, GIANT, GIANT, SMALL, SMALL, OTHER)
    assert [take(redis, line) for _ in range(6)] == [GIANT, SMALL, OTHER, GIANT, SMALL, GIANT]
    assert take(redis, line) is None and len(line.intermediate_queue.get_job_ids()) == 6


def test_who_had_least_of_the_workers_lately_is_next(redis: Any, line: Any) -> None:
    for shop, seconds in ((GIANT, 300.0), (SMALL, 2.0), (SMALL, 2.0), (OTHER, 3.0)):
        fairness.note(redis, line.key, fairness.job_id(shop), seconds)
    ask(GIANT, SMALL, OTHER)
    assert [take(redis, line) for _ in range(3)] == [OTHER, SMALL, GIANT]


def test_what_a_shop_had_is_forgotten_an_hour_after_the_first_of_it(redis: Any, line: Any) -> None:
    fairness.note(redis, line.key, fairness.job_id(GIANT), 300)
    redis.expire(fairness.had_key(line.key), fairness.LATELY // 2)
    fairness.note(redis, line.key, fairness.job_id(GIANT), 300)
    assert 0 < redis.ttl(fairness.had_key(line.key)) <= fairness.LATELY // 2


def test_what_is_nobodys_waits_behind_nobody(redis: Any, line: Any) -> None:
    fairness.note(redis, line.key, fairness.job_id(GIANT), 1)
    fairness.note(redis, line.key, fairness.job_id(None), 50)
    ask(GIANT, None)
    assert [take(redis, line) for _ in range(2)] == [None, GIANT]


def test_only_signs_of_life_hold_a_worker(redis: Any, line: Any) -> None:
    """A worker that was killed gives none, and its job is no reason to wait."""
    now = time.time()
    redis.zadd(line.started_job_registry.key, {f"{fairness.job_id(GIANT)}:run": now - 5})
    ask(GIANT, SMALL)
    assert take(redis, line) == GIANT
    redis.zadd(line.started_job_registry.key, {f"{fairness.job_id(SMALL)}:run": now + 30})
    ask(OTHER)
    assert [take(redis, line) for _ in range(2)] == [OTHER, SMALL]


def test_a_long_queue_is_looked_at_in_part(redis: Any, line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "LOOKS", 2)
    ask(GIANT, GIANT, GIANT, SMALL)
    assert [take(redis, line) for _ in range(4)] == [GIANT, GIANT, SMALL, GIANT]


def test_a_giant_that_asked_first_leaves_a_worker_to_the_others(redis: Any, line: Any, tmp_path: Path) -> None:
    out, go = tmp_path / "out", tmp_path / "go"
    for _ in range(3):
        sample_jobs.train.send([GIANT, str(out), str(go)], {})
    for shop in (SMALL, SMALL, OTHER):
        sample_jobs.train.send([shop, str(out)], {})
    with worker("default"), worker("events", "default") as second:
        waiting.until(lambda: len(begun(out)) == 5)
        assert sorted(begun(out)[:4]) == [GIANT, SMALL, SMALL, OTHER], "while others waited it had one"
        assert begun(out)[4] == GIANT, "and once they did not, nobody stood idle"
        os.kill(second.pid, signal.SIGKILL)
        go.touch()
        with worker("default"):
            waiting.until(lambda: not line.count and not line.started_job_registry.count)
    assert begun(out).count(GIANT) >= 3, "what a killed worker held is done by others"


def test_a_worker_notes_what_a_shop_had_of_it(redis: Any, line: Any, tmp_path: Path) -> None:
    sample_jobs.train.send([GIANT, str(tmp_path / "out")], {})
    subprocess.run([sys.executable, "-c", IMPATIENT_WORKER, "burst"], cwd=ROOT, check=True, capture_output=True)
    had = redis.hgetall(fairness.had_key(line.key))
    assert [*had] == [str(GIANT).encode()] and float(had[str(GIANT).encode()]) > 0


def test_a_worker_goes_on_where_what_a_shop_had_cannot_be_noted(redis: Any, line: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sample_jobs.spoil_what_is_noted.send([GIANT, str(out)], {})
    subprocess.run([sys.executable, "-c", IMPATIENT_WORKER, "burst"], cwd=ROOT, check=True, capture_output=True)
    assert out.read_text() == "went on\n"


def test_what_a_shop_had_of_a_worker_that_was_told_to_stop_at_once_is_noted(
    redis: Any, line: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    sample_jobs.train.send([GIANT, str(out), str(tmp_path / "never")], {})
    with worker("default") as stopped:
        waiting.until(lambda: begun(out))
        stopped.send_signal(signal.SIGTERM)
        time.sleep(1.1)  # RQ takes a second signal within a second for the first
        stopped.send_signal(signal.SIGTERM)
        stopped.wait(waiting.SECONDS)
    assert float(redis.hget(fairness.had_key(line.key), GIANT)) > 1


def begun(out: Path) -> list[int]:
    """Say whose trainings began, in their order."""
    return [int(shop) for shop in out.read_text().split()] if out.exists() else []


@contextmanager
def worker(*queues: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for some queues that soon takes up what others left."""
    code = IMPATIENT_WORKER.replace('queue.worker("default")', f"queue.worker{queues!r}".replace(",)", ")"))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, **quiet)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.wait(waiting.SECONDS)
