"""What the tests of data share: a morning, and how sales of a day are read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd

from pipelines.lifecycle.data import dataset
from pipelines.models import Shop

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SPRING = datetime(2026, 3, 1, tzinfo=UTC)


def sales(shop: Shop, now: datetime = NOW) -> pd.DataFrame:
    """Return the daily sales of a shop's dataset."""
    return dataset.build(shop, "demand_forecast", now=now).frames["daily_sales"]


def told(frame: pd.DataFrame) -> dict[tuple[int, date], float]:
    """Return {(variant, day): units} of a frame's days with sales."""
    sold = frame[frame["y"] > 0]
    return {(row.unique_id, row.ds.date()): row.y for row in sold.itertuples()}
