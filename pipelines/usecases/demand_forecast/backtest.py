"""The shop's own past, forecast again from earlier origins: what each member said, and what it was worth.

Fit and evaluate share one backtest of the same frames, so that no origin is computed twice. A recipe for an origin is
decided from origins whose scored days lie before it: nothing here reads a day at or after the origin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np

from pipelines.stats.frames import Matrix
from pipelines.stats.metrics import rmsse_by_series
from pipelines.stats.splits import rolling_origins
from pipelines.usecases.contract import Frames, Progress, silent
from pipelines.usecases.demand_forecast.baselines import SAFE_DEFAULT, Rule, rules_for, seasonal_naive
from pipelines.usecases.demand_forecast.doubt import Trial, doubt_of, past_cuts, trial_of
from pipelines.usecases.demand_forecast.ensemble import Cube, pooled_week, spread_over, weekly_profiles
from pipelines.usecases.demand_forecast.history import History, Vector, history_of
from pipelines.usecases.demand_forecast.launches import Profiles, blend_new, launch_profiles
from pipelines.usecases.demand_forecast.shop_total import forecast_total, scale_to_total
from pipelines.usecases.demand_forecast.spread import HORIZONS, LIVELY, Doubt
from pipelines.usecases.demand_forecast.trees import Trees, grow

SCORED_SUM = 21


@dataclass(frozen=True)
class Recipe:
    """Say which members make the forecast, how wrong it is, and what decided that."""

    uses_trees: bool = False
    uses_total: bool = False
    doubt: Doubt = field(default_factory=Doubt)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def model_error(self) -> float:
        """Give the error over three weeks of variants that sell, neither slowly nor steadily."""
        return self.doubt.errors[LIVELY][HORIZONS.index(SCORED_SUM)]


@dataclass(frozen=True)
class Parts:
    """Hold the forecast as it grows: cheap week, with trees, with launches of new products, with the shop's total."""

    week: Matrix
    cheap: Matrix
    season: Matrix
    launch: Matrix
    mean: Matrix


@dataclass(frozen=True)
class Members:
    """Hold what each member says from one origin."""

    history: History
    horizon: int
    week: Matrix
    trees: Matrix | None
    total: Vector | None
    profiles: Profiles

    def combine(self, recipe: Recipe) -> Parts:
        """Average the members that the recipe names, let new products start like their type, follow the total."""
        cheap = spread_over(self.week, self.horizon)
        season = (cheap + self.trees) / 2 if recipe.uses_trees and self.trees is not None else cheap
        launch = blend_new(season, self.history, self.profiles)
        follows = recipe.uses_total and self.total is not None
        mean = scale_to_total(launch, self.total) if follows and self.total is not None else launch
        return Parts(self.week, cheap, season, launch, np.maximum(mean, 0).astype(np.float32))


class Backtest:
    """Forecast a shop's past from earlier origins, each computed once and kept."""

    def __init__(self, history: History, seed: int, lead_days: int) -> None:
        self.history, self.seed, self.lead_days = history, seed, lead_days
        self.plan = rolling_origins(history.n_days)
        self._weeks = weekly_profiles(history.panel, sorted(_all_cuts(history.n_days)))
        self._members: dict[tuple[int, int], Members] = {}
        self._trees: dict[tuple[int, int], Trees | None] = {}
        self._recipes: dict[int, Recipe] = {}
        self._past: dict[int, Trial] = {}

    def cubes(self, cut: int) -> Cube:
        """Give the four cheap members at a cut."""
        if cut not in self._weeks:
            self._weeks |= weekly_profiles(self.history.panel, [cut])
        return self._weeks[cut]

    def trees(self, cut: int, horizon: int) -> Trees | None:
        """Train the trees on what was known at a cut."""
        if (cut, horizon) not in self._trees:
            self._trees[cut, horizon] = grow(self.history.until(cut), horizon, self.seed)
        return self._trees[cut, horizon]

    def members(self, cut: int, horizon: int) -> Members:
        """Forecast from a cut with every member."""
        if (cut, horizon) not in self._members:
            known, cubes, trees = self.history.until(cut), self.cubes(cut), self.trees(cut, horizon)
            week = pooled_week(cubes, known, cut)
            self._members[cut, horizon] = Members(
                history=known,
                horizon=horizon,
                week=week,
                trees=None if trees is None else trees.predict(known, cubes, week, horizon),
                total=forecast_total(known, horizon),
                profiles=launch_profiles(known),
            )
        return self._members[cut, horizon]

    def recipe(self, n_days: int, progress: Progress = silent) -> Recipe:
        """Decide from the origins before a day which members earn their place, and how wrong the forecast is."""
        if n_days not in self._recipes:
            splits = rolling_origins(n_days)
            trials = []
            for done, cut in enumerate(splits.cuts):
                progress(done / len(splits.cuts), "Trying the forecast on your own past")
                trials.append(self.members(cut, splits.horizon))
            self._recipes[n_days] = replace(self._decide(trials), doubt=self.doubt(n_days))
        return self._recipes[n_days]

    def doubt(self, n_days: int) -> Doubt:
        """Learn from the origins before a day how wrong the forecast is, for every number of days."""
        missing = [cut for cut in past_cuts(n_days) if cut not in self._weeks]
        self._weeks |= weekly_profiles(self.history.panel, missing)
        return doubt_of(self._tried(cut).until(n_days) for cut in past_cuts(n_days))

    def _tried(self, cut: int) -> Trial:
        if cut not in self._past:
            week = pooled_week(self.cubes(cut), self.history.until(cut), cut)
            self._past[cut] = trial_of(self.history, week, cut, self.lead_days)
        return self._past[cut]

    @cached_property
    def simple_rule(self) -> str:
        """Name the plain rule with the smallest errors on the past origins: what a version has to beat."""
        errors = {name: self._rule_error(rule) for name, rule in rules_for(min(self.plan.cuts, default=0)).items()}
        known = {name: error for name, error in errors.items() if np.isfinite(error)}
        return min(known, key=lambda name: known[name], default=SAFE_DEFAULT)

    def live_recipe(self, n_days: int, recipe: Recipe, learned_on: date) -> Recipe:
        """Give the live version's recipe where it was known by then; before that, what was decided then runs for both.

        A recipe that had seen the scored days would win by hindsight.
        """
        known = self.history.day(n_days - 1) >= np.datetime64(learned_on, "D")
        return recipe if known else self.recipe(n_days)

    def _rule_error(self, rule: Rule) -> float:
        trials = [self.members(cut, self.plan.horizon) for cut in self.plan.cuts]
        said = [self._rmsse(trial, rule.forecast(trial.history.panel, trial.horizon)) for trial in trials]
        scored = np.concatenate(said)
        scored = scored[np.isfinite(scored)]
        return float(scored.mean()) if scored.size else np.nan

    def _decide(self, trials: list[Members]) -> Recipe:
        if not trials:
            return Recipe(reasons={"trees": "too little history to test it", "total": "too little history to test it"})
        uses_trees, why_trees = self._trees_pay(trials)
        uses_total, why_total = self._total_pays(trials, uses_trees)
        return Recipe(uses_trees, uses_total, reasons={"trees": why_trees, "total": why_total})

    def _trees_pay(self, trials: list[Members]) -> tuple[bool, str]:
        if any(trial.trees is None for trial in trials):
            return False, "too little history to test it"
        without = np.concatenate([self._rmsse(trial, trial.combine(Recipe()).mean) for trial in trials])
        with_trees = np.concatenate(
            [self._rmsse(trial, trial.combine(Recipe(uses_trees=True)).mean) for trial in trials]
        )
        both = np.isfinite(without) & np.isfinite(with_trees)
        if not both.any():
            return False, "nothing sold in the weeks it was tested on"
        a, b = float(with_trees[both].mean()), float(without[both].mean())
        return a < b, f"RMSSE {a:.3f} with, {b:.3f} without, over {len(trials)} past origins"

    def _total_pays(self, trials: list[Members], uses_trees: bool) -> tuple[bool, str]:
        if any(trial.total is None for trial in trials):
            return False, "too little history to test it"
        errors = np.zeros(3)
        for trial in trials:
            sold = np.nansum(self._actual(trial), axis=0)
            naive = seasonal_naive(trial.history.panel, trial.horizon).sum(axis=0)
            errors += [np.abs(trial.total - sold).sum(), np.abs(naive - sold).sum(), sold.sum()]
        if not errors[2]:
            return False, "nothing sold in the weeks it was tested on"
        a, b = errors[:2] / errors[2]
        told = f"daily error of the shop's total {a:.0%}, naive rule {b:.0%}"
        plain, scaled = (self._month_error(trials, Recipe(uses_trees, follows)) for follows in (False, True))
        return bool(
            a < b and scaled <= plain
        ), f"{told}; error of the weeks' sum {scaled:.0%} with, {plain:.0%} without"

    def _month_error(self, trials: list[Members], recipe: Recipe) -> float:
        """Give the error of the shop's sum over the horizon, as a share of what sold."""
        sold = [self._actual(trial) for trial in trials]
        said = [np.where(np.isfinite(y), trial.combine(recipe).mean, 0) for y, trial in zip(sold, trials, strict=True)]
        missed = sum(abs(float(f.sum(dtype=np.float64) - np.nansum(y))) for y, f in zip(sold, said, strict=True))
        return missed / max(1.0, sum(float(np.nansum(y)) for y in sold))

    def _rmsse(self, trial: Members, y_hat: Matrix) -> Vector:
        scored = trial.history.worth_scoring()
        return rmsse_by_series(self._actual(trial)[scored], y_hat[scored], trial.history.daily_scale[scored])

    def _actual(self, trial: Members) -> Vector:
        return self.history.actual(trial.history.n_days, trial.horizon)


def backtest_of(frames: Frames, *, seed: int, lead_days: int) -> Backtest:
    """Give the backtest of these frames, made once."""
    return frames.once(("backtest", seed, lead_days), lambda: Backtest(history_of(frames), seed, lead_days))


def _all_cuts(n_days: int) -> Iterable[int]:
    """List every cut that fit and evaluate will ask for: the origins, and the origins before each of them."""
    origins = rolling_origins(n_days).cuts
    before = {cut for origin in (n_days, *origins) for cut in (*rolling_origins(origin).cuts, *past_cuts(origin))}
    return {n_days, *origins, *before}
