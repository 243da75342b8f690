"""How near the answers of a month came, beside the simple rule's on the same days (METHODS 4b, 4g)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import F
from django.db.models.functions import Coalesce

from pipelines import words
from pipelines.lifecycle.evidence.months.claims import Asked, Claim, not_measured
from pipelines.lifecycle.monitor.accuracy import DAY, MONTH, suffix
from pipelines.lifecycle.results.months import walk
from pipelines.models import Measurement
from pipelines.stats import clock
from pipelines.stats.inference import days
from pipelines.stats.inference.diebold_mariano import diebold_mariano
from pipelines.usecases import USE_CASES
from pipelines.usecases.wording import Words

KEY, UNIT = "accuracy", "usual day"
NOT_WATCHED = "How near its answers come is not measured while it runs."
WHOSE = ("version_id", "starts_at")
MISSED_CHANCES = "Squared errors of the chances that were told"
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
    return Claim(KEY, title, "share", how(case.words, tells_chances), value, low, high, **facts, details=details)


def how(spoken: Words, tells_chances: bool) -> str:
    """Say on what the claim stands."""
    if tells_chances:
        return f"{MISSED_CHANCES}, both on the same {spoken.units}; a day's first answer counts."
    return f"{spoken.page.missed}, both on the same {spoken.units} and days."


def of_28_days(asked: Asked) -> dict[str, Any] | None:
    """Set the errors of 28 days in all beside the simple rule's: of the newest that ended in the month.

    How much less was missed day by day has the range of Diebold and Mariano, as Harvey, Leybourne and Newbold corrected
    it: it takes days to have no memory of each other and may be too narrow, so it marks nothing.
    """
    monitored = USE_CASES[asked.use_case].monitored
    if monitored is None or monitored.totals is None or monitored.compared is None:
        return None
    ours, rule = (name + suffix(MONTH) for name in monitored.totals)
    ended = figures(asked).filter(ends_at__gt=asked.starts_at, ends_at__lte=asked.ends_at).order_by("-ends_at")
    of_rule = {(version, at): newest for version, at, newest in ended.filter(metric=rule).values_list(*WHOSE, "newest")}
    mine = ended.filter(metric=ours).values_list(*WHOSE, "newest", "n")
    for version, at, newest, units in mine:
        first = at.astimezone(asked.shop.zone).date()
        last = first + timedelta(days=MONTH - 1)
        if asked.live.get(last) == version and (version, at) in of_rule:
            spans = {"starts_at": at, "ends_at": clock.midnight(last + timedelta(days=1), asked.shop.zone)}
            span = replace(asked, **spans, live=dict.fromkeys(walk(first, last), version))
            missed = [each for day, each in known(span, monitored.compared).items() if day not in asked.apart]
            told = {"first": first.isoformat(), "last": last.isoformat(), "n": units, "value": newest}
            return told | {"rule": of_rule[version, at], "less": less(missed)}
    return None


def less(missed: Sequence[Missed]) -> dict[str, Any] | None:
    """Give by which share of the simple rule's errors less was missed day by day; of too few days nothing."""
    ours, rule = np.array(missed, dtype=np.float64).reshape(-1, 2).T
    tested = diebold_mariano(rule, ours)
    if tested is None or rule.mean() <= 0:
        return None
    value, low, high = (each / float(rule.mean()) for each in (tested.mean, tested.low, tested.high))
    return {"value": value, "low": low, "high": high, "n": tested.n, "p_value": tested.p_value}


def figures(asked: Asked) -> Any:
    """Keep a model's figures that have a value, as it is known now."""
    mine = Measurement.objects.for_shop(asked.shop).filter(use_case=asked.use_case, release=None, value__isnull=False)
    return mine.annotate(newest=Coalesce("restated", F("value")))


def known(asked: Asked, names: tuple[str, str]) -> dict[date, Missed]:
    """Read by how much each day's version and the simple rule missed what happened, as it is known now."""
    metrics = [name + suffix(DAY) for name in names]
    month = figures(asked).filter(metric__in=metrics, starts_at__gte=asked.starts_at, starts_at__lt=asked.ends_at)
    rows = month.order_by("starts_at")
    found: dict[date, dict[str, float]] = {}
    for at, version, metric, newest in rows.values_list("starts_at", "version_id", "metric", "newest"):
        day = at.astimezone(asked.shop.zone).date()
        if newest is not None and asked.live.get(day) == version:
            found.setdefault(day, {})[metric] = newest
    return {day: (each[metrics[0]], each[metrics[1]]) for day, each in found.items() if len(each) == len(metrics)}
