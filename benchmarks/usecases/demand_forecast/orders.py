"""What orders cost in a public inventory competition (VN2), under our rule and under those beside it.

A row of a start is one product in one store. At the end of the start week and of the five weeks after it every rule
orders; what is ordered at the end of week t is on the shelf when week t + 3 begins. Sales are what is there and wanted,
the rest is lost. Weeks 3 to 8 after the start count: .2 for each unit in stock at a week's end, 1 for each unit lost.
The forecast is fitted once, on weeks up to the start; its states are read anew each week. The units of a week are read
as sold on its Monday, and a week out of stock as seven days out of stock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.checks import Check, Say, at_most
from benchmarks.usecases.demand_forecast.evidence.replay import UpTo
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import model
from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.model import Forecast
from pipelines.usecases.demand_forecast.ordering.arrival import arrival_policy
from pipelines.usecases.demand_forecast.ordering.policies import FloatArray, Wish, terms

HOLDING, SHORTAGE = 0.2, 1.0  # a unit and week, a unit lost
WANTED = SHORTAGE / (SHORTAGE + HOLDING)
REVIEWS, FIRST_COUNTED, LAST_COUNTED = 6, 3, 8
REVIEW_DAYS, LEAD_DAYS = 7, 14
REACH = REVIEW_DAYS + LEAD_DAYS
SMOOTHED_WEEKS, COVERED_WEEKS, LEAST_FACTOR = 13, 4, 1e-9
TARGETS = {"summer": 3_850, "christmas": 6_750, "spring": 4_050}
MOST_BESIDE_ORGANISER = 0.89

Rule = Callable[[int], Wish]
"""Number of the review -> what is wanted."""


@dataclass(frozen=True)
class Start:
    """One start of the game: rows by weeks, and what lies on the shelves and comes."""

    name: str
    units: pd.DataFrame  # a column for each Monday, the weeks that are played included
    in_stock: pd.DataFrame
    start: pd.DataFrame

    @cached_property
    def week(self) -> int:
        """Give the place of the start week among the columns."""
        return int(np.flatnonzero(self.units.columns == self.start["start_week"].iloc[0])[0])

    def known(self, review: int) -> pd.DataFrame:
        """Give the units of the weeks that are over, NaN where they were not in stock."""
        weeks = slice(None, self.week + review + 1)
        return self.units.iloc[:, weeks].where(self.in_stock.iloc[:, weeks])

    def frames(self, review: int) -> Frames:
        """Give what is known as the forecast reads it."""
        known = self.known(review).reset_index(drop=True).rename_axis("unique_id")
        long = known.melt(ignore_index=False, var_name="ds", value_name="y").reset_index()
        gone = long[long["y"].isna()].assign(y=0.0)
        closed = [gone.assign(ds=gone["ds"] + pd.Timedelta(days=day)) for day in range(7)]
        sales = pd.concat([long.dropna(subset=["y"]).assign(stockout=0), *(rows.assign(stockout=1) for rows in closed)])
        series = pd.DataFrame({"unique_id": known.index, "product_type": self.start["product_group"].astype(str)})
        series = series.assign(first_day=known.columns[0], price=np.nan)
        last_day = (pd.Timestamp(known.columns[-1]) + pd.Timedelta(days=6)).date()
        return Frames({"daily_sales": sales, "series": series}, asof=last_day)


@dataclass(frozen=True)
class Cost:
    """What a rule cost in the weeks that count."""

    holding: float
    lost: float

    @property
    def total(self) -> float:
        return self.holding + self.lost


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Play every start in the folder under each rule; some have a target of their own, and all together have one."""
    if not options["data"]:
        raise SystemExit("Give the folder of starts: manage.py benchmark orders --data DIR")
    checks: list[Check] = []
    ours = organisers = 0.0
    for start in starts(Path(options["data"])):
        costs = {name: play(start, rule) for name, rule in rules(start, options["seed"]).items()}
        arrival, organiser = costs["arrival"], costs["organiser"]
        checks += list(told(start.name, costs))
        ours, organisers = ours + arrival.total, organisers + organiser.total
        say(f"{start.name}: " + ", ".join(f"{name} {cost.total:,.0f}" for name, cost in costs.items()))
    if not checks:
        raise SystemExit(f"There is no start in {options['data']}: a folder with weekly.parquet and start.parquet.")
    return [*checks, at_most("arrival", ours, "cost", MOST_BESIDE_ORGANISER, reference=organisers)]


def told(name: str, costs: dict[str, Cost]) -> Iterator[Check]:
    """Yield the cost of one start under each rule, its parts, and the target where it has one."""
    organiser = costs["organiser"].total
    for rule, cost in costs.items():
        if rule == "arrival" and name in TARGETS:
            yield at_most(f"{name}.{rule}", cost.total, "cost", TARGETS[name])
        else:
            yield Check(f"{name}.{rule}", cost.total, "cost")
        yield Check(f"{name}.{rule}.beside_organiser", cost.total, "cost", organiser, cost.total / organiser)
        yield Check(f"{name}.{rule}.holding", cost.holding, "cost")
        yield Check(f"{name}.{rule}.lost", cost.lost, "cost")


def starts(folder: Path) -> Iterator[Start]:
    """Read every start in a folder; rows are sorted by store and product."""
    for path in sorted(folder.glob("*/start.parquet")):
        weekly = pd.read_parquet(path.with_name("weekly.parquet"))
        units, stocked = (
            weekly.pivot(index=["store", "product"], columns="week", values=name) for name in ("units", "in_stock")
        )
        start = pd.read_parquet(path).sort_values(["store", "product"], ignore_index=True)
        in_stock = stocked.astype("boolean").fillna(True).astype(bool)
        yield Start(path.parent.name, units.astype(float), in_stock, start)


def play(start: Start, rule: Rule) -> Cost:
    """Play the weeks of a start under one rule."""
    on_hand = start.start["on_hand"].to_numpy(dtype=np.float64)
    ways = [start.start[f"arrives_in_{weeks}"].to_numpy(dtype=np.float64) for weeks in (1, 2)]
    holding = lost = 0.0
    for week in range(1, LAST_COUNTED + 1):
        ordered = np.zeros_like(on_hand)
        if week <= REVIEWS:
            receipts = np.zeros((LEAD_DAYS + 1, len(on_hand)))
            receipts[[0, 7]] = ways
            ordered = np.round(np.maximum(rule(week - 1).missing(on_hand, receipts), 0.0))
        on_hand = on_hand + ways[0]
        ways = [ways[1], ordered]
        wanted = start.units.iloc[:, start.week + week].to_numpy(dtype=np.float64)
        missed = np.maximum(wanted - on_hand, 0.0)
        on_hand = np.maximum(on_hand - wanted, 0.0)
        if week >= FIRST_COUNTED:
            holding, lost = holding + HOLDING * float(on_hand.sum()), lost + SHORTAGE * float(missed.sum())
    return Cost(holding, lost)


def rules(start: Start, seed: int) -> dict[str, Rule]:
    """Give our rule, what was ordered before it from the same forecast, and the organiser's rule."""
    fitted = model.fit(start.frames(0), seed=seed)
    count = len(start.start)
    rules = terms(np.ones(count), review_days=REVIEW_DAYS, lead_time_days=LEAD_DAYS, service_level=WANTED, pack_size=1)

    @cache
    def forecast(review: int) -> Forecast:
        return model.forecast_from(fitted, history_of(start.frames(review)), horizon=max(model.LEAST_HORIZON, REACH))

    return {
        "arrival": lambda review: arrival_policy(forecast, rules)(review, np.arange(count)),
        "order_up_to": lambda review: UpTo(forecast(review).quantile_of_sum(REACH, WANTED)),
        "organiser": lambda review: UpTo(np.round(organiser_level(start.known(review)))),
    }


def organiser_level(known: pd.DataFrame) -> FloatArray:
    """Give what the competition's own rule orders up to: four weeks of a seasonal mean.

    The mean of the last 13 weeks in stock, without their season and with that of the weeks ahead; the season is the
    mean of each week of the year over all rows and years, relative to the year.
    """
    week_of = pd.DatetimeIndex(known.columns).isocalendar().week.to_numpy()
    mean = known.mean()
    season = mean.groupby(week_of).mean()
    season = season / season.mean()
    plain = known.div(season.loc[week_of].clip(lower=LEAST_FACTOR).to_numpy())
    level = plain.iloc[:, -SMOOTHED_WEEKS:].mean(axis=1).fillna(0.0).to_numpy()
    ahead = pd.date_range(known.columns[-1], periods=COVERED_WEEKS + 1, freq="7D")[1:]
    factors = season.reindex(ahead.isocalendar().week.to_numpy()).fillna(1.0)
    return np.asarray(level * float(factors.sum()), dtype=np.float64)
