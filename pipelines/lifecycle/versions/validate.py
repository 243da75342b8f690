"""The gate of a version: refused, validated or undecided, each check kept with its figure, its limit and a sentence.

What a version is held to belongs to its use case (`UseCase.gates`); what only the shop's rows can tell is asked here:
whether the data was fresh and whole, whether it ended before today, and whether the same files were barred before.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines import words
from pipelines.lifecycle.errors import StaleData
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.versions import gates, registry
from pipelines.lifecycle.versions.gates import Gate, Measured, Outcome
from pipelines.models import Deployment, ModelVersion, Shop
from pipelines.usecases import USE_CASES

State = ModelVersion.State
LONGEST_REASON = 200


def validate_version(version: ModelVersion, *, now: datetime | None = None) -> ModelVersion:
    """Judge a trained version once; a version that was judged stays as it was."""
    found = gates_of(version, now or timezone.now())
    state = state_of(found)
    with transaction.atomic():
        Shop.objects.lock(version.shop_id)
        trained = ModelVersion.objects.filter(pk=version.pk, state=State.TRAINED)
        if trained.update(state=state, gates=[asdict(gate) for gate in found]):
            registry.record(version, f"version.{state}", by="system", because=why(found)[:LONGEST_REASON])
    version.refresh_from_db()
    return version


def state_of(found: list[Gate]) -> str:
    """Decide from the checks."""
    verdicts = {gate.verdict for gate in found}
    if Outcome.FAILED in verdicts:
        return State.REFUSED
    return State.VALIDATED if verdicts == {Outcome.PASSED} else State.UNDECIDED


def why(found: list[Gate]) -> str:
    """Say in a sentence why a version was refused or stayed undecided: the first check that did not pass."""
    for verdict in (Outcome.FAILED, Outcome.OPEN):
        for gate in found:
            if gate.verdict is verdict:
                return gate.text
    return "Passed every check"


def gates_of(version: ModelVersion, now: datetime) -> list[Gate]:
    """Run every check, what concerns the data and the files first."""
    measured = Measured(USE_CASES[version.use_case], version.metrics, version.replay, live_number(version))
    return [
        not_barred(version),
        fresh_data(version, now),
        whole_data(version.dataset.quality),
        no_future_data(version),
        *gates.gates_of(measured),
    ]


def live_number(version: ModelVersion) -> int | None:
    """Return the number of the version that runs now, nothing where the simple rule does."""
    deployment = Deployment.objects.for_shop(version.shop_id).filter(use_case=version.use_case, active__isnull=False)
    active = deployment.exclude(active__state=State.QUARANTINED).values_list("active__number", flat=True)
    return active.first()


def not_barred(version: ModelVersion) -> Gate:
    """Refuse what was barred in this shop before, under whatever number it comes back (P07)."""
    name = "Never barred before"
    if not version.content_digest:
        return Gate(name, Outcome.OPEN, "Not known what was learned, so not whether it was barred before.")
    twin = registry.barred_twin(version)
    if twin is None:
        told = "Nothing that was barred in this store had learned the same."
        return Gate(name, Outcome.PASSED, told, version.content_digest)
    text = f"It is the same as version {twin.number}, which was barred for good after it did harm or failed a check."
    return Gate(name, Outcome.FAILED, text, version.content_digest, None, twin.number)


def fresh_data(version: ModelVersion, now: datetime) -> Gate:
    """Check that the orders behind the version are recent (P18)."""
    limit = freshness.LIMIT.total_seconds() / 3600
    try:
        newest = freshness.require_fresh(version.shop, now)
    except StaleData as error:
        return Gate("Fresh data", Outcome.FAILED, error.sentence, None, limit)
    hours = max(0, round((now - newest).total_seconds() / 3600))
    told = f"The newest orders were read {words.counted(hours, 'hour')} ago (limit: {limit:.0f})."
    return Gate("Fresh data", Outcome.PASSED, told, hours, limit)


def whole_data(quality: list[dict[str, Any]]) -> Gate:
    """Check what was found about the data before training; warnings are told and do not refuse."""
    name = "Whole data"
    texts = {
        verdict: [found["text"] for found in quality if found["verdict"] == verdict] for verdict in ("stop", "warn")
    }
    if not quality:
        return Gate(name, Outcome.OPEN, "The data was not checked before training.")
    if texts["stop"]:
        return Gate(name, Outcome.FAILED, texts["stop"][0], len(texts["stop"]), 0)
    told = " ".join(texts["warn"]) or "Nothing is missing, out of range or unusual."
    return Gate(name, Outcome.PASSED, told, len(texts["warn"]))


def no_future_data(version: ModelVersion) -> Gate:
    """Check that nothing after the last complete day was learned from, and that no day was scored that was known."""
    name, last_day = "No future data", version.dataset.last_day
    today = version.dataset.created_at.astimezone(version.shop.zone).date()
    if last_day is None or last_day >= today:
        text = "The data reaches into days that were not over."
        return Gate(name, Outcome.FAILED, text, last_day and last_day.isoformat(), today.isoformat())
    is_split = gates.split_in_time(version.metrics, last_day)
    if is_split is None:
        return Gate(name, Outcome.OPEN, "No past weeks were left to check it on.", None, last_day.isoformat())
    if not is_split:
        return Gate(name, Outcome.FAILED, "It was checked on days that were not over.", None, last_day.isoformat())
    told = f"Learned from days up to {words.day(last_day, today)}; each check used only what was known on its day."
    return Gate(name, Outcome.PASSED, told, last_day.isoformat(), today.isoformat())
