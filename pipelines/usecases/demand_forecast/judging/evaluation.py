"""How good the forecast was on the shop's own past, beside the plain rules and the live version (METHODS 4b, 4i).

Every forecast is made from days before its origin; which members take part is decided there, too. The live version
is judged by its recipe from the origins that it had not seen, with members learned again: its own parameters have.
Days out of stock are not scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from scipy.stats import t

from pipelines.stats.frames import Mask, Matrix, Panel
from pipelines.stats.metrics import bias, coverage, mase_by_series, rmsse_by_series, skill, wape
from pipelines.stats.splits import is_thin
from pipelines.usecases.contract import Frames, Progress, silent
from pipelines.usecases.demand_forecast.backtesting.backtest import SCORED_SUM, Backtest, Members, Recipe, backtest_of
from pipelines.usecases.demand_forecast.backtesting.spread import dispersion_of, spread_of
from pipelines.usecases.demand_forecast.judging.comparison import CANDIDATE, CHAMPION, NAIVE, PastLosses, past_losses
from pipelines.usecases.demand_forecast.learning.baselines import SIMPLE_RULES, croston_sba, rules_for
from pipelines.usecases.demand_forecast.learning.history import History, Vector
from pipelines.usecases.demand_forecast.learning.season import years_before
from pipelines.usecases.demand_forecast.model import Fitted

NEW_DAYS = 56
BEST_SHARE = 0.2
LEVEL = 0.95
SLOW_GAP = 1.32  # mean days between sales from which demand counts as intermittent (Syntetos & Boylan 2005)

Figures = dict[str, float | None]


@dataclass(frozen=True)
class Scored:
    """Hold one origin: what sold, what each rule had said, and how to scale it; one row per scored series."""

    actual: Vector
    said: Mapping[str, Matrix]
    covered: Vector
    scale: Vector
    seasonal_scale: Vector
    slices: Mapping[str, Mask]
    peak: Mask

    def rmsse(self, name: str, rows: Mask, days: Mask | slice = slice(None)) -> Vector:
        """Give RMSSE per series, of all days or of some."""
        return rmsse_by_series(self.actual[rows][:, days], self.said[name][rows][:, days], self.scale[rows])

    def mase(self, name: str, rows: Mask) -> Vector:
        """Give MASE per series."""
        return mase_by_series(self.actual[rows], self.said[name][rows], self.seasonal_scale[rows])

    def totals(self, name: str, rows: Mask) -> tuple[Vector, Vector]:
        """Give units and forecast over the whole horizon, days out of stock left out of both."""
        seen = np.isfinite(self.actual[rows])
        sold = np.where(seen, self.actual[rows], 0).sum(axis=1)
        return sold, np.where(seen, self.said[name][rows], 0).sum(axis=1, dtype=np.float64)

    def bias(self, name: str) -> float | None:
        """Give the bias of this origin's total."""
        return bias(*self.totals(name, np.ones(len(self.actual), dtype=bool)))


@dataclass(frozen=True)
class Evaluation:
    """Hold the figures of the candidate, the plain rules and the live version, in all and by slice."""

    figures: Mapping[str, Figures]
    slices: Mapping[str, Mapping[str, Figures]]
    days: Mapping[str, Mapping[str, Figures]]
    horizon: int
    origins: tuple[date, ...]
    history_days: int
    recipe: Recipe
    simple_rule: str
    shares: Mapping[str, float]
    bias_range: tuple[float, float] | None
    by_origin: Mapping[str, Mapping[str, list[float | None]]]
    covered: tuple[tuple[int, int], ...]
    losses: PastLosses

    @property
    def is_thin(self) -> bool:
        """Tell whether the history is too short for a proof (METHODS 4i)."""
        return is_thin(self.history_days)

    def as_dict(self) -> dict[str, Any]:
        """Turn the evaluation into plain values for storage."""
        return {
            **{name: dict(figures) for name, figures in self.figures.items()},
            "slices": {name: {who: dict(given) for who, given in by.items()} for name, by in self.slices.items()},
            "days": {name: {who: dict(given) for who, given in by.items()} for name, by in self.days.items()},
            "horizon": self.horizon,
            "simple_rule": self.simple_rule,
            "simple_rule_words": SIMPLE_RULES[self.simple_rule].words,
            "origins": [origin.isoformat() for origin in self.origins],
            "history_days": self.history_days,
            "evidence": "thin" if self.is_thin else "full",
            "bias_range": None if self.bias_range is None else list(self.bias_range),
            "by_origin": {name: dict(by) for name, by in self.by_origin.items()},
            "covered": [list(pair) for pair in self.covered],
            **self.losses.as_dict(),
            "members": self._members(),
            "model_error": self.recipe.model_error,
            "shares": dict(self.shares),
        }

    def _members(self) -> dict[str, dict[str, Any]]:
        joined = {
            "cheap": True,
            "season": bool(years_before(self.history_days)),
            "trees": self.recipe.uses_trees,
            "total": self.recipe.uses_total,
        }
        return {name: {"joined": yes, "why": self.recipe.reasons.get(name, "")} for name, yes in joined.items()}


def evaluate(
    frames: Frames,
    *,
    champion: Fitted | None = None,
    seed: int = 0,
    lead_days: int = 14,
    progress: Progress | None = None,
) -> Evaluation:
    """Forecast the shop's past from rolling origins and compare with what sold."""
    report = progress or silent
    backtest = backtest_of(frames, seed=seed, lead_days=lead_days)
    origins = []
    for done, cut in enumerate(backtest.plan.cuts):
        report(done / len(backtest.plan.cuts), "Comparing forecasts of past weeks with what sold")
        live = backtest.live_recipe(cut, champion.recipe, champion.asof) if champion else None
        origins.append(score_origin(backtest, cut, live))
    names = list(origins[0].said) if origins else []
    slices = {name: _by_rule(origins, names, name) for name in (origins[0].slices if origins else {})}
    history = backtest.history
    return Evaluation(
        figures=slices.pop("all", {}),
        slices=slices,
        days={"peak_weekdays": _by_days(origins, names, True), "other_weekdays": _by_days(origins, names, False)},
        horizon=backtest.plan.horizon,
        origins=tuple(_day(history, cut) for cut in backtest.plan.cuts),
        history_days=history.n_days,
        recipe=backtest.recipe(history.n_days),
        simple_rule=backtest.simple_rule,
        shares=stockout_shares(frames, history),
        bias_range=bias_range([origin.bias(CANDIDATE) for origin in origins]),
        by_origin=_by_origin(origins, names),
        covered=tuple((int(np.nansum(o.covered)), int(np.isfinite(o.covered).sum())) for o in origins),
        losses=past_losses(frames, backtest, champion.recipe if champion else None),
    )


def bias_range(by_origin: list[float | None]) -> tuple[float, float] | None:
    """Give the 95 % range of the mean bias over origins (Student's t); nothing with fewer than two.

    >>> bias_range([0.1, 0.1, 0.1]), bias_range([0.1])
    ((0.1, 0.1), None)
    """
    known = np.array([value for value in by_origin if value is not None])
    if len(known) < 2:
        return None
    reach = float(t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return round(float(known.mean()) - reach, 6), round(float(known.mean()) + reach, 6)


def score_origin(backtest: Backtest, cut: int, champion: Recipe | None = None) -> Scored:
    """Forecast from one origin by every rule and set it beside what sold."""
    trial = backtest.members(cut, backtest.plan.horizon)
    recipe = backtest.recipe(cut)
    known, rows = trial.history, trial.history.worth_scoring()
    mean = trial.combine(recipe).mean
    said = {CANDIDATE: mean, **baselines(known.sold_panel, trial.horizon, min(backtest.plan.cuts))}
    if champion is not None:
        said[CHAMPION] = trial.combine(champion).mean
    actual = backtest.history.actual(cut, trial.horizon)
    return Scored(
        actual=actual[rows],
        said={name: y_hat[rows] for name, y_hat in said.items()},
        covered=_covered(trial, recipe, actual, backtest.lead_days)[rows],
        scale=known.daily_scale[rows],
        seasonal_scale=known.weekly_scale[rows],
        slices={name: mask[rows] for name, mask in slices_of(known).items()},
        peak=peak_days(known, trial.horizon),
    )


def baselines(panel: Panel, horizon: int, n_days: int) -> dict[str, Matrix]:
    """Forecast by every plain rule that the least of the histories allows."""
    said = {name: rule.forecast(panel, horizon) for name, rule in rules_for(n_days).items()}
    return {**said, "croston_sba": croston_sba(panel, horizon)}


def slices_of(history: History) -> dict[str, Mask]:
    """Sort series by what was known at the origin: new, best-selling, steady or slow."""
    recent = history.units(history.n_days - NEW_DAYS, history.n_days).sum(axis=1, dtype=np.float64)
    is_new = (history.panel.first > 0) & (history.age < NEW_DAYS)
    is_best = ~is_new & (recent > 0) & (recent >= np.quantile(recent, 1 - BEST_SHARE))
    gap = history.age / np.maximum(history.sale_days, 1)
    rest = ~is_new & ~is_best
    return {
        "all": np.ones(len(recent), dtype=bool),
        "new_products": is_new,
        "best_sellers": is_best,
        "steady": rest & (gap <= SLOW_GAP),
        "slow": rest & (gap > SLOW_GAP),
    }


def peak_days(history: History, horizon: int) -> Mask:
    """Mark the days ahead that fall on weekdays which sell more than the average one."""
    back = min(history.n_days, NEW_DAYS) // 7 * 7
    weekday = history.weekday(history.n_days - back, back)
    units = np.bincount(weekday, weights=history.total[history.n_days - back :], minlength=7)
    return np.asarray(units > units.mean())[history.weekday(history.n_days, horizon)]


def stockout_shares(frames: Frames, history: History) -> dict[str, float]:
    """Give the shares of series days that were out of stock (known, suspected) and left out."""
    sales = frames["daily_sales"]
    days = int((history.n_days - history.panel.first).sum())
    if "stockout" not in sales or not days:
        return {"known": 0.0, "suspected": 0.0}
    state = sales["stockout"].to_numpy()
    return {"known": float((state == 1).sum() / days), "suspected": float((state == 3).sum() / days)}


def _covered(trial: Members, recipe: Recipe, actual: Vector, lead_days: int) -> Vector:
    """Say per series whether the first days' sum stayed under its 95 % quantile; NaN where stock ran out."""
    days = min(SCORED_SUM, trial.horizon)
    sold = actual[:, :days].sum(axis=1)
    mean, panel = trial.combine(recipe).mean, trial.history.panel
    spread = spread_of(panel, mean, dispersion_of(panel, lead_days).by_series, recipe.doubt)
    quantile = spread.quantile(days, mean[:, :days].sum(axis=1, dtype=np.float64), LEVEL)
    return np.where(np.isfinite(sold), sold <= quantile, np.nan)


def _by_rule(origins: list[Scored], names: list[str], which: str) -> dict[str, Figures]:
    """Sum up one slice of series, rule by rule."""
    figures = {name: _figures(origins, name, which) for name in names}
    covered = np.concatenate([origin.covered[origin.slices[which]] for origin in origins])
    if CANDIDATE in figures:
        figures[CANDIDATE]["coverage95"] = coverage(np.zeros(len(covered)), np.where(covered == 0, -1.0, covered))
    return figures


def _figures(origins: list[Scored], name: str, which: str) -> Figures:
    rows = [origin.slices[which] for origin in origins]
    pairs = list(zip(origins, rows, strict=True))
    sold, said = (np.concatenate(column) for column in zip(*(o.totals(name, r) for o, r in pairs), strict=True))
    daily = [np.concatenate([o.said[rule][r].ravel() for o, r in pairs]) for rule in (name, NAIVE)]
    actual = np.concatenate([o.actual[r].ravel() for o, r in pairs])
    return {
        "rmsse": _mean(np.concatenate([o.rmsse(name, r) for o, r in pairs])),
        "wape28": wape(sold, said),
        "bias": bias(sold, said),
        "mase": _mean(np.concatenate([o.mase(name, r) for o, r in pairs])),
        "skill": skill(actual, *daily),
        "series": float(max(r.sum() for r in rows)),
    }


def _by_days(origins: list[Scored], names: list[str], peak: bool) -> dict[str, Figures]:
    """Sum up the shop's peak weekdays, or the others, rule by rule."""
    if not origins:
        return {}
    chosen = [origin.peak == peak for origin in origins]
    actual = np.concatenate([o.actual[:, days].ravel() for o, days in zip(origins, chosen, strict=True)])
    found: dict[str, Figures] = {}
    for name in names:
        said, naive = (
            np.concatenate([o.said[rule][:, days].ravel() for o, days in zip(origins, chosen, strict=True)])
            for rule in (name, NAIVE)
        )
        rmsse = [o.rmsse(name, o.slices["all"], days) for o, days in zip(origins, chosen, strict=True)]
        found[name] = {
            "wape": wape(actual, said),
            "bias": bias(actual, said),
            "skill": skill(actual, said, naive),
            "rmsse": _mean(np.concatenate(rmsse)),
            "series": float(max(len(o.actual) for o in origins)),
        }
    return found


def _by_origin(origins: list[Scored], names: list[str]) -> dict[str, dict[str, list[float | None]]]:
    """Give RMSSE origin by origin, for every slice and kind of day: how much of a difference is chance."""
    slices = {
        which: {name: [_mean(o.rmsse(name, o.slices[which])) for o in origins] for name in names}
        for which in (origins[0].slices if origins else {})
    }
    peak = {name: [_mean(o.rmsse(name, o.slices["all"], o.peak)) for o in origins] for name in names}
    return {**slices, "peak_weekdays": peak}


def _mean(values: Vector) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _day(history: History, cut: int) -> date:
    day: date = history.day(cut - 1).astype(object)
    return day
