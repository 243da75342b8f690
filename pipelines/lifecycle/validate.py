"""The gates of a version: refused, validated or undecided, each check with a sentence.

Refused: not better than the simple rule on RMSSE, more than 10 % bias, or a profit interval wholly below zero.
Validated: the profit interval wholly above zero, on enough history. Everything else is undecided, and the merchant's;
so is a bias over 10 % whose range reaches into the limit (decision 22).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle import freshness, registry
from pipelines.lifecycle.errors import StaleData
from pipelines.models import ModelVersion
from pipelines.stats import words

MOST_BIAS = 0.10
State = ModelVersion.State


class Verdict(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"  # not proven, or not measured


@dataclass(frozen=True)
class Gate:
    """One check of a version, in words that a merchant can read."""

    name: str
    verdict: Verdict
    text: str
    value: Any = None


def validate_version(version: ModelVersion, *, now: datetime | None = None) -> ModelVersion:
    """Judge a trained version once; a version that was judged stays as it was."""
    gates = gates_of(version, now or timezone.now())
    state = state_of(gates)
    with transaction.atomic():
        trained = ModelVersion.objects.filter(pk=version.pk, state=State.TRAINED)
        if trained.update(state=state, gates=[asdict(gate) for gate in gates]):
            failed = ", ".join(gate.name for gate in gates if gate.verdict is Verdict.FAILED)
            registry.record(version, f"version.{state}", by="system", because=failed or "Checks done")
    version.refresh_from_db()
    return version


def state_of(gates: list[Gate]) -> str:
    """Decide from the checks."""
    verdicts = {gate.verdict for gate in gates}
    if Verdict.FAILED in verdicts:
        return State.REFUSED
    return State.UNDECIDED if Verdict.OPEN in verdicts else State.VALIDATED


def gates_of(version: ModelVersion, now: datetime) -> list[Gate]:
    """Run every check."""
    return [
        fresh_data(version, now),
        no_future_data(version),
        better_than_the_simple_rule(version.metrics),
        little_bias(version.metrics),
        worth_money(version.replay),
    ]


def fresh_data(version: ModelVersion, now: datetime) -> Gate:
    """Check that the orders behind the version are recent."""
    try:
        newest = freshness.require_fresh(version.shop, now)
    except StaleData as error:
        return Gate("Fresh data", Verdict.FAILED, error.sentence)
    hours = max(0, round((now - newest).total_seconds() / 3600))
    return Gate("Fresh data", Verdict.PASSED, f"The newest orders were read {hours} hours ago (limit: 26).", hours)


def no_future_data(version: ModelVersion) -> Gate:
    """Check that nothing after the last complete day was learned from."""
    last_day = version.dataset.last_day
    today = version.dataset.created_at.astimezone(version.shop.zone).date()
    if last_day is None or last_day >= today:
        return Gate("No future data", Verdict.FAILED, "The data reaches into days that were not over.", str(last_day))
    told = f"Learned from days up to {words.day(last_day, today)}; each check used only what was known on its day."
    return Gate("No future data", Verdict.PASSED, told, last_day.isoformat())


def better_than_the_simple_rule(metrics: dict[str, Any]) -> Gate:
    """Check RMSSE against repeating last week's sales."""
    ours, naive = metric(metrics, "candidate", "rmsse"), metric(metrics, "seasonal_naive", "rmsse")
    name = "Smaller errors than the simple rule"
    if ours is None or naive is None or naive == 0:
        return Gate(name, Verdict.OPEN, "Too few past sales to compare with the simple rule.")
    share = ours / naive
    if share >= 1:
        return Gate(name, Verdict.FAILED, "Errors are not smaller than those of repeating last week's sales.", share)
    return Gate(name, Verdict.PASSED, f"Errors are {100 * (1 - share):.0f} % smaller than the simple rule's.", share)


def little_bias(metrics: dict[str, Any]) -> Gate:
    """Check that forecasts are not too high or too low in all."""
    bias = metric(metrics, "candidate", "bias")
    name = "Neither too high nor too low"
    if bias is None:
        return Gate(name, Verdict.OPEN, "Too few past sales to tell whether forecasts are too high or too low.")
    direction = "high" if bias > 0 else "low"
    text = f"Past forecasts were {100 * abs(bias):.1f} % too {direction} in all (limit: 10 %)."
    if abs(bias) <= MOST_BIAS:
        return Gate(name, Verdict.PASSED, text, bias)
    if may_be_chance(metrics):
        return Gate(name, Verdict.OPEN, f"{text} Its range reaches into the limit: chance may explain it.", bias)
    return Gate(name, Verdict.FAILED, text, bias)


def may_be_chance(metrics: dict[str, Any]) -> bool:
    """Say whether a bias within the limit would explain what was seen; one origin of a short history tells nothing."""
    known = metrics.get("bias_range")
    if known is None:
        return metrics.get("evidence") == "thin"
    return bool(known[0] <= MOST_BIAS and known[1] >= -MOST_BIAS)


def worth_money(replay: dict[str, Any]) -> Gate:
    """Check the replayed profit against the simple rule's, with its interval."""
    verdicts = {"better": Verdict.PASSED, "worse": Verdict.FAILED}
    texts = {
        "better": "Ordering by it would have earned more than repeating last week's sales, over the whole range.",
        "worse": "Ordering by it would have earned less than repeating last week's sales, over the whole range.",
        "not_proven": "Not proven: the range of what it would have earned includes zero, or the history is thin.",
    }
    verdict = str(replay.get("verdict", "not_measured"))
    text = texts.get(verdict) or f"Not measured: {replay.get('reason') or 'the history is too short.'}"
    return Gate("Worth money on your own past", verdicts.get(verdict, Verdict.OPEN), text, against_naive(replay))


def against_naive(replay: dict[str, Any]) -> dict[str, Any] | None:
    """Read the replayed profit and its interval against the simple rule."""
    groups = replay.get("versus", {}).get("naive") or [None]
    return groups[0] and {"profit": groups[0]["profit"], "interval": groups[0]["interval"]}


def metric(metrics: dict[str, Any], model: str, name: str) -> float | None:
    """Read one figure of one model from a stored evaluation."""
    value = metrics.get(model, {}).get(name)
    return None if value is None else float(value)
