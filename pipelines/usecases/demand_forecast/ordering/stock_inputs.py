"""What the merchant knows, brought into the form that stock decisions read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.delivery_times import LEVELS, median_of
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.ordering.policies import Terms, price_of_being_wrong, terms

FloatArray = NDArray[np.float64]
Panel = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

WEEK = 7
RULES = ("lead_time_days", "review_days", "service_level")


@dataclass(frozen=True)
class Override:
    """The merchant's own number of units over a period."""

    variant_id: int
    units: float
    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        """Count the days, both ends included."""
        return (self.last_day - self.first_day).days + 1


def apply_overrides(
    mean: Panel, variant_ids: IntArray, overrides: Iterable[Override], *, today: date
) -> tuple[Panel, BoolArray]:
    """Put the merchant's own units in place of ours, later ones over earlier ones, and say for which variants.

    What has passed of a period takes its even share of the units; what is ahead keeps the shape of our forecast.
    """
    changed, own = mean.copy(), np.zeros(len(mean), dtype=np.bool_)
    row_of = {int(variant): row for row, variant in enumerate(variant_ids)}
    for override in overrides:
        row = row_of.get(override.variant_id)
        first = (override.first_day - today).days
        start, stop = max(first, 0), min(first + override.days, mean.shape[1])
        if row is None or start >= stop:
            continue
        ahead = override.units * (stop - start) / override.days
        changed[row, start:stop] = _shaped(mean[row, start:stop], ahead)
        own[row] = True
    return changed, own


def _shaped(profile: Panel, units: float) -> Panel:
    total = float(profile.sum())
    return profile / total * units if total > 0 else np.full_like(profile, units / len(profile))


def location_shares(stock: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """Give each location its share of the variant's demand by what it sold, after one unit spread evenly.

    Reads   stock: variant_id | location_id | ..., sold: variant_id | location_id | units
    Writes  stock with demand_share
    """
    known = stock.merge(sold, on=["variant_id", "location_id"], how="left")
    by_variant = known["variant_id"]
    units = known["units"].fillna(0.0).clip(lower=0.0) + 1 / by_variant.groupby(by_variant).transform("size")
    return stock.assign(demand_share=(units / units.groupby(by_variant).transform("sum")).to_numpy())


def resolve_rules(variants: pd.DataFrame, rules: pd.DataFrame, defaults: Mapping[str, float | None]) -> pd.DataFrame:
    """Fill each variant's rules from its own, else its vendor's, else the shop's; None leaves a gap.

    Reads   variants: variant_id | vendor | ..., rules: variant_id | vendor | lead_time_days | ... with gaps
    Writes  variants with one column per default
    """
    own = rules[rules["variant_id"].notna()].set_index("variant_id")
    vendors = rules[rules["variant_id"].isna()].set_index("vendor")
    filled = {}
    for name, default in defaults.items():
        value = variants["variant_id"].map(own[name].astype(float))
        value = value.fillna(variants["vendor"].map(vendors[name].astype(float)))
        filled[name] = value if default is None else value.fillna(default)
    return variants.assign(**filled)


def measured_times(variants: pd.DataFrame, lead_times: pd.DataFrame) -> FloatArray:
    """Give the measured days that deliveries of each variant take (variants x levels).

    Reads   variants: variant_id | vendor | lead_time_days | ..., lead_times: variant_id | vendor | days
    Writes  NaN where nothing was measured, or something else is known of the variant itself
    """
    of_variant = lead_times["variant_id"].notna()
    own, vendors = lead_times[of_variant].set_index("variant_id"), lead_times[~of_variant].set_index("vendor")
    days = variants["variant_id"].map(own["days"])
    days = days.where(days.notna(), variants["vendor"].map(vendors["days"]))
    holds = days.notna() & (days.map(median_of, na_action="ignore").astype("float64") == variants["lead_time_days"])
    found = np.full((len(variants), len(LEVELS)), np.nan)
    if holds.any():
        found[holds.to_numpy()] = np.array(days[holds].tolist(), dtype=np.float64)
    return found


def variants_with_terms(frames: Frames) -> pd.DataFrame:
    """Give the series with the rules that hold for each: its own, else its vendor's, else the shop's."""
    of_the_shop = frames["terms"].iloc[0]
    defaults: dict[str, float | None] = {name: float(of_the_shop[name]) for name in RULES}
    defaults |= {"cover_days": None, "pack_size": 1.0, "minimum_order": 0.0, "unit_cost_minor": None, "order_days": 0.0}
    variants = frames["series"].rename(columns={"unique_id": "variant_id", "price": "price_minor"})
    if of_the_shop["weighs_costs"]:
        defaults["service_level"] = None
    resolved = resolve_rules(variants, frames["rules"], defaults)
    resolved["unit_cost_minor"] = resolved["unit_cost_minor"].fillna(resolved["unit_cost"])
    resolved["service_level"] = resolved["service_level"].fillna(weighed(resolved, of_the_shop))
    return resolved.drop(columns="unit_cost")


def on_order_days(variants: pd.DataFrame, today: date) -> pd.DataFrame:
    """Let what is ordered today go out on its supplier's next order day, and last until what goes out after it comes.

    Reads   variants: lead_time_days | review_days | order_days (a bit for each weekday, 0: any) | ...
    Writes  variants with lead_time_days from today to the arrival, and review_days from that arrival to the next one
    """
    days = variants["order_days"].astype("int64").tolist()
    waits = [days_until_taken(each, today.weekday()) for each in days]
    known = zip(days, waits, variants["review_days"].tolist(), strict=True)
    between = [
        review + days_until_taken(each, today.weekday() + wait + math.ceil(review)) for each, wait, review in known
    ]
    return variants.assign(lead_time_days=variants["lead_time_days"] + waits, review_days=between)


def days_until_taken(order_days: int, weekday: int) -> int:
    """Count the days from a weekday (Monday: 0) until an order is taken.

    >>> [days_until_taken(0b10, weekday) for weekday in (0, 1, 2, 8)], days_until_taken(0, 3)
    ([1, 0, 6, 0], 0)
    """
    return next((wait for wait in range(WEEK) if order_days >> (weekday + wait) % WEEK & 1), 0)


def weighed(variants: pd.DataFrame, of_the_shop: pd.Series) -> pd.Series:
    """Give the wanted probability of each variant by its margin and what holding it costs."""
    price = variants["price_minor"].astype(float).fillna(0.0)
    cost = variants["unit_cost_minor"].astype(float).fillna(price * float(of_the_shop["cost_share"]))
    wanted = price_of_being_wrong(price, cost, variants["review_days"], float(of_the_shop["holding_rate"]))
    return pd.Series(wanted, index=variants.index)


def terms_of(variants: pd.DataFrame, frames: Frames) -> Terms:
    """Bring the shop's terms into the form that the replay reads."""
    return terms(
        variants["price_minor"],
        unit_cost=variants["unit_cost_minor"],
        review_days=variants["review_days"],
        lead_time_days=variants["lead_time_days"],
        service_level=variants["service_level"],
        pack_size=variants["pack_size"],
        minimum_order=variants["minimum_order"],
        continues=variants["continues"],
        cost_share=float(frames["terms"]["cost_share"].iloc[0]),
    )
