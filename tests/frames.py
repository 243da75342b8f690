"""Seeded tidy frames of a small shop, and hypothesis strategies beside them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from pipelines.usecases.contract import Frames

LAST_DAY = date(2026, 11, 22)
WEEKDAY = np.array([0.9, 0.8, 0.9, 1.0, 1.2, 1.4, 0.8])
TYPES = ("Tents", "Stoves", "Socks")


def daily_sales(n_series: int = 3, days: int = 70, seed: int = 0, last_day: date = LAST_DAY) -> pd.DataFrame:
    """Draw daily units, large and small sellers in turn, with a weekday pattern; days without sales have no row.

    Writes  unique_id | ds | y | stockout
    """
    rng = np.random.default_rng(seed)
    dates = pd.date_range(end=last_day, periods=days, freq="D")
    level = 0.3 + 12 / (1 + np.arange(n_series))
    mean = level[:, None] * WEEKDAY[dates.day_of_week.to_numpy()]
    units = rng.negative_binomial(4, 4 / (4 + mean))
    rows = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(1, n_series + 1), days),
            "ds": np.tile(dates, n_series),
            "y": units.reshape(-1).astype("float32"),
            "stockout": np.uint8(2),
        }
    )
    return rows[rows["y"] > 0].reset_index(drop=True)


def series(n_series: int = 3, days: int = 70, last_day: date = LAST_DAY) -> pd.DataFrame:
    """Describe the same series: since when they could sell and what they cost."""
    ids = np.arange(1, n_series + 1)
    price = 1000.0 + 500 * ids
    return pd.DataFrame(
        {
            "unique_id": ids,
            "product_type": [TYPES[number % len(TYPES)] for number in ids],
            "first_day": pd.Timestamp(last_day) - pd.Timedelta(days=days - 1),
            "price": price,
            "unit_cost": price / 2,
            "margin": price / 2,
        }
    )


def customer_orders(customers: int = 60, days: int = 84, seed: int = 0, last_day: date = LAST_DAY) -> pd.DataFrame:
    """Draw orders of customers, each with an interval of its own; a third stop, and some come once.

    Writes  unique_id | ds | order_id | paid
    """
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(1, customers + 1):
        usual, day = float(rng.lognormal(2.5, 0.6)), rng.uniform(0, 20) if customer > 1 else 0.0
        until = day + rng.uniform(1, days) if customer % 3 == 0 else days
        while day < until:
            rows.append((customer, int(day), float(rng.integers(1000, 9000))))
            day += max(1.0, float(rng.gamma(4, usual / 4)))
    table = pd.DataFrame(rows, columns=["unique_id", "day", "paid"])
    table["ds"] = pd.Timestamp(last_day) - pd.to_timedelta(days - 1 - table.pop("day"), unit="D")
    table["order_id"] = np.arange(1, len(table) + 1)
    return table[table["ds"] <= pd.Timestamp(last_day)][["unique_id", "ds", "order_id", "paid"]]


def shop_frames(n_series: int = 3, days: int = 70, seed: int = 0, last_day: date = LAST_DAY) -> Frames:
    """Put the frames of one shop together."""
    tables = {"daily_sales": daily_sales(n_series, days, seed, last_day), "series": series(n_series, days, last_day)}
    return Frames(tables, last_day, "GB")


@st.composite
def sales_frames(draw: st.DrawFn, most_series: int = 4, most_days: int = 60) -> pd.DataFrame:
    """Any long frame of sales: few or many rows, gaps, large orders."""
    n, days = draw(st.integers(1, most_series)), draw(st.integers(28, most_days))
    units = draw(
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, days - 1), st.integers(1, 5000)),
            min_size=1,
            max_size=80,
            unique_by=lambda row: row[:2],
        )
    )
    rows = pd.DataFrame(units, columns=["unique_id", "back", "y"])
    rows["ds"] = pd.Timestamp(LAST_DAY) - pd.to_timedelta(rows.pop("back"), unit="D")
    return rows.astype({"y": "float32"})
