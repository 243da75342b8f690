"""The queue: what a job is, who works it off, what keeps time. Nothing else imports django_rq."""

import json
import logging
import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from inspect import signature
from pathlib import Path
from typing import Any, Generic, ParamSpec

import django_rq
from django.conf import settings
from django.db import transaction
from django_rq.cron import DjangoCronScheduler
from django_rq.queues import DjangoRQ
from django_rq.workers import get_worker
from redis import Redis, RedisError
from rq import Retry
from rq import Worker as RQWorker
from rq.cron import CronJob
from rq.job import Job as RQJob
from rq.job import get_current_job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from pipelines import fairness, tracing
from pipelines.lifecycle.errors import OutOfTime
from pipelines.lifeline import die_with
from pipelines.own_folder import own_folder
from shopmlops import alive

log = logging.getLogger(__name__)
P = ParamSpec("P")

FAILURE_DAYS = 7
LOST_AFTER = 30  # seconds without a sign of life until a job counts as abandoned


class Job(Generic[P]):
    """A function of ids that can also be put on a queue."""

    def __init__(
        self, function: Callable[P, None], queue: str, timeout: int, retries: int, is_found_again: bool
    ) -> None:
        self.function, self.queue, self.timeout, self.retries = function, queue, timeout, retries
        self.is_found_again = is_found_again
        update_wrapper(self, function)

    @property
    def path(self) -> str:
        return f"{self.function.__module__}.{self.function.__qualname__}"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with tracing.known(**self.about(*args, **kwargs)):
                self.function(*args, **kwargs)
        except (Exception, OutOfTime):
            if self.is_found_again:
                leave_to_the_clock()
            raise

    def about(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, object]:
        """Say what lines of the log belong to while this runs: the job, what it is given, and what led to it."""
        running = get_current_job()
        led = running.meta.get("led_by", {}) if running else {}
        given = signature(self.function).bind(*args, **kwargs).arguments
        return {
            **led,
            "job": self.path.removeprefix("pipelines.jobs."),
            "job_id": running.id if running else "",
            **given,
        }

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Put the job on its queue once the transaction commits."""
        payload = json.dumps([args, kwargs])  # ids only: anything else fails here, in the caller
        transaction.on_commit(lambda: self._hand_over(payload))

    def _hand_over(self, payload: str) -> None:
        args, kwargs = json.loads(payload)
        if getattr(settings, "JOBS_INLINE", False):
            self.function(*args, **kwargs)
            return
        try:
            self.send(args, kwargs)
        except RedisError:
            log.exception("%s was not queued; what is to be done is in the database and is found again", self.path)

    def send(self, args: list[Any], kwargs: dict[str, Any], lives_for: int | None = None) -> None:
        """Put the job on its queue now; unless begun within the given seconds it lapses."""
        given = signature(self.function).bind(*args, **kwargs).arguments
        django_rq.get_queue(self.queue, commit_mode="auto").enqueue_call(
            self.path,
            job_id=fairness.job_id(given.get("shop_id")),
            args=tuple(args),
            kwargs=kwargs,
            timeout=self.timeout,
            ttl=lives_for,
            result_ttl=0,
            failure_ttl=int(timedelta(days=FAILURE_DAYS).total_seconds()),
            retry=Retry(max=self.retries),
            meta={"led_by": led_by()},
        )


def led_by() -> dict[str, str]:
    """Return what a new job is led to by: the request, Shopify's delivery, or the job that runs now."""
    known = tracing.ids()
    led = {name: known[name] for name in ("request", "delivery") if name in known}
    return led | ({"led_by": known["job_id"]} if known.get("job_id") else {})


def job(
    queue: str = "default", timeout: int = 600, retries: int = 3, *, is_found_again: bool = False
) -> Callable[[Callable[P, None]], Job[P]]:
    """Make a function a job. It takes ids, returns nothing, and is safe to run twice.

    One that a sweep finds again in its own time (`lifecycle/turns`) is not tried at once by the queue when it fails.
    """
    if retries < 1:
        raise ValueError("A job whose worker was killed runs again only with at least one retry.")
    return lambda function: Job(function, queue, timeout, retries, is_found_again)


def leave_to_the_clock() -> None:
    """Let the queue keep the job that runs now as failed, and not try it again by itself."""
    running = get_current_job()
    if running:
        running.retries_left = 0


class Deadline(UnixSignalDeathPenalty):
    """Ends a job whose time is over by what no `except Exception` inside of it can swallow."""

    def __init__(self, timeout: int, exception: type[BaseException], **kwargs: Any) -> None:
        super().__init__(timeout, OutOfTime if exception is JobTimeoutException else exception, **kwargs)


class FairQueue(DjangoRQ):
    """A queue that gives the next job to the shop whose turn it is; one that is empty waits as any other does."""

    @classmethod
    def lmove(cls, connection: Redis, queue_key: str, timeout: int | None) -> Any:
        taken = fairness.take(connection, queue_key, is_kept=True)
        return (queue_key, taken) if taken else super().lmove(connection, queue_key, timeout)

    @classmethod
    def lpop(cls, queue_keys: Sequence[str], timeout: int | None, connection: Redis | None = None) -> Any:
        assert connection is not None
        for queue_key in queue_keys:
            if taken := fairness.take(connection, queue_key, is_kept=False):
                return queue_key, taken
        return super().lpop(queue_keys, timeout, connection)


class Worker(RQWorker):
    """A worker whose jobs are found again soon after it was killed, and die with it."""

    death_penalty_class = Deadline

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {
            "maintenance_interval": 30,
            "job_monitoring_interval": 5,
            "worker_ttl": 30,
            "serializer": JSONSerializer,
        }
        super().__init__(*args, **kwargs)

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        alive.touch()
        super().heartbeat(*args, **kwargs)

    def maintain_heartbeats(self, *args: Any, **kwargs: Any) -> None:
        """Give the signs of life of a job; it goes on where the queue is away for a moment."""
        try:
            super().maintain_heartbeats(*args, **kwargs)
        except RedisError as error:
            log.warning("no sign of life could be given: %s", error)

    def get_heartbeat_ttl(self, job: RQJob, working_time: float = 0.0) -> int:
        return LOST_AFTER

    def execute_job(self, job: RQJob, queue: Queue) -> None:
        """Have a fork do the job, and note what the shop had of the worker.

        A job was taken off its queue and stands in no list until RQ has begun it: nothing may fail before that.
        """
        began = time.monotonic()
        with ExitStack() as own:
            self.folder = folder_if_any(own)
            try:
                super().execute_job(job, queue)
            finally:
                with suppress(RedisError):  # a turn is fair again with the next job
                    fairness.note(self.connection, queue.key, job.id, time.monotonic() - began)

    def main_work_horse(self, job: RQJob, queue: Queue) -> None:
        assert self.pid
        die_with(self.pid, signal.SIGKILL)
        if self.folder:
            tempfile.tempdir = os.environ["TMPDIR"] = str(self.folder)
        super().main_work_horse(job, queue)


def folder_if_any(own: ExitStack) -> Path | None:
    """Make a job a temporary folder of its own, as a fork ends without cleaning up; on a full disk it does without."""
    try:
        return own.enter_context(own_folder("shopmlops-job-"))
    except OSError as error:
        log.warning("a job has no folder of its own and uses what temporary folder there is: %s", error)
        return None


def worker(*queues: str, kind: type[Worker] = Worker) -> RQWorker:
    """Return a worker for the queues, the first one first."""
    return get_worker(*queues, worker_class=kind, queue_class=FairQueue)


class Scheduler(DjangoCronScheduler):
    """A clock that sends each tick of a job once, however many clocks there are."""

    def add(self, name: str, work: Job[[]], *, every: int | None = None, cron: str | None = None) -> None:
        """Run the job every so many seconds or by a cron line, in UTC."""
        self.register(work, work.queue, interval=every, cron=cron, name=name)

    def enqueue_jobs(self) -> list[CronJob]:
        alive.touch()
        now = datetime.now(UTC)
        due = [entry for entry in self.get_jobs() if entry.should_run()]
        for entry in due:
            slot, work = slot_of(entry, now), entry.func
            entry.set_enqueue_time(now)
            if is_first(entry.name, slot):
                assert isinstance(work, Job) and entry.next_enqueue_time
                lives_for = int((entry.next_enqueue_time - now).total_seconds()) + 5
                work.send([], {}, lives_for=lives_for)
        return due


def slot_of(entry: CronJob, now: datetime) -> datetime:
    """Return the tick that is due: the same for every clock that asks in time."""
    if entry.interval is None:
        assert entry.next_enqueue_time
        return entry.next_enqueue_time
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % entry.interval, UTC)


def is_first(name: str, slot: datetime) -> bool:
    """Claim the tick; false where another clock has it."""
    from pipelines.models import CronSlot

    return CronSlot.objects.get_or_create(job=name, slot=slot)[1]


def connection() -> Redis:
    """Return a client of the queue's Redis."""
    return django_rq.get_connection("default")


def waiting() -> dict[str, tuple[int, datetime | None]]:
    """Say of each queue how many jobs wait, and since when the first of them does."""
    return {name: (len(django_rq.get_queue(name)), waits_since(django_rq.get_queue(name))) for name in settings.QUEUES}


def waits_since(queue: Queue) -> datetime | None:
    """Return when the job was put on a queue that has waited longest on it, whoever's turn is next."""
    first = next(iter(queue.get_jobs(0, 1)), None)
    return first.enqueued_at if first else None


def failed() -> dict[str, int]:
    """Say of each queue how many jobs failed and are kept."""
    return {name: django_rq.get_queue(name).failed_job_registry.count for name in settings.QUEUES}


def try_failed_again(name: str) -> int:
    """Put the failed jobs of a queue back on it; return how many."""
    registry = django_rq.get_queue(name).failed_job_registry
    ids = registry.get_job_ids()
    for job_id in ids:
        registry.requeue(job_id)
    return len(ids)
