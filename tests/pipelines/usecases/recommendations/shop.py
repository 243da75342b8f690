"""A shop in which some products belong together: frames, small enough to be looked through."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations.baskets import Baskets, basket_matrix

LAST_DAY = date(2026, 6, 30)
PAIRS = 10  # product 100 + n goes with 200 + n


def lines(*baskets: tuple[Any, ...], day: str = "2026-06-01") -> pd.DataFrame:
    """Give the lines of baskets, each a tuple of products."""
    rows = [(number, product) for number, basket in enumerate(baskets) for product in basket]
    table = pd.DataFrame(rows, columns=["basket", "unique_id"])
    return table.assign(ds=pd.Timestamp(day), customer=None)


def baskets(*held: tuple[Any, ...], day: str = "2026-06-01") -> Baskets:
    """Give baskets, each a tuple of products."""
    table = lines(*held, day=day)
    return basket_matrix(table, pd.Index(sorted(table["unique_id"].unique())))


def purchases(n: int = 1500, *, seed: int = 0, together: float = 0.7, days: int = 200) -> pd.DataFrame:
    """Draw baskets: a product, with some chance its partner, and one that sells anyway; forty shoppers come back."""
    rng = np.random.default_rng(seed)
    pair, day = rng.integers(PAIRS, size=n), np.sort(rng.integers(days, size=n))
    table = []
    for number in range(n):
        held = {100 + pair[number]}
        if rng.random() < together:
            held.add(200 + pair[number])
        held.add(300 + min(int(rng.geometric(0.4)), 9))
        table += [(number, product, day[number], 1000 + 10 * pair[number] + number % 4) for product in held]
    frame = pd.DataFrame(table, columns=["basket", "unique_id", "back", "customer"])
    ds = pd.Timestamp(LAST_DAY) - pd.to_timedelta(days - 1 - frame.pop("back"), unit="D")
    return frame.assign(ds=ds.astype("datetime64[s]"))


def products(**changes: Any) -> pd.DataFrame:
    """Describe the products of `purchases`: three types, one vendor each."""
    ids = [*range(100, 100 + PAIRS), *range(200, 200 + PAIRS), *range(301, 310)]
    kind = [("Lamps", "Shades", "Bulbs")[each // 100 - 1] for each in ids]
    table = pd.DataFrame({"unique_id": ids, "product_type": kind, "vendor": kind})
    table["title"] = [f"{one[:-1]} model {each % 100}" for one, each in zip(kind, ids, strict=True)]
    table["tags"] = [["home"] for _ in ids]
    table["price"] = [10.0 + each % 100 for each in ids]
    table["first_day"] = pd.Timestamp("2025-01-01")
    table["published"] = table["sellable"] = True
    table["twin"] = table["components"] = None
    return table.assign(**changes)


def rules(*rows: tuple[str, Any, Any]) -> pd.DataFrame:
    """Give what the merchant said: rule, product, pick."""
    return pd.DataFrame(rows, columns=["rule", "unique_id", "pick"]).astype({"unique_id": object, "pick": object})


def frames(n: int = 1500, *, asof: date = LAST_DAY, **made: Any) -> Frames:
    """Give the frames of a small shop."""
    return Frames({"purchases": purchases(n, **made), "products": products(), "pick_rules": rules()}, asof)


def of_days(days: int = 60, *, seed: int = 0) -> Frames:
    """Give the frames of a small shop that has been there for so many days."""
    return frames(20 * days, days=days, seed=seed)
