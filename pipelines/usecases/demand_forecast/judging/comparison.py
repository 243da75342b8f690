"""What two versions' errors cost, period by period, on the same variants from the same origins (METHODS 4b).

A shop that stocks up to the service-level quantile loses margin where demand was higher. A unit too many is priced as
that service level says it is: at 95 % nineteen of them weigh as much as one that is missing. Only so is the true
quantile the cheapest one to hold; with the plain cost of holding in its place, forecasts twice too high looked cheap.
A variant whose stock ran out in a period is not judged there: what it would have sold is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats.frames import Mask, Matrix
from pipelines.stats.inference.decay import alarm_limit, block_means
from pipelines.stats.inference.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtesting.backtest import Backtest, Recipe
from pipelines.usecases.demand_forecast.backtesting.spread import (
    PACE_DAYS,
    USUAL_LEAD_DAYS,
    Doubt,
    dispersion_of,
    spread_of,
)
from pipelines.usecases.demand_forecast.learning.baselines import seasonal_naive
from pipelines.usecases.demand_forecast.learning.history import History, Vector, history_of
from pipelines.usecases.demand_forecast.ordering.policies import Terms
from pipelines.usecases.demand_forecast.ordering.stock_inputs import terms_of, variants_with_terms

WEEK = 7
LEAST_APART = 0.1  # of the old version's total: two versions that say almost the same prove little of one another
CANDIDATE, CHAMPION, NAIVE = "candidate", "champion", "seasonal_naive"

Losses = dict[str, list[float]]


@dataclass(frozen=True)
class Said:
    """What one version expected of each variant on each day of a period, and how far the sum may be off."""

    daily: Matrix
    dispersion: Vector
    model_error: Vector

    @property
    def units(self) -> Vector:
        """Give the units of the whole period."""
        return np.asarray(self.daily.sum(axis=1, dtype=np.float64))

    def quantile(self, level: Vector) -> Vector:
        """Give the units that a shop with this service level would hold."""
        return negative_binomial_quantile(
            self.units, sum_variance(self.units, self.dispersion, self.model_error), level
        )

    def take(self, rows: Mask) -> Said:
        """Keep some variants."""
        return Said(self.daily[rows], self.dispersion[rows], self.model_error[rows])


def loss_of(terms: Terms, sold: Vector, said: Said, rows: Mask) -> float:
    """Price what was missed of some variants, in minor units; variants that were not seen all the time are none."""
    level = terms.service_level[rows]
    short = sold - said.quantile(level)
    weighed = np.where(short > 0, short, -short * (1 - level) / level)
    return float(np.nansum(terms.margin[rows] * weighed))


def compare(frames: Frames, new: pd.DataFrame, old: pd.DataFrame | None = None, *, days: int = WEEK) -> pd.DataFrame:
    """Price the errors of two versions over the periods that are complete; without an old one, of the simple rule.

    Reads   new, old: variant_id | first_day | origin | mean | dispersion | model_error; one origin a first day
    Writes  first_day | loss | against | bets | units | coverage; both losses in minor units of money, `bets` as
            `level_bets` gives them; periods that could be judged
    """
    history, terms = history_of(frames), prices_of(frames)
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
        found.append({"first_day": first_day, **judged(history, terms, both, start, days)})
    names = ["first_day", "loss", "against", "bets", "units", "coverage"]
    weeks = pd.DataFrame(found, columns=names)
    return weeks[weeks["units"] > 0].reset_index(drop=True)


def by_first_day(rows: pd.DataFrame) -> dict[date, pd.DataFrame]:
    """Take forecasts apart by the period that they are of."""
    return {first_day: rows[rows["first_day"] == first_day] for first_day in sorted(rows["first_day"].unique())}


def judged(history: History, terms: Terms, both: list[Said], start: int, days: int) -> dict[str, Any]:
    """Price one period of the variants that both versions spoke of and that could sell on every day of it."""
    spoken = np.all([np.isfinite(said.units) for said in both], axis=0)
    sold = history.actual(start, days)
    rows = spoken & np.isfinite(sold).all(axis=1)
    loss, against = (loss_of(terms, sold[rows].sum(axis=1), said.take(rows), rows) for said in both)
    bets = level_bets(sold[rows].sum(axis=0), *(said.daily[rows].sum(axis=0, dtype=np.float64) for said in both))
    units = int(rows.sum())
    return {
        "loss": loss,
        "against": against,
        "bets": bets,
        "units": units,
        "coverage": units / max(1, int(spoken.sum())),
    }


def level_bets(sold: Vector, new: Vector, old: Vector) -> dict[str, float]:
    """Say by how much further the new version's level was off, from the shop's days and from their sum.

    Each lies between -1 (as much nearer as the versions differ) and 1, and needs no scale from the past.
    """
    whole = (each.sum(keepdims=True) for each in (sold, new, old))
    return {"daily_totals": further_off(sold, new, old), "period_total": further_off(*whole)}


def further_off(sold: Vector, new: Vector, old: Vector) -> float:
    """Set the difference of two versions' errors beside how far they are apart (METHODS 4b).

    >>> further_off(np.array([10.0]), np.array([20.0]), np.array([10.0]))
    1.0
    """
    apart = max(float(np.abs(new - old).sum()), LEAST_APART * float(old.sum()))
    missed = np.abs(sold - new).sum() - np.abs(sold - old).sum()
    return float(np.clip(missed / apart, -1, 1)) if apart > 0 else 0.0


def of_rows(history: History, rows: pd.DataFrame, start: int, days: int) -> Said:
    """Read stored forecasts of the period that begins at a column; variants without one are unknown."""
    offset = start - column_of(history, rows["origin"].iloc[0]) - 1
    reach = np.stack(rows["mean"].to_list())[:, offset : offset + days]
    if offset < 0 or reach.shape[1] < days:
        raise ValueError(f"the forecast does not reach the {days} days that begin {offset + 1} days after it was made")
    daily = np.full((len(history.panel.ids), days), np.nan)
    spread, error = (np.full(len(history.panel.ids), np.nan) for _ in range(2))
    place = pd.Index(history.panel.ids).get_indexer(pd.Index(rows["variant_id"]))
    known = place >= 0
    daily[place[known]] = reach[known]
    spread[place[known]] = rows["dispersion"].to_numpy(dtype=np.float64)[known]
    error[place[known]] = rows["model_error"].to_numpy(dtype=np.float64)[known]
    return Said(daily, spread, error)


def of_the_rule(history: History, rows: pd.DataFrame, days: int) -> Said:
    """Let the simple rule speak from the same origin, of the variants that were there."""
    known = history.until(column_of(history, rows["origin"].iloc[0]) + 1)
    ahead = column_of(history, rows["first_day"].iloc[0]) - known.n_days
    said = rule_said(known, ahead, days)
    return Said(np.where(known.age[:, None] > 0, said.daily, np.nan), said.dispersion, said.model_error)


def rule_said(known: History, ahead: int, days: int) -> Said:
    """Repeat the last week, with the usual doubt."""
    mean = seasonal_naive(known.sold_panel, max(ahead + days, PACE_DAYS))
    spread = dispersion_of(known.panel, USUAL_LEAD_DAYS).by_series
    error = spread_of(known.panel, mean, spread, Doubt()).error(WEEK)
    return Said(mean[:, ahead : ahead + days], spread, error)


def prices_of(frames: Frames) -> Terms:
    """Read margins and service levels as the replay does."""
    ids = history_of(frames).panel.ids
    variants = variants_with_terms(frames).set_index("variant_id").loc[ids].reset_index()
    return terms_of(variants, frames)


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
    terms = prices_of(frames)
    weekly: Losses = {}
    daily: Losses = {}
    for cut in sorted(backtest.plan.cuts):
        for name, mean, spread, error in voices(backtest, cut, champion):
            price = pricing(backtest, terms, cut, mean, spread, error)
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
    said[NAIVE] = seasonal_naive(trial.history.sold_panel, trial.horizon), Doubt()
    for name, (mean, doubt) in said.items():
        bound = spread_of(panel, mean, spread, doubt)
        yield name, mean, bound.scatter(WEEK), bound.error(WEEK)


def pricing(
    backtest: Backtest, terms: Terms, cut: int, mean: Matrix, spread: Vector, error: Vector
) -> Callable[[int], list[float]]:
    """Return what prices a forecast's errors in periods of so many days."""
    was_there = backtest.history.until(cut).age > 0

    def price(days: int) -> list[float]:
        costs = []
        for first in range(0, mean.shape[1] - days + 1, days):
            sold = backtest.history.actual(cut + first, days).sum(axis=1)
            rows = was_there & np.isfinite(sold)
            said = Said(mean[rows, first : first + days], spread[rows], error[rows])
            costs.append(round(loss_of(terms, sold[rows], said, rows), 2))
        return costs

    return price


def decay_of(daily: Losses) -> dict[str, Any]:
    """Keep what the difference from the simple rule usually is, and how much growth is an alarm; nothing without."""
    if not daily.get(CANDIDATE):
        return {}
    differences = np.array(daily[CANDIDATE]) - np.array(daily[NAIVE])
    usual = block_means(differences).round(2).tolist()
    return {"usual": usual, "limit": round(alarm_limit(len(usual)), 4)}
