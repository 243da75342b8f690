"""A training run as a row: claimed once, alive by heartbeat, taken over when its worker died, closed with its cost."""

from __future__ import annotations

import logging
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

from django.db import Error as DatabaseAway
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from pipelines.lifecycle.errors import AlreadyRunning, ArtifactNotStored, ArtifactUnavailable, StageError
from pipelines.models import TrainingRun
from pipelines.usecases.contract import NotEnoughHistory

log = logging.getLogger(__name__)

State = TrainingRun.State
HEARTBEAT_SECONDS = 10
RETRY_SECONDS = 1
DEAD_AFTER = timedelta(seconds=60)
PATIENCE = (DEAD_AFTER, 4 * DEAD_AFTER, 16 * DEAD_AFTER, 60 * DEAD_AFTER)  # after so many attempts that died
PERCENT_EVERY = 1.0  # seconds between two writes of progress
EXPECTED = (StageError, NotEnoughHistory)
STORAGE_AWAY = (ArtifactNotStored, ArtifactUnavailable)  # no reason of the shop's: tried again soon


def silent_runs() -> Q:
    """Describe the runs whose worker gives no sign of life any more; each attempt that died is waited for longer."""
    now = timezone.now()
    dead = Q(heartbeat_at__lt=now - PATIENCE[-1])
    for died, patience in enumerate(PATIENCE[:-1], start=1):
        dead |= Q(attempts__lte=died, heartbeat_at__lt=now - patience)
    return Q(state=State.RUNNING) & dead


def queue(shop_id: int, use_case: str, trigger: str) -> bool:
    """Note that a training was asked for, unless one waits or runs already: of two clicks one counts."""
    try:
        with transaction.atomic():
            TrainingRun.objects.create(shop_id=shop_id, use_case=use_case, trigger=trigger)
    except IntegrityError:
        return False
    return True


def claim(shop_id: int, use_case: str, trigger: str) -> TrainingRun:
    """Start a run, or take over one whose worker died; refuse while another is alive."""
    open_runs = TrainingRun.objects.for_shop(shop_id).filter(use_case=use_case)
    now = timezone.now()
    fresh = {"state": State.RUNNING, "started_at": now, "heartbeat_at": now, "steps": [], "percent": 0, "error": ""}
    taken = open_runs.filter(silent_runs() | Q(state=State.QUEUED)).update(**fresh, attempts=F("attempts") + 1)
    if taken:
        return open_runs.get(state=State.RUNNING)
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(shop_id=shop_id, use_case=use_case, trigger=trigger, attempts=1, **fresh)
    except IntegrityError:
        raise AlreadyRunning(
            "A version is being trained right now. It appears under Versions when it is done."
        ) from None


class HasPulse(Protocol):
    """A run that shows by `heartbeat_at` that its worker lives."""

    def mine(self) -> Any:
        """Select the run's row, if it is still this worker's."""


class Tracker:
    """Writes a run's steps, progress, cost and end; every write is fenced by the attempt that made it."""

    def __init__(self, run: TrainingRun) -> None:
        self.run = run
        self.began, self.cpu_began = time.monotonic(), time.process_time()
        self.written_at, self.is_closed = 0.0, False

    def mine(self) -> Any:
        """Select the run, if it is still this attempt's."""
        return TrainingRun.objects.filter(pk=self.run.pk, state=State.RUNNING, attempts=self.run.attempts)

    @contextmanager
    def step(self, name: str, start: int, end: int) -> Iterator[None]:
        """Note a step, how far the run is when it begins and ends, and how long it took."""
        self.span, self.step_began = (start, end), (time.monotonic(), time.process_time())
        begun = {"name": name, "started": timezone.now().isoformat(), "seconds": None, "cpu_seconds": None}
        self.run.steps = [*self.run.steps, begun]
        self.tell(percent=start)
        yield
        if not self.is_closed:
            self.end_step()
            self.tell(percent=end)

    def end_step(self) -> None:
        """Note how long the last step took."""
        if self.run.steps:
            began, cpu_began = self.step_began
            self.run.steps[-1]["seconds"] = round(time.monotonic() - began, 2)
            self.run.steps[-1]["cpu_seconds"] = round(time.process_time() - cpu_began, 2)

    def progress(self, share: float, sentence: str) -> None:
        """Note how far the current step is."""
        if time.monotonic() - self.written_at >= PERCENT_EVERY:
            start, end = self.span
            self.tell(percent=round(start + (end - start) * min(max(share, 0.0), 1.0)))

    def tell(self, **changes: Any) -> None:
        """Store what only somebody who looks on would miss: no database that is away for a moment ends the work."""
        try:
            self.write(**changes)
        except DatabaseAway:
            log.warning("the progress of training run %s could not be noted", self.run.pk, exc_info=True)
            connection.close_if_unusable_or_obsolete()

    def write(self, **changes: Any) -> None:
        """Store steps, cost and other changes, and give a sign of life."""
        self.written_at = time.monotonic()
        changes |= {"steps": self.run.steps, "heartbeat_at": timezone.now(), **self.cost()}
        if not self.mine().update(**changes):
            raise AlreadyRunning("Another worker took this run over.")

    def cost(self) -> dict[str, float]:
        """Return what the run has cost so far."""
        return {
            "cpu_seconds": round(time.process_time() - self.cpu_began, 2),
            "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }

    def close(self, state: str, **changes: Any) -> bool:
        """End the run; False when another attempt has it."""
        self.end_step()
        self.is_closed = True
        changes |= {"steps": self.run.steps, "finished_at": timezone.now(), **self.cost()}
        return bool(self.mine().update(state=state, **changes))


@contextmanager
def tracked(run: TrainingRun) -> Iterator[Tracker]:
    """Keep the run alive while the block works, and write down how it ended."""
    tracker = Tracker(run)
    try:
        with heartbeat(tracker):
            yield tracker
    except EXPECTED as error:
        state = State.FAILED if isinstance(error, STORAGE_AWAY) else State.STOPPED
        tracker.close(state, error_code=type(error).__name__, error=error.sentence[:500])
        raise
    except BaseException:  # also where the job's time is over
        log.exception("training run %s failed", run.pk)
        sentence = f"Training stopped because of a fault on our side (run {run.pk}). What is live goes on."
        tracker.close(State.FAILED, error_code="Fault", error=sentence)
        raise


@contextmanager
def heartbeat(tracker: HasPulse) -> Iterator[None]:
    """Give signs of life from a thread of its own: one call of a library may take minutes.

    A database that cannot be reached ends no heartbeat: the next sign is tried soon, on a connection of its own, so
    that a run which is well is seen to be before anybody else may take it over.
    """
    done = threading.Event()

    def beat() -> None:
        pause = HEARTBEAT_SECONDS
        while not done.wait(pause):
            try:
                tracker.mine().update(heartbeat_at=timezone.now())
                pause = HEARTBEAT_SECONDS
            except DatabaseAway:
                log.warning("a sign of life could not be given", exc_info=True)
                connection.close()
                pause = RETRY_SECONDS
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
