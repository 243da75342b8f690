"""What is watched for drift: each day of what sells, also those on which it sold nothing.

Without the empty days, twice as many orders are more rows, each with as few units as before, and nothing would be seen.
"""

from __future__ import annotations

import pandas as pd

from pipelines.usecases.contract import Frames

LATELY = 84  # days
OUT_OF_STOCK = (1, 3)  # of `stockout`: known, and suspected


def rows(frames: Frames) -> pd.DataFrame:
    """Give a row for each day of each series that sold lately, from its first day on.

    Reads   daily_sales: unique_id | ds | y | price | discount | stockout
    Writes  ds | y | price | discount | stockout: 1 where nothing was left, as is known or suspected
    """
    sales, last = frames["daily_sales"], pd.Timestamp(frames.asof)
    days = pd.date_range(end=last, periods=LATELY, name="ds")
    lately = sales[sales["ds"].between(days[0], last)]
    sold = lately.loc[lately["y"] > 0, "unique_id"].drop_duplicates()
    grid = pd.MultiIndex.from_product([sold, days], names=["unique_id", "ds"])
    dense = lately.set_index(["unique_id", "ds"])[["y", "price", "discount", "stockout"]].reindex(grid)
    dense["price"] = dense["price"].groupby("unique_id").transform(lambda prices: prices.ffill().bfill())
    dense = dense.fillna({"y": 0.0, "discount": 0.0}).reset_index()
    # A day with a sale says what is known of its stock, one without says nothing: as it is told it would follow sales.
    dense["stockout"] = dense["stockout"].isin(OUT_OF_STOCK).astype("uint8")
    first_days = sales.groupby("unique_id")["ds"].min()
    return dense[dense["ds"] >= dense["unique_id"].map(first_days)].drop(columns="unique_id")
