"""A candidate in the test store, before a shopper sees it: the last days replayed, its advice published there.

The real shop is only read. A run is a row: claimed once, alive by heartbeat, taken over when its worker died; every
write is fenced by the attempt that made it, and finds nothing to write to once the shops have parted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from pipelines.lifecycle.errors import AlreadyRunning, ArtifactUnavailable, StageError
from pipelines.lifecycle.versions import runs
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release, Shop, StagingRun, StoreLink
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import NotEnoughHistory

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.lifecycle.sandbox.rehearse import Rehearsed, Replayed
    from pipelines.usecases.contract import Frames

log = logging.getLogger(__name__)

State = StagingRun.State
OPEN_STATES = (State.WAITING, State.RUNNING)
MOST_ATTEMPTS = 5
DAYS = 14
NAME = "Test store"
GATE_VERDICTS: dict[str, str] = {State.PASSED: "passed", State.FAILED: "failed"}
GIVEN_UP = "The test did not come to an end in five attempts. Nothing was found out."
DONE_SHARE = 0.9


# What the release machine asks


def rehearsed() -> list[str]:
    """List the use cases that say what a test store compares."""
    return [slug for slug, case in USE_CASES.items() if case.rehearsal]


class Trial(NamedTuple):
    """Whether a release still waits for its version's test, and else what came of it: a gate, where there was one."""

    waits: bool = False
    gate: dict[str, Any] | None = None


def trial_of(release: Release) -> Trial:
    """Say what a test store has to say of a release; nothing where none is linked, or nothing is tried there."""
    if release.version.use_case not in rehearsed():
        return Trial()
    if not StoreLink.objects.for_shop(release.shop_id).confirmed().exists():
        return Trial()
    run = StagingRun.objects.filter(version=release.version_id).only("state", "sentence", "result").first()
    if run is None or run.state in OPEN_STATES:
        return Trial(waits=True)
    return Trial(gate=gate_of(run))


def gate_of(run: StagingRun) -> dict[str, Any]:
    """Return a test's result as a check of the version."""
    figures = {name: run.result.get(name) for name in ("value", "threshold")}
    return {"name": NAME, "verdict": GATE_VERDICTS.get(run.state, "open"), "text": run.sentence, **figures}


def due() -> list[tuple[int, int]]:
    """List the versions whose test is to be begun or taken over: staged releases, and runs without a living worker."""
    linked = StoreLink.objects.confirmed().values("shop")
    staged = Release.objects.filter(shop__in=linked, phase=Release.Phase.STAGED, version__staging_runs=None)
    staged = staged.filter(use_case__in=rehearsed())
    lost = StagingRun.objects.filter(Q(state=State.WAITING) | runs.silent_runs())
    found = {*staged.values_list("shop_id", "version_id"), *lost.values_list("shop_id", "version_id")}
    return sorted(found)


def ask_again(version: ModelVersion) -> bool:
    """Have a test that is over done once more; what it had found is dropped."""
    over = StagingRun.objects.for_shop(version.shop_id).filter(version=version).exclude(state__in=OPEN_STATES)
    return bool(over.update(state=State.WAITING, attempts=0, finished_at=None, aa={}, result={}, sentence=""))


# The run


@dataclass
class Attempt:
    """One worker's hold on a run."""

    run: StagingRun

    def mine(self) -> QuerySet[StagingRun]:
        """Select the run's row, if it is still this attempt's."""
        return StagingRun.objects.filter(pk=self.run.pk, state=State.RUNNING, attempts=self.run.attempts)

    def holds(self) -> bool:
        """Lock the row until the transaction ends, and say whether it is still ours."""
        return self.mine().select_for_update().exists()

    def write(self, **changes: Any) -> None:
        """Store what was found; stop where the run is no longer ours."""
        from pipelines.lifecycle.sandbox.fields import Unlinked

        if not self.mine().update(heartbeat_at=timezone.now(), **changes):
            raise Unlinked

    def close(self, state: str, sentence: str, **changes: Any) -> None:
        """End the run and write down how."""
        version = self.run.version
        with transaction.atomic():
            Shop.objects.lock(self.run.shop_id)
            self.write(state=state, sentence=sentence[:300], finished_at=timezone.now(), **changes)
            LifecycleEvent.record(
                self.run.shop,
                f"staging.{state}",
                by="system",
                because=sentence[:200],
                use_case=version.use_case,
                version_number=version.number,
                artifact_digest=version.artifact_digest,
            )


def stage_version(version: ModelVersion, now: datetime) -> StagingRun | None:
    """Test a version in the shop's test store: replay the last days, then publish there; nothing without a link."""
    from pipelines.lifecycle.sandbox.fields import Unlinked

    link = StoreLink.objects.for_shop(version.shop_id).confirmed().select_related("test_shop").first()
    attempt = claim(version, link) if link and version.use_case in rehearsed() else None
    if attempt is None:
        return StagingRun.objects.filter(version=version).first()
    try:
        with runs.heartbeat(attempt):
            work(attempt, now)
    except ArtifactUnavailable:
        raise  # nothing was found out: the run falls silent, and is taken up again later
    except Unlinked:
        log.info("staging of %s ended: its test store is gone, or another worker has it", version)
    except (StageError, NotEnoughHistory) as error:
        attempt.close(State.STOPPED, error.sentence)
    return StagingRun.objects.filter(version=version).first()


def claim(version: ModelVersion, link: StoreLink) -> Attempt | None:
    """Begin a run or take over one whose worker died; nothing where it is over, refused while another is alive."""
    known = StagingRun.objects.filter(version=version)
    now = timezone.now()
    begun = {"state": State.RUNNING, "heartbeat_at": now, "test_shop": link.test_shop, "against": running(version)}
    lost = Q(state=State.WAITING) | runs.silent_runs()
    if not known.filter(lost).update(**begun, attempts=F("attempts") + 1):
        if known.exclude(state__in=OPEN_STATES).exists():
            return None
        try:
            with transaction.atomic():
                StagingRun.objects.create(
                    shop=version.shop, use_case=version.use_case, version=version, attempts=1, days=DAYS, **begun
                )
        except IntegrityError:
            raise AlreadyRunning("This version is being tested in the test store right now.") from None
    return Attempt(known.select_related("shop", "test_shop", "version", "against").get())


def running(version: ModelVersion) -> ModelVersion | None:
    """Return what runs now; none is the simple rule."""
    pointer = Deployment.objects.for_shop(version.shop_id).filter(use_case=version.use_case)
    found = pointer.select_related("active").first()
    return found.active if found else None


def work(attempt: Attempt, now: datetime) -> None:
    """Replay, publish, and write down what was found."""
    from pipelines.lifecycle.sandbox import fields, rehearse

    run = attempt.run
    if run.attempts > MOST_ATTEMPTS:
        attempt.close(State.STOPPED, GIVEN_UP)
        return
    candidate, other = answers(run)
    source = Mornings(run.shop, run.use_case, now)
    done = rehearse_run(run, source, candidate, other, attempt)
    name = f"version {run.against.number}" if run.against else "the simple rule"
    verdict = rehearse.judge(done, running=name)
    attempt.write(aa=repeated(done, run.days), result=told(run.shop, done, verdict, name))
    published: dict[str, Any] = {}
    if not any(day.new.wrong for day in done.days[-1:]) and done.unrepeated is None:
        published = fields.publish_advice(run, candidate(source.at(now)), attempt.holds)
    attempt.close(State.PASSED if verdict.passed else State.FAILED, verdict.text, published=published)


def answers(run: StagingRun) -> tuple[Any, Any]:
    """Load both versions once, and return how each answers; what runs now may be the simple rule."""
    from pipelines.lifecycle.versions import registry

    case = USE_CASES[run.use_case]
    load, answer = case.resolve("load"), case.resolve("answer")

    def speaker(version: ModelVersion | None) -> Callable[[Frames], dict[str, pd.DataFrame]]:
        fitted = load(registry.load_files(version)) if version else None
        return lambda frames: answer(fitted, frames)

    return speaker(run.version), speaker(run.against)


@dataclass(frozen=True)
class Mornings:
    """A shop's frames as they were known at the beginning of its days."""

    shop: Shop
    use_case: str
    now: datetime

    def at(self, moment: datetime) -> Frames:
        """Give the frames as they were known at a moment."""
        from pipelines.lifecycle.data import dataset

        return dataset.read(dataset.Source(self.shop, moment), self.use_case)

    def of(self, day: date) -> Frames:
        """Give the frames as the nightly refresh of a day found them."""
        return self.at(datetime.combine(day, time(), tzinfo=self.shop.zone))

    def last(self, days: int) -> list[date]:
        """List the last complete days, oldest first."""
        today = self.now.astimezone(self.shop.zone).date()
        return [today - timedelta(days=back) for back in range(days, 0, -1)]


def rehearse_run(run: StagingRun, source: Mornings, candidate: Any, other: Any, attempt: Attempt) -> Replayed:
    """Replay the run's days from the rows of the real shop, which nothing here writes to."""
    from pipelines.lifecycle.sandbox import rehearse
    from pipelines.lifecycle.serving.sound import soundness

    case = USE_CASES[run.use_case]
    happened = source.at(source.now)
    first = happened["daily_sales"]["ds"].min() if len(happened["daily_sales"]) else None
    days = [day for day in source.last(run.days) if first is not None and day - first.date() >= case.min_history]
    if not days:
        least = case.min_history.days
        raise NotEnoughHistory(f"There is no day yet with {least} days of sales before it, so none can be replayed.")
    return rehearse.rehearse_days(
        days,
        source.of,
        candidate,
        other,
        reading=rehearse.Reading.of(case),
        happened=happened,
        judged=lambda tables, frames: soundness(case, tables, frames),
        progress=lambda share: attempt.write(result={"percent": round(100 * DONE_SHARE * share)}),
    )


def repeated(done: Replayed, days: int) -> dict[str, Any]:
    """Tell the A/A run: on how many days what runs now gave the same answer twice."""
    return {"same": done.unrepeated is None, "days": len(done.days), "of": days, "differs_on": done.unrepeated}


def told(shop: Shop, done: Replayed, verdict: Rehearsed, name: str) -> dict[str, Any]:
    """Collect what the page shows; days are counted from today, money is in the real shop's currency."""
    figures = {"value": verdict.value, "threshold": verdict.threshold}
    return done.as_dict() | figures | {"against": name, "currency": shop.currency}
