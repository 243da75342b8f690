"""Who orders within a week, on real customers: the last thirteen weeks of each set, beside the simple rule.

Reads DIR/complete_journey/*_transactions.parquet, DIR/online_retail_ii/*_lines.parquet and DIR/cdnow/*.parquet; a set
that is absent is left out. Cancellations are no orders, and lines without a customer are nobody's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.checks import Check, Say, at_most, within
from pipelines.usecases.contract import Frames
from pipelines.usecases.repeat_orders.judging.evaluation import BASELINE, CANDIDATE, evaluate

MOST_GAP = 0.15  # as the gate asks
MINOR = 100


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Tell the weeks of every set in the folder."""
    if not options["data"]:
        raise SystemExit("Give the folder of real customers: manage.py benchmark repeat_orders --data DIR")
    checks = list[Check]()
    with threadpool_limits(1):
        for pattern, read in SETS.items():
            for path in sorted(Path(options["data"]).glob(pattern)):
                checks += of_shop(f"{path.parent.name}.{path.stem}", read(pd.read_parquet(path)), say)
    return checks


def complete_journey(lines: pd.DataFrame) -> pd.DataFrame:
    """Join the lines of household baskets."""
    return joined(lines, "basket_id", "household_id", "transaction_timestamp", lines["sales_value"])


def online_retail(lines: pd.DataFrame) -> pd.DataFrame:
    """Join the lines of a gift shop's invoices."""
    sold = lines[lines["customer"].notna() & (lines["qty"] > 0) & ~lines["invoice"].str.startswith("C")]
    return joined(sold, "invoice", "customer", "ts", sold["qty"] * sold["price"])


def cdnow(rows: pd.DataFrame) -> pd.DataFrame:
    """Take orders as they are."""
    orders = rows.reset_index(names="order")
    return joined(orders, "order", "customer", "date", orders["spend"])


SETS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "complete_journey/*_transactions.parquet": complete_journey,
    "online_retail_ii/*_lines.parquet": online_retail,
    "cdnow/*.parquet": cdnow,
}


def joined(lines: pd.DataFrame, order: str, customer: str, at: str, paid: pd.Series) -> pd.DataFrame:
    """Make one row of each order, on its day: unique_id | ds | order_id | paid."""
    known = {"order_id": lines[order], "unique_id": lines[customer], "ds": lines[at], "paid": MINOR * paid}
    rows = pd.DataFrame(known).groupby("order_id", as_index=False)
    orders = rows.agg({"unique_id": "first", "ds": "first", "paid": "sum"})
    for name in ("order_id", "unique_id"):
        orders[name] = pd.factorize(orders[name])[0]
    return orders.assign(ds=pd.to_datetime(orders["ds"]).dt.normalize())


def of_shop(name: str, orders: pd.DataFrame, say: Say) -> Iterator[Check]:
    """Yield the figures of one shop."""
    began = time.monotonic()
    told = evaluate(Frames({"customer_orders": orders}, orders["ds"].max().date())).as_dict()
    ours, rule = told[CANDIDATE], told[BASELINE]
    weeks = told["by_origin"]["all"]
    better = sum(mine < other for mine, other in zip(weeks[CANDIDATE], weeks[BASELINE], strict=True))
    lost, by_rule = (sum(told["weekly_loss"][who]) for who in (CANDIDATE, BASELINE))
    say(
        f"{name}: {orders['unique_id'].nunique():,} customers, {len(orders):,} orders; said {100 * ours['said']:.1f},"
        f" came {100 * ours['ordered']:.1f} of 100; better in {better} of {len(told['origins'])} weeks;"
        f" {time.monotonic() - began:.0f} s"
    )
    yield at_most(f"{name}.log_loss", ours["log_loss"], "nats", 1.0, rule["log_loss"])
    yield at_most(f"{name}.brier", ours["brier"], "", 1.0, rule["brier"])
    yield at_most(f"{name}.errors_in_money", lost, "minor units", 1.0, by_rule)
    yield within(f"{name}.gap", ours["gap"], "share", -MOST_GAP, MOST_GAP)
    yield Check(f"{name}.auc", ours["auc"], "", rule["auc"])
