"""How good the chances were that visitors were answered with, once it is known what came of them (METHODS 4d).

A chance is that of an order of the unit within the time after which outcomes are known for good, or that what was
picked for it is taken. Each day that has matured is judged once, for every version that answered and for the simple
rule: the share of the two weeks before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.monitor import accuracy, expected, logged
from pipelines.lifecycle.monitor.accuracy import DAY, Found, Speaker
from pipelines.lifecycle.monitor.logged import Asked, labels, scores
from pipelines.models import Shop
from pipelines.stats.drift.accuracy import probabilities
from pipelines.usecases import USE_CASES
from pipelines.usecases.watching import MISSED

LEARNED = timedelta(days=14)  # before a day; their share of orders is the simple rule


def are_said(use_case: str) -> bool:
    """Tell whether a use case says on request how likely its units order, or take what it picks."""
    monitored = USE_CASES[use_case].monitored
    return monitored is not None and monitored.says != "amounts"


def judge(shop: Shop, use_case: str, now: datetime) -> int:
    """Judge the days that have matured, and estimate of those that have not; return how many are new."""
    asked = logged.of(shop, use_case, now)
    units = dict(asked.units())
    return judge_days(asked, units, now) + sum(expected.estimate(asked, each, of) for each, of in units.items())


def judge_days(asked: Asked, units: Mapping[int, Mapping[date, int]], now: datetime) -> int:
    """Judge who spoke on the matured days of which nobody did; without fresh orders nobody's outcomes are known."""
    newest = freshness.newest_pull_at(asked.shop)
    if newest is None:
        return 0
    until = min(newest, now).astimezone(asked.shop.zone).date()
    each = {speaker: accuracy.unjudged(speaker, DAY, speaker.spoken) for speaker in speakers(asked, units, until)}
    due = {speaker: days for speaker, days in each.items() if days}
    if not due:
        return 0
    first, last = min(map(min, due.values())), max(map(max, due.values()))
    rows = asked.chances(first - LEARNED, last + timedelta(days=1), known=until - asked.within)
    for speaker, days in due.items():
        accuracy.keep(speaker, DAY, judged(speaker, days, rows, asked.share))
    return sum(map(len, due.values()))


def speakers(asked: Asked, units: Mapping[int, Mapping[date, int]], until: date) -> Iterator[Speaker]:
    """Yield the simple rule with every day on which somebody answered, and each version with its own."""
    everyone = frozenset(day for days in units.values() for day in days)
    yield Speaker(asked.shop, asked.use_case, None, everyone, until)
    for version, days in units.items():
        yield Speaker(asked.shop, asked.use_case, version, frozenset(days), until)


def judged(speaker: Speaker, days: set[date], rows: pd.DataFrame, share: str) -> Found:
    """Work out the figures of some days, with of how many units."""
    found: dict[date, tuple[int, Mapping[str, Any]]] = {}
    for day in sorted(days):
        mine, rule = rows[rows["day"] == day], usual_share(rows, day)
        if speaker.version is not None:
            mine = mine[mine["version_id"] == speaker.version]
        said = np.full(len(mine), rule) if speaker.version is None else scores(mine)
        found[day] = len(mine), figures(labels(mine), said, rule, share)
    return found


def usual_share(rows: pd.DataFrame, day: date) -> float:
    """Return which share of the units of the two weeks before a day ordered; NaN where nobody came."""
    before = labels(rows[(rows["day"] < day) & (rows["day"] >= day - LEARNED)])
    return float((before.sum() + 1) / (len(before) + 2)) if len(before) else float("nan")


def figures(came: np.ndarray, said: np.ndarray, rule: float, share: str) -> dict[str, float]:
    """Give the figures of one day's chances, and what they missed beside the simple rule on the same units."""
    found = probabilities.accuracy(came, said)
    missed, by_rule = ((each - came) ** 2 for each in (said, np.full(len(came), rule)))
    return dict(zip(MISSED, (float(missed.sum()), float(by_rule.sum())), strict=True)) | {
        "log_loss": found.log_loss,
        "brier": found.brier,
        "auc": found.auc,
        "calibration_error": found.ece_equal_mass,
        "calibration_z": found.calibration_z,
        share: found.rate.value,
    }
