"""Real shops for simulations: what our forecast would have said of their past, origin by origin.

A panel is a parquet file of shop | country | unique_id | ds | y. The cheap members speak, as in a shop whose own past
asks for no more; how far they may be off is learned from the origins before, as in training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtest import SCORED_SUM, Members, Recipe
from pipelines.usecases.demand_forecast.ensemble import Cube, pooled_week, weekly_profiles
from pipelines.usecases.demand_forecast.history import History, history_of
from pipelines.usecases.demand_forecast.launches import launch_profiles
from pipelines.usecases.demand_forecast.spread import USUAL_ERROR, USUAL_LEAD_DAYS, dispersion_of, model_error_of

LEAST_PAST = 120  # days before the first origin
BETWEEN_TRIALS, TRIALS = 28, 3
TRAINED_EVERY = 7  # days
PRICE_MINOR = 1_000
TERMS = {"lead_time_days": 14, "review_days": 7, "service_level": 0.95, "cost_share": 0.5, "holding_rate": 0.25}
RULES = [
    "variant_id",
    "vendor",
    "lead_time_days",
    "review_days",
    "cover_days",
    "pack_size",
    "minimum_order",
    "service_level",
    "unit_cost_minor",
]


@dataclass(frozen=True)
class RealShop:
    """One shop's past with prices that are the same for everything: none are known."""

    name: str
    frames: Frames

    @property
    def history(self) -> History:
        """Give its sales, variant by variant."""
        return history_of(self.frames)

    def forecasts(self, every: int, days: int) -> pd.DataFrame:
        """Forecast so many days from every so many days on, each time from what was known by then.

        Writes  variant_id | first_day | origin | mean | dispersion | model_error
        """
        history = self.history
        cuts = [*range(history.n_days - days, LEAST_PAST - 1, -every)][::-1]
        learned = cuts[:: max(1, TRAINED_EVERY // every)]
        trials = {cut - back for cut in learned for back in backs()}
        weeks = weekly_profiles(history.panel, sorted(trials | {*cuts}))
        sums = {cut: sums_from(history, weeks[cut], cut) for cut in trials}
        errors = {cut: model_error_of([sums[cut - back] for back in backs()]) for cut in learned}
        said, error = [], USUAL_ERROR
        for cut in cuts:
            error = errors.get(cut, error)
            said.append(spoken(history, weeks[cut], cut, days).assign(model_error=error))
        return pd.concat(said, ignore_index=True)


def shops(folder: Path) -> Iterator[RealShop]:
    """Read every shop of every panel in a folder."""
    for path in sorted(folder.glob("*.parquet")):
        for name, rows in pd.read_parquet(path).groupby("shop", sort=True):
            sales = rows[["unique_id", "ds", "y"]]
            ids = sales["unique_id"].unique()
            series = pd.DataFrame({"unique_id": ids, "price": PRICE_MINOR, "unit_cost": np.nan, "vendor": ""})
            tables = {
                "daily_sales": sales,
                "series": series,
                "rules": pd.DataFrame(columns=RULES),
                "terms": pd.DataFrame([TERMS]),
            }
            yield RealShop(str(name), Frames(tables, sales["ds"].max().date(), str(rows["country"].iloc[0])))


def backs() -> list[int]:
    """List how many days before an origin those lie from which its doubt is learned."""
    return [BETWEEN_TRIALS * (trial + 1) for trial in range(TRIALS)]


def mean_from(history: History, week: Cube, cut: int, days: int) -> np.ndarray:
    """Forecast from a cut by the cheap members."""
    known = history.until(cut)
    said = Members(known, days, pooled_week(week, known, cut), None, None, launch_profiles(known))
    return said.combine(Recipe()).mean


def sums_from(history: History, week: Cube, cut: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give what sold, what was said and the dispersion of the first two weeks from a cut."""
    known = history.until(cut)
    sold = history.actual(cut, SCORED_SUM).sum(axis=1)
    rows = known.worth_scoring() & np.isfinite(sold)
    said = mean_from(history, week, cut, SCORED_SUM).sum(axis=1, dtype=np.float64)
    return sold[rows], said[rows], dispersion_of(known.panel, USUAL_LEAD_DAYS).by_series[rows]


def spoken(history: History, week: Cube, cut: int, days: int) -> pd.DataFrame:
    """Give a forecast as it is stored, of the variants that were there."""
    known = history.until(cut)
    there = known.age > 0
    return pd.DataFrame(
        {
            "variant_id": history.panel.ids[there],
            "first_day": history.day(cut).astype(object),
            "origin": history.day(cut - 1).astype(object),
            "mean": list(mean_from(history, week, cut, days)[there]),
            "dispersion": dispersion_of(known.panel, USUAL_LEAD_DAYS).by_series[there],
        }
    )
