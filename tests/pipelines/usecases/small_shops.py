"""A small shop for every use case that the contract is checked with, and what happens next in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd

from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, UseCase
from tests import frames, toy_use_case
from tests.families import visits
from tests.families.visits import frames as visiting
from tests.pipelines.usecases.conversion import shop as checkouts
from tests.pipelines.usecases.offers import shop as offering
from tests.pipelines.usecases.recommendations import shop as baskets
from tests.pipelines.usecases.repeat_orders import shop as customers

NEWCOMER = 999_999
FIRST_DAY = pd.Timestamp(frames.LAST_DAY)
TOMORROW = FIRST_DAY + timedelta(days=1)


@dataclass(frozen=True)
class Small:
    """Frames of so many days; a row of a unit that nobody knew; and what stands out on the day after."""

    make: Callable[..., Frames]
    table: str  # that names units
    new: dict[str, Any] = field(default_factory=dict)
    dated: str = "daily_sales"
    odd: dict[str, Any] = field(default_factory=lambda: {"y": 1e6})
    new_day: pd.Timestamp = TOMORROW
    whole: Callable[..., Frames] | None = None  # with all that a version is learned for, where `make` leaves it out

    def with_newcomer(self, known: Frames) -> Frames:
        return self.longer(known, self.table, known[self.table].tail(1).assign(unique_id=NEWCOMER, **self.new))

    def with_tomorrow(self, known: Frames) -> Frames:
        return self.longer(known, self.dated, known[self.dated].tail(5).assign(ds=self.new_day, **self.odd))

    def longer(self, known: Frames, name: str, rows: pd.DataFrame) -> Frames:
        return Frames({**known.tables, name: pd.concat([known[name], rows])}, known.asof, known.country)


OWN = ("lead_time_days", "review_days", "cover_days", "pack_size", "minimum_order", "service_level", "unit_cost_minor")
TERMS = {"lead_time_days": 14, "review_days": 7, "service_level": 0.95, "weighs_costs": 0, "cost_share": 0.5}
RATES = {"holding_rate": 0.25, "markdown_rate": 0.2}


def that_orders(*args: Any, **changes: Any) -> Frames:
    """Make a shop that sells, with terms to order on."""
    shop = frames.shop_frames(*args, **changes)
    rules, terms = pd.DataFrame(columns=["variant_id", "vendor", *OWN, "order_days"]), pd.DataFrame([TERMS | RATES])
    tables = dict(shop.tables) | {"rules": rules, "terms": terms}
    return Frames(tables | {"series": shop["series"].assign(vendor="Alp", continues=0)}, shop.asof, shop.country)


SMALL_SHOPS = {
    "demand_forecast": Small(frames.shop_frames, "series", {"first_day": FIRST_DAY}, whole=that_orders),
    "recommendations": Small(
        baskets.of_days,
        "products",
        {"title": "A lamp that nobody knew"},
        "purchases",
        {"basket": 999_999},
        new_day=pd.Timestamp(baskets.LAST_DAY) + timedelta(days=1),
    ),
    "offers": Small(
        offering.of_days,
        "decisions",
        dated="decisions",
        odd={"accepted": 1.0, "profit": 1e9},
        new_day=pd.Timestamp(offering.LAST_DAY) + timedelta(days=1),
    ),
    "conversion": Small(
        checkouts.small,
        "moments",
        {"device": "a fridge"},
        "moments",
        {"waited": 0.1},
        new_day=pd.Timestamp(checkouts.LAST_DAY) + timedelta(days=1),
    ),
    "repeat_orders": Small(customers.of_days, "customer_orders", {"ds": FIRST_DAY}, "customer_orders", {"paid": 1e9}),
    "toy": Small(frames.shop_frames, "daily_sales"),
    "visits": Small(
        visiting.shop_frames, "visits", {"ds": FIRST_DAY}, "visits", {"pages": 1000, "is_returning": 1, "ordered": 1.0}
    ),
}


def stored(kind: str, **changes: Any) -> UseCase:
    """Return the visits, stored as another kind of file."""
    names = {"dump": f"formats:dump_{kind}", "load": f"formats:load_{kind}"}
    return dataclasses.replace(visits.USE_CASE, **names | changes)


FORMATS: dict[str, UseCase] = {
    ".json": stored("json"),
    ".npz": stored("npz"),
    ".parquet": stored("parquet"),
    ".txt": stored("trees", fit="formats:fit_trees", predict="formats:predict_trees", score="", questions=""),
}
FAMILIES: dict[str, UseCase] = {
    **USE_CASES,
    "toy": toy_use_case.TOY,
    "visits": visits.USE_CASE,
}
MATRIX: dict[str, UseCase] = FAMILIES | {f"visits as {kind}": case for kind, case in FORMATS.items()}
