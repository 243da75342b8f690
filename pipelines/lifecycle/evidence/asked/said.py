"""What two versions had said of the same units: remembered from day to day, or logged as each was asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence.asked import outcomes
from pipelines.models import ModelVersion, Shop, own
from pipelines.stats import clock
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Output, PairedWeeks

A_DAY = timedelta(days=1)
ANSWERED = """
    FROM pipelines_predictionlog l
    WHERE l.shop_id = %(shop)s AND l.use_case = %(use_case)s AND l.version_id = %(version)s
        AND l.outcome = 'answered' AND l.score IS NOT NULL
"""
DAYS = f"SELECT DISTINCT (l.at AT TIME ZONE %(zone)s)::date {ANSWERED}"
ROWS = f"""
    SELECT a.unit_id, a.moment, a.day, a.score, a.question, {outcomes.came("a", "%(within)s")}::int AS came FROM (
        SELECT l.unit, l.at, ('x' || substr(encode(l.unit, 'hex'), 1, 15))::bit(60)::bigint AS unit_id,
            extract(epoch FROM l.at) AS moment, (l.at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
            l.score, l.features::text AS question
        {ANSWERED} AND l.at >= %(since)s AND l.at < %(until)s) AS a
    ORDER BY a.moment, a.unit_id
"""
KINDS = frames.columns("unit_id day came", frames.WHOLE) | frames.columns("moment score", frames.REAL)
KINDS |= frames.columns("question", frames.TEXT)


def asked_of(use_case: str) -> PairedWeeks:
    """Give what a use case says of how two of its versions are compared."""
    evidence = USE_CASES[use_case].evidence
    assert isinstance(evidence, PairedWeeks)
    return evidence


def is_remembered(use_case: str) -> bool:
    """Tell whether what versions say is remembered in an output, and not in the log."""
    return bool(asked_of(use_case).said)


def said_in(use_case: str) -> Output:
    """Give the output in which versions are remembered."""
    return USE_CASES[use_case].output(asked_of(use_case).said)


def spoken(shop: Shop, version: ModelVersion) -> set[date]:
    """Give the days from which a version spoke: the day before each on which the log holds an answer of it."""
    if is_remembered(version.use_case):
        rows = own.rows(said_in(version.use_case).table, shop).filter(version=version)
        return set(rows.values_list("origin", flat=True).distinct())
    facts: dict[str, Any] = {"shop": shop.pk, "use_case": version.use_case, "version": version.pk}
    with connection.cursor() as cursor:
        cursor.execute(DAYS, facts | {"zone": shop.timezone})
        return {day - A_DAY for (day,) in cursor.fetchall()}


def rows(shop: Shop, use_case: str, version_id: int, periods: Mapping[date, date], length: int) -> pd.DataFrame:
    """Give what a version had said of some periods, each with the first day of its own.

    Writes  first_day | the columns that the use case reads; from the log: what `logged` writes
    """
    if is_remembered(use_case):
        names, origins = asked_of(use_case).reads, set(periods.values())
        found = frames.said(shop, said_in(use_case), names, version_id, origins)
        named = pd.DataFrame({"first_day": periods.keys(), "origin": periods.values()})
        return found.merge(named, on="origin")
    each = [logged(shop, use_case, version_id, day, length).assign(first_day=day) for day in periods]
    return pd.concat(each, ignore_index=True)


def logged(shop: Shop, use_case: str, version_id: int, first_day: date, length: int) -> pd.DataFrame:
    """Give the answers of a period, and whether an order came of each in time.

    Writes  unit_id | moment (seconds of the epoch) | day | score | question (JSON; missing: not kept) | came
    """
    monitored = USE_CASES[use_case].monitored
    assert monitored
    after = first_day + timedelta(days=length)
    span = {"since": clock.midnight(first_day, shop.zone), "until": clock.midnight(after, shop.zone)}
    facts = {"shop": shop.pk, "use_case": use_case, "version": version_id, "zone": shop.timezone}
    found = frames.read(ROWS, KINDS, **facts, **span, within=monitored.matures_after)
    return found.astype({"came": np.float64})
