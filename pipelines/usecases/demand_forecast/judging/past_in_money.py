"""The shop's own past under the new version, the live one and the simple rule, in money (METHODS 4h).

The replay counts the last twelve weeks, fewer where the days before them are needed to fill the shelves. At a review it
forecasts as the version of that day would have: with what was learned at the latest origin before it, and the states of
the day itself. A live version is judged by its recipe since the day it was learned on, learned again at each origin:
what it learned has seen the days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Mask, Matrix
from pipelines.stats.inference.significance import TOTAL_WEEKS
from pipelines.stats.splits import rolling_origins
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtesting.backtest import Backtest, Members, Recipe, backtest_of
from pipelines.usecases.demand_forecast.backtesting.spread import Doubt
from pipelines.usecases.demand_forecast.judging.evaluation import slices_of
from pipelines.usecases.demand_forecast.judging.lost_demand import impute_stockouts
from pipelines.usecases.demand_forecast.judging.replay import (
    HISTORY_BEFORE_START,
    Rates,
    days_needed,
    replay,
    starts_of,
)
from pipelines.usecases.demand_forecast.judging.replay_result import Replay
from pipelines.usecases.demand_forecast.learning.baselines import SIMPLE_RULES
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.history import History, Vector
from pipelines.usecases.demand_forecast.learning.launches import launch_profiles
from pipelines.usecases.demand_forecast.learning.season import Season
from pipelines.usecases.demand_forecast.learning.shop_total import forecast_total
from pipelines.usecases.demand_forecast.learning.trees import Trees
from pipelines.usecases.demand_forecast.model import Fitted, Forecast, forecast_by_rule, forecast_of
from pipelines.usecases.demand_forecast.ordering.arrival import arrival_policy
from pipelines.usecases.demand_forecast.ordering.policies import Policy, Terms
from pipelines.usecases.demand_forecast.ordering.stock_inputs import terms_of, variants_with_terms

WEEK = 7
DRAWS = 64  # a replay asks a hundred times
MOST_WEEKS = 12
GROUPS = {
    "new_products": "New products",
    "best_sellers": "Best-sellers",
    "steady": "Steady sellers",
    "slow": "Slow sellers",
}

RecipeAt = Callable[[int], Recipe]


@dataclass(frozen=True)
class Past:
    """What every policy of a replay looks at."""

    backtest: Backtest
    terms: Terms
    first_counted: int

    @property
    def history(self) -> History:
        """Give the whole history."""
        return self.backtest.history

    @property
    def origins(self) -> tuple[int, ...]:
        """List the days at which something was learned, earliest first."""
        return tuple(sorted({self.first_counted, *rolling_origins(self.history.n_days).cuts}))

    @cached_property
    def censored(self) -> Mask:
        """Mark the days on which a variant was there and its stock was not."""
        return censored_days(self.history)

    @cached_property
    def demand(self) -> Matrix:
        """Give what was wanted every day."""
        return imputed_demand(self.history, self.censored)

    @cached_property
    def starts(self) -> Ints:
        """Give the day on which each variant's warm-up begins."""
        return starts_of(self.demand, self.terms, self.first_counted)

    @property
    def reach(self) -> int:
        """Count the days that the farthest order has to last."""
        return int(self.terms.protection_days.max())

    def origin_before(self, day: int) -> int | None:
        """Give the latest origin at or before a day; none while the replay warms up."""
        return max((cut for cut in self.origins if cut <= day), default=None)

    def review_days(self) -> list[int]:
        """List every day on which some variant is reviewed."""
        pairs = np.unique(np.column_stack([self.starts, self.terms.review_days]), axis=0)
        found = {
            day
            for start, every in pairs.tolist()
            if start >= HISTORY_BEFORE_START
            for day in range(start, self.history.n_days, every)
        }
        return sorted(found)


def replay_past(frames: Frames, fitted: Fitted, *, champion: Fitted | None = None) -> Replay:
    """Replay the past by the fitted recipe, by the live one where there is one, and by the simple rule."""
    backtest = backtest_of(frames, seed=fitted.seed, lead_days=fitted.lead_days)
    variants = variants_with_terms(frames).set_index("variant_id").loc[backtest.history.panel.ids].reset_index()
    rules = terms_of(variants, frames)
    past = Past(backtest, rules, first_counted_of(backtest.history.n_days, rules))
    shop = frames["terms"].iloc[0]
    return replay(
        past.demand,
        past.terms,
        policies_of(past, champion),
        first_counted=past.first_counted,
        first_day=pd.Timestamp(past.history.day(past.first_counted)).date(),
        opening_stock=opening_stock(past, frames["stock_history"]),
        rates=Rates(holding=float(shop["holding_rate"]), markdown=float(shop["markdown_rate"])),
        groups=variant_groups(past),
        day_groups=day_groups(past.history),
        imputed=past.censored,
    )


def first_counted_of(n_days: int, rules: Terms) -> int:
    """Count twelve weeks, or what is left after the days that most shelves need, as long as eight weeks are left.

    >>> from pipelines.usecases.demand_forecast.ordering.policies import terms
    >>> [first_counted_of(days, terms([1.0])) for days in (365, 140, 120, 100)]
    [281, 56, 56, 44]
    """
    longest, shortest = n_days - WEEK * MOST_WEEKS, n_days - WEEK * TOTAL_WEEKS
    return max(longest, min(days_needed(rules), shortest), HISTORY_BEFORE_START)


def opening_stock(past: Past, levels: pd.DataFrame) -> Vector:
    """Give what was left when each variant's replay starts, NaN where that is not known.

    Reads   unique_id | ds | on_hand, at the end of days with a change
    """
    eve = pd.to_datetime(past.history.panel.start) + pd.to_timedelta(past.starts - 1, unit="D")
    starts = pd.DataFrame({"unique_id": past.history.panel.ids.astype(np.int64), "ds": eve.astype("datetime64[ns]")})
    known = levels.astype({"ds": "datetime64[ns]"}).sort_values("ds")
    found = pd.merge_asof(starts.reset_index().sort_values("ds"), known, on="ds", by="unique_id")
    return found.sort_values("index")["on_hand"].to_numpy(dtype=np.float64)


def policies_of(past: Past, champion: Fitted | None) -> dict[str, Policy]:
    """Give every policy the same cheap members, computed in one pass over the days."""
    days = past.review_days()
    cheap = Cheap(past.history, days)
    season = lru_cache(maxsize=1)(lambda day: cheap.season(day, past.reach))
    total = lru_cache(maxsize=None)(lambda day: total_from(past, day))
    policies = {"candidate": forecasts_by(past, past.backtest.recipe, cheap, season, total)}
    if champion is not None:
        policies["champion"] = forecasts_by(past, lambda cut: live_at(past, champion, cut), cheap, season, total)
    policies["naive"] = by_the_simple_rule(past)
    return policies


def live_at(past: Past, champion: Fitted, cut: int) -> Recipe:
    """Give what the live version would have forecast by at an origin."""
    return past.backtest.live_recipe(cut, champion.recipe, champion.asof)


def by_the_simple_rule(past: Past) -> Policy:
    """Order by the strongest simple rule, with the candidate's own idea of how far a forecast may be off."""
    rule = SIMPLE_RULES[past.backtest.simple_rule]

    @lru_cache(maxsize=1)
    def forecast_before(day: int) -> Forecast:
        origin = past.origin_before(day)
        doubt = Doubt() if origin is None else past.backtest.recipe(origin).doubt
        return forecast_by_rule(past.history.until(day), past.reach, rule, doubt, past.backtest.lead_days)

    return arrival_policy(forecast_before, past.terms, DRAWS)


def forecasts_by(
    past: Past,
    recipe_at: RecipeAt,
    cheap: Cheap,
    season: Callable[[int], Season],
    total: Callable[[int], Vector | None],
) -> Policy:
    """Order by the forecast that a recipe would have made on each review day."""

    @lru_cache(maxsize=1)
    def forecast_before(day: int) -> Forecast:
        origin = past.origin_before(day)
        recipe = recipe_at(origin) if origin is not None else Recipe()
        known = past.history.until(day)
        grown = trees_of(past, origin) if recipe.uses_trees and origin is not None else None
        week, ahead = cheap.week(day), season(day)
        said = Members(
            history=known,
            week=week,
            season=ahead,
            trees=None if grown is None else grown.predict(known, cheap.cube(day), week, ahead),
            total=total(day) if recipe.uses_total else None,
            profiles=launch_profiles(known),
        )
        return forecast_of(said, recipe, past.backtest.lead_days)

    return arrival_policy(forecast_before, past.terms, DRAWS)


def trees_of(past: Past, origin: int) -> Trees | None:
    """Give the trees that were grown at an origin."""
    return past.backtest.trees(origin, rolling_origins(past.history.n_days).horizon)


def total_from(past: Past, day: int) -> Vector | None:
    """Forecast the shop's total on the last weekly occasion, as seen from a day since."""
    since = (day - past.first_counted) % WEEK
    if day - since < WEEK:
        return None
    total = forecast_total(past.history.until(day - since), past.reach + since)
    return None if total is None else total[since:]


def censored_days(history: History) -> Mask:
    """Mark the days on which a variant was there and its stock was not."""
    columns = np.arange(history.n_days)
    return ~history.panel.seen & (columns >= history.panel.first[:, None])


def imputed_demand(history: History, censored: Mask) -> Matrix:
    """Fill days without stock by their neighbours; before its first day a variant has neither demand nor neighbours."""
    if not censored.any():
        return history.known
    demand = impute_stockouts(history.known, ~history.panel.seen)
    return np.where(censored | history.panel.seen, demand, np.float32(0))


def variant_groups(past: Past) -> dict[str, Mask]:
    """Sort variants by what was known when the counting began."""
    slices = slices_of(past.history.until(past.first_counted))
    return {words: slices[name] for name, words in GROUPS.items() if slices[name].any()}


def day_groups(history: History) -> dict[str, NDArray[np.bool_]]:
    """Tell the weekdays that sell more than the average one from the others."""
    weekday = history.weekday(0, history.n_days)
    mean = np.array([history.total[weekday == day].mean() if np.any(weekday == day) else 0.0 for day in range(WEEK)])
    peak = (mean > mean.mean())[weekday]
    return {"Peak days": peak, "Other days": ~peak}
