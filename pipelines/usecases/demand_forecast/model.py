"""Learn a shop's demand forecast, and forecast with it from the freshest history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.frames import Matrix, long_from_matrix
from pipelines.usecases.contract import Frames, Progress, silent
from pipelines.usecases.demand_forecast.backtesting.backtest import Members, Parts, Recipe, backtest_of
from pipelines.usecases.demand_forecast.backtesting.spread import (
    USUAL_SHARED,
    Doubt,
    Spread,
    dispersion_of,
    doubt_of_old,
    spread_of,
)
from pipelines.usecases.demand_forecast.learning.baselines import Rule
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.history import History, Vector, history_of
from pipelines.usecases.demand_forecast.learning.launches import Profiles, launch_profiles
from pipelines.usecases.demand_forecast.learning.shop_total import forecast_total
from pipelines.usecases.demand_forecast.learning.trees import Trees

LEAST_HORIZON = 28
FORMAT = 3
ONE_ERROR, NO_SEASON = 1, 2  # earlier formats: 1 knew one error for all horizons, neither knew a season


@dataclass(frozen=True)
class Fitted:
    """Hold what was learned: parameters only, everything else is recomputed from the freshest history."""

    asof: date
    horizon: int
    review_days: int
    lead_days: int
    seed: int
    recipe: Recipe
    dispersion: float
    profiles: Profiles
    trees: Trees | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Forecast:
    """Hold the expected units of each series and day after `origin`, the last day that was known."""

    ids: NDArray[Any]
    origin: date
    mean: Matrix
    spread: Spread
    parts: Parts = field(repr=False)
    uncounted: Vector = field(repr=False)  # units of odd orders in the last 28 days that do not count

    @property
    def horizon(self) -> int:
        """Count the days ahead."""
        return int(self.mean.shape[1])

    def sum_of(self, days: ArrayLike) -> Vector:
        """Give the expected units of the first days; one number of days, or one per series."""
        return _sum_ahead(self.mean, self._checked(days))

    def quantile_of_sum(self, days: ArrayLike, level: ArrayLike) -> Vector:
        """Give the units that demand of the first days stays at or under with probability `level`.

        Days and level are one number, or one per series (METHODS 5a, "Quantiles for stock").
        """
        return self.spread.quantile(days, self.sum_of(days), level)

    def level_parts(self, days: int = LEAST_HORIZON) -> pd.DataFrame:
        """Explain the sum of the first days, part by part; the parts add up to the total.

        Writes  unique_id | recent_level | odd_orders | weekday | last_year | season | new_product | shop_total |
                promotion | total
        """
        reach, p = self._checked(days), self.parts
        cheap, year, season, launch, whole, total = (
            _sum_ahead(step, reach) for step in (p.cheap, p.last_year, p.season, p.launch, p.total, p.mean)
        )
        level = p.week.mean(axis=1, dtype=np.float64) * days
        steps = {
            "recent_level": level + self.uncounted,
            "odd_orders": -self.uncounted,
            "weekday": cheap - level,
            "last_year": year - cheap,
            "season": season - year,
            "new_product": launch - season,
            "shop_total": whole - launch,
            "promotion": total - whole,
            "total": total,
        }
        return pd.DataFrame({"unique_id": self.ids, **steps})

    def _checked(self, days: ArrayLike) -> NDArray[np.int64]:
        asked = np.broadcast_to(np.asarray(days, dtype=np.int64), len(self.ids))
        if asked.size and (asked.min() < 0 or asked.max() > self.horizon):
            raise ValueError(f"the forecast reaches {self.horizon} days, asked for {asked.max()}")
        return asked


def fit(
    frames: Frames,
    *,
    horizon: int | None = None,
    review_days: int = 7,
    lead_days: int = 14,
    seed: int = 0,
    progress: Progress | None = None,
) -> Fitted:
    """Learn which members the shop's own past asks for, and their parameters (METHODS 5a)."""
    report = progress or silent
    backtest = backtest_of(frames, seed=seed, lead_days=lead_days)
    history = backtest.history
    reach = max(LEAST_HORIZON, review_days + lead_days, horizon or 0)
    recipe = backtest.recipe(history.n_days, report)
    report(0.9, "Learning from all of your sales")
    return Fitted(
        asof=history.asof,
        horizon=reach,
        review_days=review_days,
        lead_days=lead_days,
        seed=seed,
        recipe=recipe,
        dispersion=dispersion_of(history.panel, lead_days).pooled,
        profiles=launch_profiles(history),
        trees=backtest.trees(history.n_days, reach) if recipe.uses_trees else None,
    )


def predict_panel(fitted: Fitted, frames: Frames, *, horizon: int | None = None) -> Forecast:
    """Forecast every series from the freshest history; only states are recomputed, no parameter."""
    return forecast_from(fitted, history_of(frames), horizon=horizon or fitted.horizon)


def predict(fitted: Fitted, frames: Frames, *, horizon: int | None = None) -> pd.DataFrame:
    """Forecast units day by day.

    Writes  unique_id | ds | y_hat
    """
    forecast = predict_panel(fitted, frames, horizon=horizon)
    first = np.datetime64(forecast.origin, "D") + 1
    return long_from_matrix(forecast.ids, first, forecast.mean, "y_hat")


def forecast_from(fitted: Fitted, history: History, *, horizon: int) -> Forecast:
    """Forecast from the end of a history."""
    cheap = Cheap(history, [history.n_days])
    week, season = cheap.week(history.n_days), cheap.season(history.n_days, horizon)
    trees = fitted.trees if fitted.recipe.uses_trees else None
    said = Members(
        history=history,
        week=week,
        season=season,
        trees=None if trees is None else trees.predict(history, cheap.cube(history.n_days), week, season),
        total=forecast_total(history, horizon) if fitted.recipe.uses_total else None,
        profiles=fitted.profiles,
    )
    return forecast_of(said, fitted.recipe, fitted.lead_days, fitted.dispersion)


def forecast_of(said: Members, recipe: Recipe, lead_days: int, pooled: float | None = None) -> Forecast:
    """Combine what the members say into a forecast with its spread."""
    parts = said.combine(recipe)
    panel = said.history.panel
    spread = spread_of(panel, parts.mean, dispersion_of(panel, lead_days, pooled).by_series, recipe.doubt)
    return Forecast(panel.ids, said.history.asof, parts.mean, spread, parts, uncounted_of(said.history))


def forecast_by_rule(history: History, horizon: int, rule: Rule, doubt: Doubt, lead_days: int) -> Forecast:
    """Forecast by a plain rule, as doubtful as a version would be."""
    mean, panel = rule.forecast(history.sold_panel, horizon), history.panel
    parts = Parts(week=mean[:, :7], cheap=mean, last_year=mean, season=mean, launch=mean, total=mean, mean=mean)
    spread = spread_of(panel, mean, dispersion_of(panel, lead_days).by_series, doubt)
    return Forecast(panel.ids, history.asof, mean, spread, parts, uncounted_of(history))


def uncounted_of(history: History) -> Vector:
    """Sum up what odd orders of the last 28 days sold beyond what counts, per series."""
    return history.odd.excess(len(history.panel.ids), history.n_days - LEAST_HORIZON)


def dump(fitted: Fitted) -> dict[str, bytes]:
    """Turn what was learned into files: JSON, and the trees as LightGBM's own text."""
    plain = asdict(fitted) | {"format": FORMAT, "asof": fitted.asof.isoformat()}
    files = {}
    if fitted.trees is not None:
        files["trees.txt"] = fitted.trees.text.encode()
        plain["trees"] = {name: value for name, value in asdict(fitted.trees).items() if name != "text"}
    return {"parameters.json": json.dumps(plain, indent=1, sort_keys=True).encode(), **files}


def load(files: Mapping[str, bytes]) -> Fitted:
    """Read what was learned back from its files, also from those of earlier releases."""
    plain = json.loads(files["parameters.json"])
    written = plain.pop("format")
    if written not in (FORMAT, NO_SEASON, ONE_ERROR):
        raise ValueError("parameters.json was written in a format that this release does not read")
    if plain["trees"] is not None:
        plain["trees"] = Trees(text=files["trees.txt"].decode(), **plain["trees"])
    plain["asof"] = date.fromisoformat(plain["asof"])
    plain["recipe"] = _recipe(plain["recipe"], written)
    plain["profiles"] = {kind: tuple(rates) for kind, rates in plain["profiles"].items()}
    return Fitted(**plain)


def _recipe(plain: dict[str, Any], written: int) -> Recipe:
    plain = {"season_power": None} | plain if written in (NO_SEASON, ONE_ERROR) else plain
    if written == ONE_ERROR:
        return Recipe(**plain | {"doubt": doubt_of_old(plain.pop("model_error"))})
    doubt = plain["doubt"]
    errors = tuple(tuple(kind) for kind in doubt["errors"])
    floors = tuple(tuple(tuple(row) for row in table) for table in doubt["floors"])
    shared = tuple(doubt.get("shared", USUAL_SHARED))
    return Recipe(**plain | {"doubt": Doubt(errors, floors, tuple(doubt["chances"]), shared)})


def _sum_ahead(days_ahead: Matrix, days: NDArray[np.int64]) -> Vector:
    total = np.zeros((len(days_ahead), days_ahead.shape[1] + 1))
    np.cumsum(days_ahead, axis=1, dtype=np.float64, out=total[:, 1:])
    return np.asarray(np.take_along_axis(total, days[:, None], axis=1)[:, 0])
