"""What two versions' errors cost, period by period, on the same variants from the same origins (METHODS 4b).

A shop that stocks up to the service-level quantile loses margin where demand was higher and pays for holding where it
was lower. A variant whose stock ran out in a period is not judged there: what it would have sold is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats.decay import MIN_DAYS, alarm_limit, z_scores
from pipelines.stats.frames import Mask, Matrix
from pipelines.stats.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtest import Backtest, Recipe
from pipelines.usecases.demand_forecast.baselines import seasonal_naive
from pipelines.usecases.demand_forecast.history import History, Vector, history_of
from pipelines.usecases.demand_forecast.ordering import Terms
from pipelines.usecases.demand_forecast.spread import (
    PACE_DAYS,
    USUAL_LEAD_DAYS,
    Doubt,
    dispersion_of,
    spread_of,
)
from pipelines.usecases.demand_forecast.stock_inputs import terms_of, variants_with_terms

WEEK = 7
WEEKS_A_YEAR = 52
CANDIDATE, CHAMPION, NAIVE = "candidate", "champion", "seasonal_naive"

Losses = dict[str, list[float]]


@dataclass(frozen=True)
class Said:
    """What one version expected of each variant over a period, and how far it may be off."""

    units: Vector
    dispersion: Vector
    model_error: Vector

    def quantile(self, level: Vector) -> Vector:
        """Give the units that a shop with this service level would hold."""
        return negative_binomial_quantile(
            self.units, sum_variance(self.units, self.dispersion, self.model_error), level
        )

    def take(self, rows: Mask) -> Said:
        """Keep some variants."""
        return Said(self.units[rows], self.dispersion[rows], self.model_error[rows])


@dataclass(frozen=True)
class Prices:
    """What a unit too few and a unit too many cost."""

    terms: Terms
    holding: float  # a year, as a share of unit cost

    def loss(self, sold: Vector, said: Said, rows: Mask, days: int) -> float:
        """Price what was missed of some variants, in minor units; variants that were not seen all the time are none."""
        short = sold - said.quantile(self.terms.service_level[rows])
        per_unit = self.holding / WEEKS_A_YEAR * days / WEEK * self.terms.unit_cost[rows]
        cost = self.terms.margin[rows] * np.maximum(short, 0) + per_unit * np.maximum(-short, 0)
        return float(np.nansum(cost))


def compare(frames: Frames, new: pd.DataFrame, old: pd.DataFrame | None = None, *, days: int = WEEK) -> pd.DataFrame:
    """Price the errors of two versions over the periods that are complete; without an old one, of the simple rule.

    Reads   new, old: variant_id | first_day | origin | mean | dispersion | model_error; one origin a first day
    Writes  first_day | loss | against | units | coverage, in minor units of money; periods that could be judged
    """
    history, prices = history_of(frames), prices_of(frames)
    theirs = None if old is None else by_first_day(old)
    found = []
    for first_day, ours in by_first_day(new).items():
        start = column_of(history, first_day)
        if start + days > history.n_days or (theirs is not None and first_day not in theirs):
            continue
        both = [of_rows(history, ours, start, days)]
        both.append(
            of_the_rule(history, ours, days) if theirs is None else of_rows(history, theirs[first_day], start, days)
        )
        found.append({"first_day": first_day, **judged(history, prices, both, start, days)})
    names = ["first_day", "loss", "against", "units", "coverage"]
    weeks = pd.DataFrame(found, columns=names)
    return weeks[weeks["units"] > 0].reset_index(drop=True)


def by_first_day(rows: pd.DataFrame) -> dict[date, pd.DataFrame]:
    """Take forecasts apart by the period that they are of."""
    return {first_day: rows[rows["first_day"] == first_day] for first_day in sorted(rows["first_day"].unique())}


def judged(history: History, prices: Prices, both: list[Said], start: int, days: int) -> dict[str, Any]:
    """Price one period of the variants that both versions spoke of and that could sell on every day of it."""
    spoken = np.all([np.isfinite(said.units) for said in both], axis=0)
    sold = history.actual(start, days).sum(axis=1)
    rows = spoken & np.isfinite(sold)
    loss, against = (prices.loss(sold[rows], said.take(rows), rows, days) for said in both)
    units = int(rows.sum())
    return {"loss": loss, "against": against, "units": units, "coverage": units / max(1, int(spoken.sum()))}


def of_rows(history: History, rows: pd.DataFrame, start: int, days: int) -> Said:
    """Read stored forecasts of the period that begins at a column; variants without one are unknown."""
    offset = start - column_of(history, rows["origin"].iloc[0]) - 1
    reach = np.stack(rows["mean"].to_list())[:, offset : offset + days]
    if offset < 0 or reach.shape[1] < days:
        raise ValueError(f"the forecast does not reach the {days} days that begin {offset + 1} days after it was made")
    units, spread, error = (np.full(len(history.panel.ids), np.nan) for _ in range(3))
    place = pd.Index(history.panel.ids).get_indexer(pd.Index(rows["variant_id"]))
    known = place >= 0
    units[place[known]] = reach[known].sum(axis=1)
    spread[place[known]] = rows["dispersion"].to_numpy(dtype=np.float64)[known]
    error[place[known]] = rows["model_error"].to_numpy(dtype=np.float64)[known]
    return Said(units, spread, error)


def of_the_rule(history: History, rows: pd.DataFrame, days: int) -> Said:
    """Let the simple rule speak from the same origin, of the variants that were there."""
    known = history.until(column_of(history, rows["origin"].iloc[0]) + 1)
    ahead = column_of(history, rows["first_day"].iloc[0]) - known.n_days
    said = rule_said(known, ahead, days)
    return Said(np.where(known.age > 0, said.units, np.nan), said.dispersion, said.model_error)


def rule_said(known: History, ahead: int, days: int) -> Said:
    """Repeat the last week, with the usual doubt."""
    mean = seasonal_naive(known.panel, max(ahead + days, PACE_DAYS))
    units = mean[:, ahead : ahead + days].sum(axis=1, dtype=np.float64)
    spread = dispersion_of(known.panel, USUAL_LEAD_DAYS).by_series
    return Said(units, spread, spread_of(known.panel, mean, spread, Doubt()).error(WEEK))


def prices_of(frames: Frames) -> Prices:
    """Read margins, costs and service levels as the replay does."""
    ids = history_of(frames).panel.ids
    variants = variants_with_terms(frames).set_index("variant_id").loc[ids].reset_index()
    return Prices(terms_of(variants, frames), float(frames["terms"]["holding_rate"].iloc[0]))


def column_of(history: History, day: date) -> int:
    """Give the place of a day in the history."""
    return int((np.datetime64(day, "D") - history.panel.start).astype(np.int64))


# The same losses on the shop's own past: what is usual


@dataclass(frozen=True)
class PastLosses:
    """Hold what errors cost at the backtest's origins: week by week, and day by day beside the simple rule."""

    weekly: Losses
    daily: Losses

    def as_dict(self) -> dict[str, Any]:
        """Give plain values for storage."""
        return {"weekly_loss": self.weekly, "daily_loss": self.daily, "decay": decay_of(self.daily)}


def past_losses(frames: Frames, backtest: Backtest, champion: Recipe | None) -> PastLosses:
    """Price the forecasts from the backtest's origins, oldest first; nothing where prices are not known."""
    if frames.get("terms") is None or frames.get("series") is None:
        return PastLosses({}, {})
    prices = prices_of(frames)
    weekly: Losses = {}
    daily: Losses = {}
    for cut in sorted(backtest.plan.cuts):
        for name, mean, spread, error in voices(backtest, cut, champion):
            price = pricing(backtest, prices, cut, mean, spread, error)
            weekly.setdefault(name, []).extend(price(WEEK))
            if name != CHAMPION:
                daily.setdefault(name, []).extend(price(1))
    return PastLosses(weekly, daily)


def voices(backtest: Backtest, cut: int, champion: Recipe | None) -> Iterator[tuple[str, Matrix, Vector, Vector]]:
    """Yield what each rule had said from an origin, with its doubt over a week."""
    trial = backtest.members(cut, backtest.plan.horizon)
    panel = trial.history.panel
    spread = dispersion_of(panel, backtest.lead_days).by_series
    recipe = backtest.recipe(cut)
    said = {CANDIDATE: (trial.combine(recipe).mean, recipe.doubt)}
    if champion is not None:
        said[CHAMPION] = trial.combine(champion).mean, champion.doubt
    said[NAIVE] = seasonal_naive(panel, trial.horizon), Doubt()
    for name, (mean, doubt) in said.items():
        bound = spread_of(panel, mean, spread, doubt)
        yield name, mean, bound.scatter(WEEK), bound.error(WEEK)


def pricing(
    backtest: Backtest, prices: Prices, cut: int, mean: Matrix, spread: Vector, error: Vector
) -> Callable[[int], list[float]]:
    """Return what prices a forecast's errors in periods of so many days."""
    was_there = backtest.history.until(cut).age > 0

    def price(days: int) -> list[float]:
        costs = []
        for first in range(0, mean.shape[1] - days + 1, days):
            sold = backtest.history.actual(cut + first, days).sum(axis=1)
            rows = was_there & np.isfinite(sold)
            units = mean[rows, first : first + days].sum(axis=1, dtype=np.float64)
            costs.append(round(prices.loss(sold[rows], Said(units, spread[rows], error[rows]), rows, days), 2))
        return costs

    return price


def decay_of(daily: Losses) -> dict[str, float]:
    """Say what a day's difference from the simple rule is usually, and how much growth is an alarm; else nothing."""
    if len(daily.get(CANDIDATE, [])) < MIN_DAYS:
        return {}
    differences = np.array(daily[CANDIDATE]) - np.array(daily[NAIVE])
    mean, sd = float(differences.mean()), float(differences.std(ddof=1))
    if not sd > 0:
        return {}
    return {"mean": mean, "sd": sd, "limit": alarm_limit(z_scores(differences, mean, sd), seed=0)}
