"""A large shop, trained and its table written, in a process of its own: seconds of one core, and memory.

1,000,000 order lines over 5,000 products; popularity and pairs as a believable store has them. What the process has
cost is printed as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.usecases.recommendations.rig import references
from pipelines.usecases.contract import Frames

LINES, PRODUCTS, DAYS, SHOPPERS = 1_000_000, 5_000, 365, 60_000
MEAN_LINES = 4.0  # in a basket, beside a partner
PAIRED = 0.1  # of the products have a partner that comes along in three baskets of ten
ASOF = date(2026, 6, 30)


def frames(seed: int, lines: int = LINES, products: int = PRODUCTS) -> Frames:
    """Draw the shop."""
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, products + 1) ** 0.95
    sizes = rng.geometric(1 / MEAN_LINES, size=int(lines / MEAN_LINES))
    basket = np.repeat(np.arange(len(sizes)), sizes)
    product = rng.choice(products, len(basket), p=popularity / popularity.sum())
    partner = rng.permutation(products)
    along = (product < PAIRED * products) & (rng.random(len(product)) < 0.3)
    basket, product = np.append(basket, basket[along]), np.append(product, partner[product[along]])
    basket, product = basket[:lines], product[:lines]
    day = np.sort(rng.integers(DAYS, size=len(sizes)))[basket]
    ds = pd.Timestamp(ASOF) - pd.to_timedelta(DAYS - 1 - day, unit="D")
    shopper = rng.integers(SHOPPERS, size=len(sizes))[basket]
    bought = pd.DataFrame({"basket": basket, "ds": ds, "unique_id": product, "customer": shopper})
    ids = np.arange(products)
    words = rng.choice(["oak", "steel", "wool", "linen", "glass", "paper", "small", "large"], (products, 2))
    catalogue = pd.DataFrame({"unique_id": ids, "title": [" ".join(pair) for pair in words], "price": 10.0})
    kind = np.char.add("type ", (ids % 20).astype(str))
    catalogue = catalogue.assign(product_type=kind, vendor=kind, published=True, sellable=True)
    return Frames({"purchases": bought, "products": catalogue}, ASOF)


def ours(seed: int) -> dict[str, float]:
    """Train, and write tonight's table."""
    from pipelines.usecases.recommendations import model, serving

    shop = frames(seed)
    before, began = most_mb(), time.process_time()
    fitted = model.fit(shop, seed=seed)
    trained = time.process_time() - began
    table = serving.recommend(fitted, shop)
    with tempfile.TemporaryDirectory() as folder:
        table.to_parquet(Path(folder) / "table.parquet")
    spent = time.process_time() - began
    return {"seconds": spent, "trained": trained, "rows": len(table), "mb": most_mb(), "mb_before": before}


def most_mb() -> float:
    """Give the most memory that this program has held (`ru_maxrss` would count what its parent held, too)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def theirs(seed: int) -> dict[str, float]:
    """Train ALS on the same baskets."""
    from pipelines.usecases.recommendations.baskets import baskets_of

    held = baskets_of(frames(seed)).held
    began = time.process_time()
    references.fit(references.als(seed), held)
    return {"seconds": time.process_time() - began}


if __name__ == "__main__":
    who, number = sys.argv[1:]
    with threadpool_limits(1):
        json.dump({"ours": ours, "theirs": theirs}[who](int(number)), sys.stdout)
