"""A small shop whose orders name customers."""

from __future__ import annotations

from datetime import date

from pipelines.usecases.contract import Frames
from tests.frames import LAST_DAY, customer_orders


def of_days(days: int = 84, customers: int = 60, seed: int = 0, last_day: date = LAST_DAY) -> Frames:
    """Put the frames of such a shop together."""
    return Frames({"customer_orders": customer_orders(customers, days, seed, last_day)}, last_day, "GB")
