"""How near the answers of a month came, beside the simple rule's on the same days (METHODS 4b, 4g)."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from django.db.models import F
from django.db.models.functions import Coalesce

from pipelines import words
from pipelines.lifecycle.evidence.months.claims import Asked, Claim, not_measured
from pipelines.lifecycle.monitor.accuracy import DAY, suffix
from pipelines.models import Measurement
from pipelines.stats.inference import days
from pipelines.stats.inference.diebold_mariano import diebold_mariano
from pipelines.usecases import USE_CASES

KEY, UNIT = "accuracy", "usual day"
NOT_WATCHED = "How near its answers come is not measured while it runs."
OF_CHANCES = "the share that ordered in the two weeks before"
Missed = tuple[float, float]  # by the version, by the simple rule


def claim(asked: Asked) -> Claim:
    """Claim by which share the versions that ran missed less than the simple rule; days are what is counted.

    The range decides: it is never narrower than the test of Diebold and Mariano, which is told beside it.
    """
    case = USE_CASES[asked.use_case]
    names = case.monitored.compared if case.monitored else None
    tells_chances = case.monitored is not None and case.monitored.says == "chances"
    title = f"Error, against {OF_CHANCES if tells_chances else case.words.simple_rule}"
    if names is None:
        return not_measured(KEY, title, "share", NOT_WATCHED)
    usual = [missed for day, missed in known(asked, names).items() if day not in asked.apart]
    facts: dict[str, Any] = {"n": len(usual), "counted": UNIT}
    ours, rule = np.array(usual, dtype=np.float64).reshape(-1, 2).T
    total = days.total_of(rule - ours)
    if total is None or rule.sum() <= 0:
        why = f"{words.counted(len(usual), UNIT)} could be judged; a range takes {days.LEAST_DAYS}."
        return not_measured(KEY, title, "share", why, **facts)
    tested = diebold_mariano(ours, rule)
    value, low, high = (each / rule.sum() for each in (total.value, total.low, total.high))
    details = {"missed": float(ours.sum()), "missed_by_rule": float(rule.sum())}
    details |= {"statistic": tested.statistic, "p_value": tested.p_value} if tested else {}
    return Claim(KEY, title, "share", how(case.words.units, tells_chances), value, low, high, **facts, details=details)


def how(units: str, tells_chances: bool) -> str:
    """Say on what the claim stands."""
    if tells_chances:
        return f"Squared errors of the chances that were told, both on the same {units}; a day's first answer counts."
    return f"Units missed a day, both on the same {units} and days; days without stock left out."


def known(asked: Asked, names: tuple[str, str]) -> dict[date, Missed]:
    """Read by how much each day's version and the simple rule missed what happened, as it is known now."""
    metrics = [name + suffix(DAY) for name in names]
    mine = Measurement.objects.for_shop(asked.shop).filter(use_case=asked.use_case, metric__in=metrics, release=None)
    month = mine.filter(starts_at__gte=asked.starts_at, starts_at__lt=asked.ends_at, value__isnull=False)
    rows = month.annotate(newest=Coalesce("restated", F("value"))).order_by("starts_at")
    found: dict[date, dict[str, float]] = {}
    for at, version, metric, newest in rows.values_list("starts_at", "version_id", "metric", "newest"):
        day = at.astimezone(asked.shop.zone).date()
        if newest is not None and asked.live.get(day) == version:
            found.setdefault(day, {})[metric] = newest
    return {day: (each[metrics[0]], each[metrics[1]]) for day, each in found.items() if len(each) == len(metrics)}
