"""Real orders are read as the description of the data says, and each shop is told beside the simple rule."""

from __future__ import annotations

import pandas as pd

from benchmarks.usecases.repeat_orders import repeat_orders as bench
from tests.frames import customer_orders


def test_an_invoice_is_one_order_and_cancellations_and_strangers_are_none() -> None:
    lines = pd.DataFrame(
        [("1", 7, 2, 1.5), ("1", 7, 1, 2.0), ("C2", 7, -1, 2.0), ("3", None, 1, 9.0), ("4", 8, 1, 4.0)],
        columns=["invoice", "customer", "qty", "price"],
    ).assign(ts=pd.Timestamp(2026, 3, 1, 12))
    orders = bench.online_retail(lines)
    assert orders["paid"].tolist() == [500.0, 400.0] and orders["unique_id"].nunique() == 2
    assert set(orders["ds"]) == {pd.Timestamp(2026, 3, 1)}


def test_a_shop_is_told_beside_the_simple_rule() -> None:
    said: list[str] = []
    checks = {check.name: check for check in bench.of_shop("shop", customer_orders(150, 150), said.append)}
    assert {"shop.log_loss", "shop.brier", "shop.errors_in_money", "shop.gap", "shop.auc"} == checks.keys()
    assert checks["shop.log_loss"].ratio and "150 customers" in said[0]
