"""Learn a version: dataset, fit, evaluation, the past replayed in money, signed files, and at last the row.

Nothing here knows which use case it trains: the use case names its functions, `dataset` builds its frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle import artifacts, dataset, registry, runs
from pipelines.lifecycle.errors import AlreadyRunning, ArtifactRefused
from pipelines.lifecycle.release import deployment_of
from pipelines.models import ModelVersion, Shop, ShopSettings, TrainingRun
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

SEED = 0


@dataclass(frozen=True)
class Learned:
    """What a run made, before it becomes a row."""

    fitted: Any
    evaluation: dict[str, Any]
    replay: dict[str, Any]
    page: dict[str, Any]
    files: dict[str, bytes]


def train_version(*, shop_id: int, use_case: str, trigger: str, now: datetime | None = None) -> ModelVersion:
    """Train one version of a use case for a shop; one run at a time, and a dead one is taken over."""
    run = runs.claim(shop_id, use_case, trigger)
    with runs.tracked(run) as tracker:
        with tracker.step("Reading your orders", 0, 10):
            data = dataset.build(Shop.objects.get(pk=shop_id), use_case, now=now or timezone.now())
            tracker.write(dataset=data.snapshot)
        learned = learn(USE_CASES[use_case], data, tracker)
        with tracker.step("Writing the version down", 95, 100):
            return write_down(run, tracker, data, learned)


def learn(use_case: UseCase, data: dataset.Dataset, tracker: runs.Tracker) -> Learned:
    """Fit, judge and replay, each beside the simple rule and the live version."""
    recipe = recipe_of(data.snapshot.shop)
    champion = champion_of(data.snapshot.shop_id, use_case)
    with tracker.step("Learning from past sales", 10, 45):
        fitted = use_case.resolve("fit")(data.frames, **recipe, progress=tracker.progress)
    with tracker.step("Checking against past weeks", 45, 70):
        known = {"seed": recipe["seed"], "lead_days": recipe["lead_days"], "progress": tracker.progress}
        evaluation = use_case.resolve("evaluate")(data.frames, champion=champion, **known)
    with tracker.step("Replaying your past in money", 70, 90):
        replay = use_case.resolve("replay")(data.frames, fitted, champion=champion)
    with tracker.step("Drawing what you will see", 90, 95):
        page = use_case.resolve("present")(evaluation, replay, currency=data.snapshot.shop.currency)
    return Learned(fitted, evaluation.as_dict(), replay.as_dict(), page.as_dict(), use_case.resolve("dump")(fitted))


def recipe_of(shop: Shop) -> dict[str, Any]:
    """Return the settings that fit is called with."""
    settings, _ = ShopSettings.objects.get_or_create(shop=shop)
    return {"review_days": settings.review_days, "lead_days": settings.lead_time_days, "seed": SEED}


def champion_of(shop_id: int, use_case: UseCase) -> Any:
    """Return what the live version learned, nothing when the simple rule runs or its files are not safe."""
    active = deployment_of(shop_id, use_case.slug).active
    if active is None:
        return None
    try:
        return use_case.resolve("load")(registry.load_files(active))
    except ArtifactRefused:
        return None


def write_down(run: TrainingRun, tracker: runs.Tracker, data: dataset.Dataset, learned: Learned) -> ModelVersion:
    """Store the files, then in one transaction the version, the end of the run and the ledger entry."""
    number = registry.next_number(run.shop_id, run.use_case)
    stored = artifacts.store(run.shop_id, run.use_case, number, learned.files)
    with transaction.atomic():
        version = ModelVersion.objects.create(
            shop_id=run.shop_id,
            use_case=run.use_case,
            number=number,
            dataset=data.snapshot,
            recipe=recipe_of(run.shop),
            metrics=learned.evaluation,
            replay=learned.replay,
            page=learned.page,
            artifact_path=stored.path,
            artifact_digest=stored.digest,
            content_digest=artifacts.content_digest(learned.files),
            signature=stored.signature,
            lineage=registry.lineage(SEED),
        )
        if not tracker.close(runs.State.DONE, version=version, percent=100):
            raise AlreadyRunning("Another worker took this run over.")
        registry.record(version, "version.trained", by="system", because=run.trigger, artifact_digest=stored.digest)
    return version
