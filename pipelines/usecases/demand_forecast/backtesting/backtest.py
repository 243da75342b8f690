"""The shop's own past, forecast again from earlier origins: what each member said, and what it was worth.

Fit and evaluate share one backtest of the same frames, so that no origin is computed twice. A recipe for an origin is
decided from origins whose scored days lie before it: nothing here reads a day at or after the origin.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np

from pipelines.stats.frames import Ints, Matrix
from pipelines.stats.metrics import rmsse_by_series
from pipelines.stats.splits import rolling_origins
from pipelines.usecases.contract import Frames, Progress, silent
from pipelines.usecases.demand_forecast.backtesting.doubt import Trial, doubt_of, past_cuts, sampled, trial_of
from pipelines.usecases.demand_forecast.backtesting.spread import HORIZONS, LIVELY, Doubt
from pipelines.usecases.demand_forecast.learning.baselines import SAFE_DEFAULT, Rule, rules_for, seasonal_naive
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.ensemble import spread_over
from pipelines.usecases.demand_forecast.learning.history import History, Vector, history_of
from pipelines.usecases.demand_forecast.learning.launches import Profiles, blend_new, launch_profiles
from pipelines.usecases.demand_forecast.learning.season import (
    LEAST_DAYS,
    USUAL_POWER,
    Season,
    losses_of,
    power_of,
    years_before,
)
from pipelines.usecases.demand_forecast.learning.shop_total import YEARLY_DAYS, forecast_total, scale_to_total
from pipelines.usecases.demand_forecast.learning.trees import Trees, grow

SCORED_SUM = 21
TIE = 1.01  # a mean of two forecasts is rarely worse than its parts: so near, it is taken
SAME_SUM = 0.01  # of what sold: a total so near before and after is neither better nor worse
SEASON_DAYS = 28  # of the totals by which the season is judged


@dataclass(frozen=True)
class Recipe:
    """Say which members make the forecast, how far last year's season counts, how wrong it is, and what decided."""

    uses_trees: bool = False
    uses_total: bool = False
    season_power: float | None = USUAL_POWER
    doubt: Doubt = field(default_factory=Doubt)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def model_error(self) -> float:
        """Give the error over three weeks of variants that sell, neither slowly nor steadily."""
        return self.doubt.errors[LIVELY][HORIZONS.index(SCORED_SUM)]


@dataclass(frozen=True)
class Parts:
    """Hold the forecast as it grows: week, its days, last year, trees, launches, the shop's total, promotions."""

    week: Matrix
    cheap: Matrix
    last_year: Matrix
    season: Matrix
    launch: Matrix
    total: Matrix
    mean: Matrix


@dataclass(frozen=True)
class Members:
    """Hold what each member says from one origin."""

    history: History
    week: Matrix
    season: Season
    trees: Matrix | None
    total: Vector | None
    profiles: Profiles

    @property
    def horizon(self) -> int:
        """Count the days ahead."""
        return self.season.horizon

    def combine(self, recipe: Recipe) -> Parts:
        """Average the members that the recipe names, let new products start like their type, follow the total."""
        cheap = spread_over(self.week, self.horizon)
        index = self.season.index(recipe.season_power)
        last_year = cheap * index
        season = self._averaged(last_year, self.trees) if recipe.uses_trees and self.trees is not None else last_year
        launch = blend_new(season, index, self.history, self.profiles)
        total = launch
        if recipe.uses_total and self.total is not None:
            total = scale_to_total(launch, self._in_season(self.total, cheap, recipe.season_power))
        total = np.maximum(total, 0).astype(np.float32)
        lifted = total * self.history.promotions.ahead(self.history.n_days, self.horizon)
        return Parts(self.week, cheap, last_year, season, launch, total, lifted)

    def _averaged(self, last_year: Matrix, trees: Matrix) -> Matrix:
        """Average with the trees, save on weekdays that are closed: theirs is a small number, not none."""
        closed = (last_year == 0) & np.any(self.week, axis=1, keepdims=True)
        return np.where(closed, 0, (last_year + trees) / 2)

    def _in_season(self, total: Vector, cheap: Matrix, power: float | None) -> Vector:
        """Give a total that knows no season yet the season that its variants have, so that it does not flatten it."""
        if self.history.n_days >= YEARLY_DAYS:
            return total
        plain = cheap.sum(axis=0, dtype=np.float64)
        seasoned = (cheap * self.season.without_lift.index(power)).sum(axis=0, dtype=np.float64)
        return np.asarray(total * np.divide(seasoned, plain, out=np.ones_like(plain), where=plain > 0))


@dataclass(frozen=True)
class LookBack:
    """Hold what the cheap forecast said at a past origin of the series that teach, their season, their promotions."""

    rows: Ints
    cheap: Matrix
    season: Season
    lift: Matrix


class Backtest:
    """Forecast a shop's past from earlier origins, each computed once and kept."""

    def __init__(self, history: History, seed: int, lead_days: int) -> None:
        self.history, self.seed, self.lead_days = history, seed, lead_days
        self.plan = rolling_origins(history.n_days)
        self.cheap = Cheap(history, *_all_cuts(history.n_days))
        self._members: dict[tuple[int, int], Members] = {}
        self._trees: dict[tuple[int, int], Trees | None] = {}
        self._recipes: dict[int, Recipe] = {}
        self._past: dict[int, Trial] = {}
        self._looks: dict[int, LookBack] = {}
        self._losses: dict[int, Vector] = {}

    def trees(self, cut: int, horizon: int) -> Trees | None:
        """Train the trees on what was known at a cut."""
        if (cut, horizon) not in self._trees:
            self._trees[cut, horizon] = grow(self.history.until(cut), horizon, self.seed, self.season_power(cut))
        return self._trees[cut, horizon]

    def members(self, cut: int, horizon: int) -> Members:
        """Forecast from a cut with every member."""
        if (cut, horizon) not in self._members:
            known, trees = self.history.until(cut), self.trees(cut, horizon)
            week, season = self.cheap.week(cut), self.cheap.season(cut, horizon)
            self._members[cut, horizon] = Members(
                history=known,
                week=week,
                season=season,
                trees=None if trees is None else trees.predict(known, self.cheap.cube(cut), week, season),
                total=forecast_total(known, horizon),
                profiles=launch_profiles(known),
            )
        return self._members[cut, horizon]

    def season_power(self, n_days: int) -> float:
        """Decide from the origins before a day that have a year before them how far last year's season counts."""
        return power_of(self._season_losses(cut) for cut in past_cuts(n_days) if years_before(cut))

    def recipe(self, n_days: int, progress: Progress = silent) -> Recipe:
        """Decide from the origins before a day which members earn their place, and how wrong the forecast is."""
        if n_days not in self._recipes:
            splits = rolling_origins(n_days)
            trials = []
            for done, cut in enumerate(splits.cuts):
                progress(done / len(splits.cuts), "Trying the forecast on your own past")
                trials.append(self.members(cut, splits.horizon))
            self._recipes[n_days] = replace(self._decide(n_days, trials), doubt=self.doubt(n_days))
        return self._recipes[n_days]

    def doubt(self, n_days: int) -> Doubt:
        """Learn from the origins before a day how wrong the forecast is, for every number of days."""
        return doubt_of(self._tried(cut).until(n_days) for cut in past_cuts(n_days))

    def _tried(self, cut: int) -> Trial:
        if cut not in self._past:
            look = self._looked_back(cut)
            said = look.cheap * look.season.index(self.season_power(cut)) * look.lift
            self._past[cut] = trial_of(self.history.rows(look.rows), said, cut, self.lead_days)
        return self._past[cut]

    def _season_losses(self, cut: int) -> Vector:
        if cut not in self._losses:
            look = self._looked_back(cut)
            usual = self.history.rows(look.rows).usual(cut, SEASON_DAYS)
            self._losses[cut] = losses_of(look.season.first(SEASON_DAYS), look.cheap[:, :SEASON_DAYS], usual)
        return self._losses[cut]

    def _looked_back(self, cut: int) -> LookBack:
        if cut not in self._looks:
            known, days = self.history.until(cut), max(HORIZONS)
            rows = sampled(known)
            lift = known.rows(rows).promotions.ahead(cut, days)
            season = self.cheap.season(cut, days).rows(rows)
            self._looks[cut] = LookBack(rows, spread_over(self.cheap.week(cut)[rows], days), season, lift)
        return self._looks[cut]

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
        said = [self._rmsse(trial, rule.forecast(trial.history.sold_panel, trial.horizon)) for trial in trials]
        scored = np.concatenate(said)
        scored = scored[np.isfinite(scored)]
        return float(scored.mean()) if scored.size else np.nan

    def _decide(self, n_days: int, trials: list[Members]) -> Recipe:
        power, why_season = self.season_power(n_days), self._why_season(n_days)
        if not trials:
            untold = "too little history to test it"
            return Recipe(season_power=power, reasons={"trees": untold, "total": untold, "season": why_season})
        plain = Recipe(season_power=power)
        uses_trees, why_trees = self._trees_pay(trials, plain)
        uses_total, why_total = self._total_pays(trials, replace(plain, uses_trees=uses_trees))
        reasons = {"trees": why_trees, "total": why_total, "season": why_season}
        return Recipe(uses_trees, uses_total, power, reasons=reasons)

    def _why_season(self, n_days: int) -> str:
        if not years_before(n_days):
            return f"needs {LEAST_DAYS} days of history: no week ahead was seen before"
        origins = sum(bool(years_before(cut)) for cut in past_cuts(n_days))
        return f"counts to the power of {self.season_power(n_days):.2f}, by {origins} past origins with a year before"

    def _trees_pay(self, trials: list[Members], plain: Recipe) -> tuple[bool, str]:
        if any(trial.trees is None for trial in trials):
            return False, "too little history to test it"
        joined = replace(plain, uses_trees=True)
        with_trees, without = (
            np.concatenate([self._rmsse(trial, trial.combine(recipe).mean) for trial in trials])
            for recipe in (joined, plain)
        )
        both = np.isfinite(without) & np.isfinite(with_trees)
        if not both.any():
            return False, "nothing sold in the weeks it was tested on"
        a, b = float(with_trees[both].mean()), float(without[both].mean())
        return a < TIE * b, f"RMSSE {a:.3f} with, {b:.3f} without, over {len(trials)} past origins"

    def _total_pays(self, trials: list[Members], plain: Recipe) -> tuple[bool, str]:
        if any(trial.total is None for trial in trials):
            return False, "too little history to test it"
        errors = np.zeros(3)
        for trial in trials:
            sold = np.nansum(self.history.usual(trial.history.n_days, trial.horizon), axis=0)
            naive = seasonal_naive(trial.history.panel, trial.horizon).sum(axis=0)
            errors += [np.abs(trial.total - sold).sum(), np.abs(naive - sold).sum(), sold.sum()]
        if not errors[2]:
            return False, "nothing sold in the weeks it was tested on"
        a, b = errors[:2] / errors[2]
        told = f"daily error of the shop's total {a:.0%}, naive rule {b:.0%}"
        without, scaled = (self._month_errors(trials, replace(plain, uses_total=follows)) for follows in (False, True))
        helped = int(np.sum(scaled <= without + SAME_SUM))
        told = f"{told}; error of the weeks' sum {scaled.mean():.0%} with, {without.mean():.0%} without"
        told = f"{told}, no worse at {helped} of {len(trials)} past origins"
        return bool(a < b and scaled.mean() <= without.mean() and helped == len(trials)), told

    def _month_errors(self, trials: list[Members], recipe: Recipe) -> Vector:
        """Give how far the shop's sum over the horizon was off at each origin, as a share of what sold."""
        sold = [self._actual(trial) for trial in trials]
        said = [np.where(np.isfinite(y), trial.combine(recipe).mean, 0) for y, trial in zip(sold, trials, strict=True)]
        missed = [abs(f.sum(dtype=np.float64) - np.nansum(y)) for y, f in zip(sold, said, strict=True)]
        return np.array(missed) / np.maximum(1.0, [np.nansum(y) for y in sold])

    def _rmsse(self, trial: Members, y_hat: Matrix) -> Vector:
        scored = trial.history.worth_scoring()
        return rmsse_by_series(self._actual(trial)[scored], y_hat[scored], trial.history.daily_scale[scored])

    def _actual(self, trial: Members) -> Vector:
        return self.history.actual(trial.history.n_days, trial.horizon)


def backtest_of(frames: Frames, *, seed: int, lead_days: int) -> Backtest:
    """Give the backtest of these frames, made once."""
    return frames.once(("backtest", seed, lead_days), lambda: Backtest(history_of(frames), seed, lead_days))


def _all_cuts(n_days: int) -> tuple[set[int], set[int]]:
    """List the cuts at which fit and evaluate ask for all members, and those of which only the week is asked."""
    origins = {n_days, *rolling_origins(n_days).cuts}
    asked = origins | {cut for origin in origins for cut in rolling_origins(origin).cuts}
    past = {cut for origin in origins for cut in past_cuts(origin)}
    return asked, past | {earlier for cut in past for earlier in past_cuts(cut) if years_before(earlier)}
