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

from pipelines.models import StockRule
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtesting.backtest import Backtest, Members, Recipe
from pipelines.usecases.demand_forecast.backtesting.spread import USUAL_LEAD_DAYS, dispersion_of, spread_of
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.history import History, history_of
from pipelines.usecases.demand_forecast.learning.launches import launch_profiles

FORECAST_DAYS = 28
LEAST_PAST = 120  # days before the first origin
WEEK, TRAINED_EVERY = 7, 28  # days
PRICE_MINOR = 1_000
TERMS = {"lead_time_days": 14, "review_days": 7, "service_level": 0.95, "cost_share": 0.5, "holding_rate": 0.25}
TERMS |= {"weighs_costs": 0}
RULES = ["variant_id", "vendor", *StockRule.FIELDS, "order_days"]


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
        backtest = Backtest(history, seed=0, lead_days=USUAL_LEAD_DAYS)
        cheap = Cheap(history, (), cuts)
        said, recipe = [], Recipe()
        for cut in cuts:
            if cut in learned:
                recipe = Recipe(season_power=backtest.season_power(cut), doubt=backtest.doubt(cut))
            said.append(spoken(cheap, cut, days, recipe))
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
                "series": series.assign(continues=0),
                "rules": pd.DataFrame(columns=RULES),
                "terms": pd.DataFrame([TERMS]),
            }
            yield RealShop(str(name), Frames(tables, sales["ds"].max().date(), str(rows["country"].iloc[0])))


def spoken(cheap: Cheap, cut: int, days: int, recipe: Recipe) -> pd.DataFrame:
    """Give a forecast from a cut as it is stored, of the variants that were there."""
    known, season = cheap.history.until(cut), cheap.season(cut, max(days, FORECAST_DAYS))
    said = Members(known, cheap.week(cut), season, None, None, launch_profiles(known))
    mean = said.combine(recipe).mean
    spread = spread_of(known.panel, mean, dispersion_of(known.panel, USUAL_LEAD_DAYS).by_series, recipe.doubt)
    there = known.age > 0
    return pd.DataFrame(
        {
            "variant_id": known.panel.ids[there],
            "first_day": known.day(known.n_days).astype(object),
            "origin": known.asof,
            "mean": list(mean[there, :days]),
            "dispersion": spread.scatter(WEEK)[there],
            "model_error": spread.error(WEEK)[there],
        }
    )
