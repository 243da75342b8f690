"""The rows that are watched for drift, day by day: what a model is told, and what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import orjson
import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence.asked.said import said_in
from pipelines.lifecycle.monitor.retrain import PREDICTION
from pipelines.lifecycle.releases import freezes
from pipelines.models import Deployment, Shop
from pipelines.stats import clock
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, Monitored, PairedWeeks, UseCase

LOOKS_BACK = 84  # days: four weeks of windows, and eight weeks of usual days before them
SAMPLED = """
    SELECT (l.at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day, v.id AS version_id, l.score,
        l.features::text
    FROM pipelines_predictionlog l
    LEFT JOIN pipelines_modelversion v ON v.id = l.version_id  -- one that is gone says nothing any more
    WHERE l.shop_id = %(shop)s AND l.use_case = %(use_case)s AND l.at >= %(since)s AND l.at < %(until)s
        AND l.features IS NOT NULL AND l.outcome <> 'alive'
"""
KINDS = {"day": "int64", "version_id": "float64", "score": "float64", "features": "str"}
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Sample:
    """Rows with a `day` and a column for each thing that is watched; features are of no version."""

    version: int | None
    rows: pd.DataFrame
    told_once: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [str(name) for name in self.rows.columns if name != "day"]

    @property
    def counts(self) -> Counter[date]:
        """Count the rows of each day, where several share a feature once."""
        return Counter(self.rows.dropna(subset=[*self.told_once])["day"] if self.told_once else self.rows["day"])


def samples_of(shop: Shop, use_case: str, facts: Frames | None, last: date) -> Iterator[Sample]:
    """Yield what is watched of a use case up to a day of the shop's."""
    monitored = USE_CASES[use_case].monitored
    if monitored is None:
        return
    first = last - timedelta(days=LOOKS_BACK - 1)
    if facts is None:
        yield from asked(shop, use_case, monitored, first, last)
    else:
        yield told(rows_of(USE_CASES[use_case], facts), monitored, first, last)
        if isinstance(USE_CASES[use_case].evidence, PairedWeeks):
            yield said(shop, use_case, monitored, first, last)


# Answers on request: a sample of the questions


def asked(shop: Shop, use_case: str, monitored: Monitored, first: date, last: date) -> Iterator[Sample]:
    """Yield what was asked, and of each version what it said to that."""
    since, until = clock.midnight(first, shop.zone), clock.midnight(last + timedelta(days=1), shop.zone)
    rows = frames.read(SAMPLED, KINDS, shop=shop.pk, use_case=use_case, zone=shop.timezone, since=since, until=until)
    days = [EPOCH + timedelta(days=int(day)) for day in rows["day"]]
    questions = [orjson.loads(each) for each in rows["features"]]
    told = {name: [value_of(question, name) for question in questions] for name in monitored.features}
    yield Sample(None, pd.DataFrame({"day": days} | told))
    scores = pd.DataFrame({"day": days, PREDICTION: rows["score"], "version": rows["version_id"]})
    for version, mine in scores.dropna(subset=["version", PREDICTION]).groupby("version"):
        assert isinstance(version, float)
        yield Sample(int(version), mine.drop(columns="version"))


def value_of(question: Any, name: str) -> Any:
    """Read a feature of a question; what is no single value was not given."""
    value = question.get(name) if isinstance(question, dict) else None
    return None if isinstance(value, dict | list) else value


# Answers for everything once a day


def rows_of(case: UseCase, facts: Frames) -> pd.DataFrame:
    """Give the rows that hold the features: those that the use case makes, else the frame that has them all."""
    assert case.monitored is not None
    if case.monitored.rows:
        made: pd.DataFrame = case.function(case.monitored.rows)(facts)
        return made
    wanted = {"ds", *case.monitored.features}
    table = next((rows for rows in facts.tables.values() if wanted <= set(rows.columns)), None)
    if table is None:
        raise LookupError(f"no frame holds {', '.join(case.monitored.features)}")
    return table


def told(rows: pd.DataFrame, monitored: Monitored, first: date, last: date) -> Sample:
    """Give the features of each unit and day."""
    lately = rows[rows["ds"].between(pd.Timestamp(first), pd.Timestamp(last))]
    return Sample(None, lately[[*monitored.features]].assign(day=lately["ds"].dt.date), monitored.told_once)


def said(shop: Shop, use_case: str, monitored: Monitored, first: date, last: date) -> Sample:
    """Give what the version that runs said of each unit, on the day from which it spoke."""
    version = Deployment.of(shop, use_case).active_id
    origins = [first + timedelta(days=number) for number in range(LOOKS_BACK)]
    names = ("origin", monitored.prediction)
    rows = frames.said(shop, said_in(use_case), names, version, origins)
    values = [float(np.mean(each)) if np.size(each) else np.nan for each in rows[monitored.prediction]]
    return Sample(version, pd.DataFrame({"day": rows["origin"], PREDICTION: values}))


def days_apart(shop: Shop) -> set[date]:
    """Give the days of freezes and of the shop's own events: what happens in them says nothing of usual days."""
    frozen = (clock.days_touched(each.starts_at, each.ends_at, shop.zone) for each in freezes.standing(shop))
    events = (each.days() for each in frames.own_events(shop))
    return {day for days in (*frozen, *events) for day in days}
