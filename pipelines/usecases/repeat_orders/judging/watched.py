"""What is watched for drift: each order of late, with the days since the customer's order before, and its worth."""

from __future__ import annotations

import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.repeat_orders.customers import days_of, number_of

LATELY = 84  # days


def rows(frames: Frames) -> pd.DataFrame:
    """Give a row for each customer and day with an order: ds | gap (missing: the first) | paid."""
    told = days_of(frames).rows
    told = told[told["day"] > number_of(frames.asof) - LATELY]
    return pd.DataFrame({"ds": pd.to_datetime(told["day"], unit="D"), "gap": told["gap"], "paid": told["paid"]})
