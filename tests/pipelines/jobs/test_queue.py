"""The queue: jobs wait for the commit, survive a killed worker, and tick once however many clocks run."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connections, transaction
from redis import RedisError

from pipelines.jobs import queue, schedule
from pipelines.lifecycle.evidence import windows
from pipelines.models import CronSlot
from tests import times, waiting
from tests.pipelines.jobs import sample_jobs

ROOT = Path(__file__).resolve().parents[3]
SET_UP = f"import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shopmlops.settings'\n{times.SET_UP}"
IMPATIENT_WORKER = f"""
{SET_UP}
from pipelines.jobs import queue
queue.LOST_AFTER = 2
worker = queue.worker("default")
worker.maintenance_interval = worker.job_monitoring_interval = 1
worker.worker_ttl = 16
worker.work(burst="burst" in sys.argv)
"""


@pytest.fixture
def redis() -> Iterator[Any]:
    connection = queue.connection()
    connection.flushdb()
    yield connection
    connection.flushdb()


@pytest.fixture
def queued(settings: Any, redis: Any) -> Callable[[], list[str]]:
    """Send jobs to the real queue; return what waits there."""
    settings.JOBS_INLINE = False
    return lambda: [waiting.func_name for waiting in queue.django_rq.get_queue("default").jobs]


@pytest.mark.django_db
def test_a_job_is_queued_when_the_transaction_commits(queued: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        sample_jobs.add_line.enqueue("a", "b")
        assert queued() == []
    assert queued() == ["tests.pipelines.jobs.sample_jobs.add_line"]


@pytest.mark.django_db
def test_a_rolled_back_transaction_queues_nothing(queued: Callable[[], list[str]]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        sample_jobs.add_line.enqueue("a", "b")
        raise RuntimeError
    assert queued() == []


@pytest.mark.django_db
def test_only_plain_values_can_be_queued() -> None:
    with pytest.raises(TypeError):
        sample_jobs.add_line.enqueue(object(), "b")


@pytest.mark.django_db
def test_in_tests_a_job_runs_at_the_commit_and_its_error_is_seen(tmp_path: Path) -> None:
    with transaction.atomic():
        sample_jobs.add_line.enqueue(str(tmp_path / "out"), "one")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out").read_text() == "one\n"
    with pytest.raises(ValueError, match="always"):
        sample_jobs.fail.enqueue(str(tmp_path / "out"))


@pytest.mark.django_db
def test_a_queue_that_is_down_does_not_fail_the_caller(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.JOBS_INLINE = False
    settings.RQ_QUEUES = {"default": {"URL": "redis://127.0.0.1:1/0", "DEFAULT_TIMEOUT": 1}}
    sample_jobs.add_line.enqueue("a", "b")
    assert "was not queued" in caplog.text


def test_a_job_without_retries_is_refused() -> None:
    with pytest.raises(ValueError, match="killed"):
        queue.job(retries=0)


@pytest.mark.django_db
def test_a_failing_job_is_tried_again_and_then_kept(queued: Callable[[], list[str]], tmp_path: Path) -> None:
    sample_jobs.fail.enqueue(str(tmp_path / "out"))
    subprocess.run([sys.executable, "-c", IMPATIENT_WORKER, "burst"], cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "out").read_text() == "tried\n" * 4
    assert queue.django_rq.get_queue("default").failed_job_registry.count == 1


@pytest.mark.django_db
def test_what_a_sweep_finds_again_is_not_tried_at_once(queued: Callable[[], list[str]], tmp_path: Path) -> None:
    sample_jobs.fail_for_the_clock.enqueue(str(tmp_path / "out"))
    subprocess.run([sys.executable, "-c", IMPATIENT_WORKER, "burst"], cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "out").read_text() == "tried\n"
    assert queue.django_rq.get_queue("default").failed_job_registry.count == 1


@pytest.mark.django_db
def test_a_killed_workers_job_dies_with_it_and_another_worker_finishes_it(queued: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sample_jobs.hang_once.enqueue(str(out))
    with running_worker() as first:
        waiting.until(lambda: out.exists() and out.read_text())
        horse = int(out.read_text())
        first.kill()
        waiting.until(lambda: not alive(horse))
    with running_worker():
        waiting.until(lambda: out.read_text().endswith("finished\n"))
    first_try, *later = out.read_text().split()
    assert int(first_try) == horse and set(later) == {"finished"}  # at least once: jobs are safe to run twice


@pytest.mark.parametrize(("name", "is_loaded"), [("default", "True"), ("events", "False")])
def test_what_most_jobs_need_is_loaded_before_they_are_forked(
    queued: Callable[[], list[str]], tmp_path: Path, name: str, is_loaded: str
) -> None:
    noting = queue.Job(sample_jobs.note_what_is_loaded.function, name, timeout=60, retries=1, is_found_again=False)
    noting.send([str(tmp_path / "noted")], {})
    code = f"{SET_UP}from django.core.management import call_command; call_command('work', '{name}', '--burst')"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "noted").read_text().split() == [is_loaded]


@pytest.mark.django_db
def test_what_a_job_leaves_in_temporary_folders_goes_with_it(queued: Callable[[], list[str]], tmp_path: Path) -> None:
    sample_jobs.leave_a_folder.enqueue(str(tmp_path / "out"))
    subprocess.run([sys.executable, "-c", IMPATIENT_WORKER, "burst"], cwd=ROOT, check=True, capture_output=True)
    left = Path((tmp_path / "out").read_text().strip())
    assert left.parent.name.startswith("shopmlops-job-") and not left.parent.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("queues", ['"default"', '"events", "default"'])
def test_a_job_is_done_where_no_folder_can_be_made_for_it(
    queued: Callable[[], list[str]], tmp_path: Path, queues: str
) -> None:
    sample_jobs.add_line.enqueue(str(tmp_path / "out"), "one")
    sample_jobs.add_line.enqueue(str(tmp_path / "out"), "two")
    gone = f"import tempfile\ntempfile.tempdir = {str(tmp_path / 'gone')!r}\n"
    code = IMPATIENT_WORKER.replace("worker.work(", f"{gone}worker.work(").replace('"default"', queues)
    done = subprocess.run([sys.executable, "-c", code, "burst"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert (tmp_path / "out").read_text() == "one\ntwo\n"
    assert "no folder of its own" in done.stderr


@pytest.mark.django_db
def test_two_clocks_send_a_tick_once(queued: Callable[[], list[str]]) -> None:
    clocks = [schedule.scheduler(), schedule.scheduler()]
    for clock in clocks:
        clock.enqueue_jobs()
    heartbeats = [name for name in queued() if name.endswith("heartbeat")]
    assert len(heartbeats) == 1
    assert CronSlot.objects.filter(job="heartbeat").count() == 1
    assert CronSlot.objects.filter(job=windows.SUMS_UP).count() == 1  # by which silence is told from our absence


@pytest.mark.django_db
def test_a_tick_that_nobody_works_off_lapses_instead_of_piling_up(queued: Any) -> None:
    schedule.scheduler().enqueue_jobs()
    for sent in queue.django_rq.get_queue("default").jobs:
        assert 0 < queue.connection().ttl(sent.key) <= 24 * 3600 + 5


@pytest.mark.django_db
def test_the_heartbeat_is_noted_and_old_ticks_are_forgotten(redis: Any) -> None:
    now = datetime.now(UTC)
    CronSlot.objects.create(job="old", slot=now - timedelta(days=3))
    CronSlot.objects.create(job="new", slot=now)
    for days in (3, 29):
        CronSlot.objects.create(job=windows.SUMS_UP, slot=now - timedelta(days=days))
    schedule.heartbeat()
    assert {(slot.job, (now - slot.slot).days) for slot in CronSlot.objects.all()} == {("new", 0), (windows.SUMS_UP, 3)}
    assert datetime.fromisoformat(redis.get(schedule.HEARTBEAT).decode()) >= now


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", [DatabaseError("gone"), OperationalError("gone"), RedisError("gone")])
def test_the_clock_outlives_its_database_and_queue(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = iter([trouble, None])

    def start(clock: queue.Scheduler) -> None:
        ending = next(starts)
        if ending:
            raise ending

    monkeypatch.setattr(queue.Scheduler, "start", start)
    monkeypatch.setattr("pipelines.management.commands.schedule.PAUSE", 0)
    monkeypatch.setattr(connections, "close_all", lambda: None)  # the test's own connection stays
    call_command("schedule")
    assert next(starts, "none left") == "none left"


class running_worker:
    """A worker process with short waits."""

    def __enter__(self) -> "subprocess.Popen[bytes]":
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([sys.executable, "-c", IMPATIENT_WORKER], cwd=ROOT, **quiet)
        return self.process

    def __exit__(self, *error: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(waiting.SECONDS)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").read_text().split(")")[1].startswith(" Z")
