"""Learn a version: dataset, fit, evaluation, the past replayed in money, signed files, and at last the row.

Nothing here knows which use case it trains: the use case names its functions, `dataset` builds its frames.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle import causes
from pipelines.lifecycle.data import dataset, quality
from pipelines.lifecycle.errors import AlreadyRunning, ArtifactRefused
from pipelines.lifecycle.versions import answers, artifacts, registry, runs
from pipelines.models import Deployment, ModelVersion, Shop, ShopSettings, TrainingRun
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, NotEnoughHistory, Soundness, UseCase

SEED = 0
PROBED_UNITS = 200  # for the trial of what the days ahead change
PROBED_BACK = timedelta(days=7)


@dataclass(frozen=True)
class Learned:
    """What a run made, before it becomes a row."""

    metrics: dict[str, Any]
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
            quality.require_good(data)
        learned = learn(USE_CASES[use_case], data, tracker)
        with tracker.step("Writing the version down", 95, 100):
            return write_down(run, tracker, data, learned)


def learn(use_case: UseCase, data: dataset.Dataset, tracker: runs.Tracker) -> Learned:
    """Fit, judge and replay, each beside the simple rule and the live version; then try it as it will run."""
    recipe = recipe_of(data.snapshot.shop, use_case)
    number, champion = champion_of(data.snapshot.shop_id, use_case)
    with tracker.step("Learning from past sales", 10, 45):
        fitted = use_case.resolve("fit")(data.frames, **recipe, progress=tracker.progress)
    with tracker.step("Checking against past weeks", 45, 70):
        known = {name: recipe[name] for name in ("seed", *use_case.tested_with)}
        evaluation = use_case.resolve("evaluate")(data.frames, champion=champion, progress=tracker.progress, **known)
    with tracker.step("Replaying your past in money", 70, 88):
        replay = use_case.resolve("replay")(data.frames, fitted, champion=champion) if use_case.replay else None
    with tracker.step("Drawing what you will see", 88, 91):
        page = use_case.resolve("present")(evaluation, replay, currency=data.snapshot.shop.currency)
    with tracker.step("Trying it as it will run", 91, 95):
        files = use_case.resolve("dump")(fitted)
        serving, said = serving_of(use_case, files, data)
        tried = {"serving": serving, "leakage": leakage_of(use_case, fitted, data.frames)}
        tried["answers"] = answers_beside(use_case, said, champion, data.frames)
    known_for = {"compared_with": number, causes.NOTED: use_case.noted(data.frames)}
    metrics = evaluation.as_dict() | tried | known_for
    past = replay.as_dict() if replay else {"verdict": "not_measured", "reason": use_case.words.no_replay}
    return Learned(metrics, past, page.as_dict(), files)


def serving_of(
    use_case: UseCase, files: Mapping[str, bytes], data: dataset.Dataset
) -> tuple[dict[str, float], answers.Answers]:
    """Measure what loading the files and answering once takes, and how large they are; give what was said, too.

    Raises Unjudged where something was said that nothing can judge.
    """
    began = time.perf_counter()
    said = answers.given(use_case, files, data.frames)
    seconds = time.perf_counter() - began
    units = units_of(use_case, said, data.frames)
    return {"seconds": round(seconds, 3), "units": units, "bytes": sum(map(len, files.values()))}, said


def units_of(use_case: UseCase, said: answers.Answers, frames: Frames) -> int:
    """Count what was answered for: questions, or the units of the first table as its judge counts them."""
    if use_case.serves == "request":
        return len(said["asked"])
    for output in use_case.outputs[:1]:
        if output.name in said:
            judged: Soundness = use_case.function(output.judge)(said[output.name], frames)
            return judged.units
    return 0


def answers_beside(use_case: UseCase, said: answers.Answers, champion: Any, frames: Frames) -> dict[str, int] | None:
    """Count what the live version would say otherwise today; nothing where none runs."""
    if champion is None:
        return None
    return answers.differences(said, answers.given(use_case, use_case.resolve("dump")(champion), frames))


def leakage_of(use_case: UseCase, fitted: Any, frames: Frames) -> dict[str, int] | None:
    """Ask about an earlier day with and without the days since, and count the answers that differ."""
    earlier = frames.asof - PROBED_BACK
    tables = {name: only(table, busiest_units(frames)) for name, table in frames.tables.items()}
    known = {name: until(table, earlier) for name, table in tables.items()}
    predict = use_case.resolve("predict")
    try:
        said, blind = (
            predict(fitted, Frames(given, earlier, frames.country, frames.events)).reset_index(drop=True)
            for given in (tables, known)
        )
    except NotEnoughHistory:
        return None
    if list(said.columns) != list(blind.columns) or len(said) != len(blind):
        return {"rows": len(said), "changed": max(1, abs(len(said) - len(blind)))}
    differs = said.ne(blind) & ~(said.isna() & blind.isna())
    return {"rows": len(said), "changed": int(differs.any(axis=1).sum())}


def busiest_units(frames: Frames) -> pd.Index:
    """Give the units with most days of data: enough of them to try a version on."""
    dated = [table for table in frames.tables.values() if {"unique_id", "ds"} <= set(table)]
    return dated[0]["unique_id"].value_counts().index[:PROBED_UNITS] if dated else pd.Index([])


def only(table: pd.DataFrame, units: pd.Index) -> pd.DataFrame:
    """Keep the rows of some units, where the table has units."""
    return table[table["unique_id"].isin(units)] if "unique_id" in table else table


def until(table: pd.DataFrame, last_day: Any) -> pd.DataFrame:
    """Keep the rows up to a day, where the table has days."""
    return table[table["ds"] <= pd.Timestamp(last_day)] if "ds" in table else table


def recipe_of(shop: Shop, use_case: UseCase) -> dict[str, Any]:
    """Return the settings that fit is called with."""
    settings = ShopSettings.of(shop)
    return {name: getattr(settings, field) for name, field in use_case.settings.items()} | {"seed": SEED}


def champion_of(shop_id: int, use_case: UseCase) -> tuple[int | None, Any]:
    """Return the live version's number and what it learned; nothing when the simple rule runs or it is unsafe.

    Where its files cannot be read now, nothing is learned: a version must be weighed against what runs.
    """
    active = Deployment.of(shop_id, use_case.slug).active
    if active is None:
        return None, None
    try:
        return active.number, use_case.resolve("load")(registry.load_files(active))
    except ArtifactRefused:
        return None, None


def write_down(run: TrainingRun, tracker: runs.Tracker, data: dataset.Dataset, learned: Learned) -> ModelVersion:
    """Store the files, then in one transaction the version, the end of the run and the ledger entry."""
    number = registry.next_number(run.shop_id, run.use_case)
    stored = artifacts.store(run.shop_id, run.use_case, number, learned.files)
    with transaction.atomic():
        Shop.objects.lock(run.shop_id)
        version = ModelVersion.objects.create(
            shop_id=run.shop_id,
            use_case=run.use_case,
            number=number,
            dataset=data.snapshot,
            recipe=recipe_of(run.shop, USE_CASES[run.use_case]),
            metrics=learned.metrics,
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
        facts = {"artifact_digest": stored.digest, "newest_delivery": data.snapshot.newest_delivery}
        registry.record(version, "version.trained", by="system", because=run.trigger, **facts)
    return version
