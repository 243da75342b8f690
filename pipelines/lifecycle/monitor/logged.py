"""The chances that units were answered with, out of the log, and who of them ordered where that is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence.asked import outcomes
from pipelines.models import ModelVersion, Shop
from pipelines.stats import clock
from pipelines.usecases import USE_CASES

DAYS = 34  # that are whole in the log
EPOCH = date(1970, 1, 1)
# A unit counts once a day and version, by its first answer; once in each part of what is asked about, if so wanted.
ANSWERS = """
    SELECT DISTINCT ON (v.version_id, v.day, v.unit, v.part) v.* FROM (
        SELECT l.version_id, CASE WHEN %(apart)s THEN coalesce(l.features ->> 'of', '') ELSE '' END AS part,
            (l.at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day, l.unit, l.at, l.score,
            extract(hour FROM l.at AT TIME ZONE %(zone)s)::int AS hour
        FROM pipelines_predictionlog l JOIN pipelines_modelversion m ON m.id = l.version_id
        WHERE l.shop_id = %(shop)s AND l.use_case = %(use_case)s AND l.at >= %(since)s AND l.at < %(until)s
            AND l.outcome = 'answered' AND l.score IS NOT NULL) AS v
    ORDER BY v.version_id, v.day, v.unit, v.part, v.at
"""
COUNTS = f"SELECT a.version_id, a.day, count(*) AS units FROM ({ANSWERS}) AS a GROUP BY 1, 2 ORDER BY 1, 2"
CHANCES = f"""
    SELECT a.version_id, a.day, a.hour, a.part, a.score,
        CASE WHEN a.day < %(known)s THEN {outcomes.came("a", "%(within)s")}::int END AS came
    FROM ({ANSWERS}) AS a
"""
KINDS = frames.columns("version_id day hour units", frames.WHOLE) | frames.columns("score came", frames.REAL)
KINDS |= frames.columns("part", frames.TEXT)


@dataclass(frozen=True)
class Asked:
    """Whose chances are read, as of a day of the shop's."""

    shop: Shop
    use_case: str
    today: date

    @classmethod
    def of(cls, shop: Shop, use_case: str, now: datetime) -> Asked:
        """Ask as of a moment."""
        return cls(shop, use_case, now.astimezone(shop.zone).date())

    @property
    def share(self) -> str:
        """Name the figure of how many did."""
        return "ordered_share"

    @property
    def within(self) -> timedelta:
        """Return how long a unit has to order."""
        monitored = USE_CASES[self.use_case].monitored
        assert monitored
        return monitored.matures_after

    @property
    def first(self) -> date:
        """Return the first day that is whole in the log."""
        return self.today - timedelta(days=DAYS)

    def midnight(self, day: date) -> datetime:
        """Return when a day began where the shop is."""
        return clock.midnight(day, self.shop.zone)

    def units(self) -> Iterator[tuple[int, dict[date, int]]]:
        """Yield each version with how many units it answered on each day that is over."""
        rows = self.read(COUNTS, self.first, self.today, known=EPOCH)
        for version, mine in rows.groupby("version_id"):
            assert isinstance(version, int)
            yield version, dict(zip(mine["day"], map(int, mine["units"]), strict=True))

    def chances(self, first: date, after: date, known: date, *, apart: bool = False) -> pd.DataFrame:
        """Read what was said on some days, and who ordered of those before `known`; of each part apart if so wanted.

        Writes  version_id | day | hour | part | score | came
        """
        return self.read(CHANCES, max(first, self.first), after, known, apart=apart)

    def read(self, sql: str, first: date, after: date, known: date, *, apart: bool = False) -> pd.DataFrame:
        """Run a statement over some days of the log."""
        facts: dict[str, Any] = {"shop": self.shop.pk, "use_case": self.use_case, "zone": self.shop.timezone}
        facts |= {"since": self.midnight(first), "until": self.midnight(after)}
        rows = frames.read(sql, KINDS, **facts, within=self.within, known=(known - EPOCH).days, apart=apart)
        return rows.assign(day=[EPOCH + timedelta(days=int(day)) for day in rows["day"]])


@dataclass(frozen=True)
class Taken(Asked):
    """Whose chances of a yes are read: out of the table of its own in which picks stand, with what came of them."""

    @property
    def share(self) -> str:
        return "came_share"

    def units(self) -> Iterator[tuple[int, dict[date, int]]]:
        rows = self.chances(self.first, self.today, known=EPOCH)
        for version, mine in rows.groupby("version_id"):
            assert isinstance(version, int)
            counted = mine.groupby("day").size()
            yield version, dict(zip(counted.index, map(int, counted), strict=True))

    def chances(self, first: date, after: date, known: date, *, apart: bool = False) -> pd.DataFrame:
        monitored = USE_CASES[self.use_case].monitored
        assert monitored and monitored.taken
        since, until = self.midnight(max(first, self.first)), max(after, known)
        rows = frames.own(self.shop, monitored.taken, until, self.midnight(until), since=since)
        here = ModelVersion.objects.for_shop(self.shop).filter(use_case=self.use_case).values_list("pk", flat=True)
        told = rows[rows["version"].isin(list(here)) & (rows["score"] > 0) & (rows["ds"] < after)]
        came = told["came"].where(told["ds"] < known)
        return pd.DataFrame(
            {
                "version_id": told["version"].astype("int64"),
                "day": list(told["ds"]),
                "hour": told["hour"].fillna(-1).astype("int64"),
                "part": "",
                "score": told["score"],
                "came": came,
            }
        )


def of(shop: Shop, use_case: str, now: datetime) -> Asked:
    """Ask as of a moment, where what was said and what came of it stand."""
    monitored = USE_CASES[use_case].monitored
    return (Taken if monitored and monitored.taken else Asked).of(shop, use_case, now)


def scores(rows: pd.DataFrame) -> np.ndarray:
    """Give what was said, one a row."""
    return rows["score"].to_numpy(np.float64)


def labels(rows: pd.DataFrame) -> np.ndarray:
    """Give who ordered, one a row; NaN where nobody can know yet."""
    return rows["came"].to_numpy(np.float64)
