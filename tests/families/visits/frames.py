"""Seeded tidy frames of a shop's visits."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames
from tests.frames import LAST_DAY


def visits(days: int = 28, a_day: int = 30, seed: int = 0, last_day: date = LAST_DAY) -> pd.DataFrame:
    """Draw visits; who sees more pages or comes again orders more often, and of the last day nobody knows yet.

    Writes  unique_id | ds | pages | is_returning | ordered
    """
    rng = np.random.default_rng(seed)
    dates = pd.date_range(end=last_day, periods=days, freq="D").repeat(a_day)
    pages, is_returning = rng.integers(1, 12, len(dates)), rng.integers(0, 2, len(dates))
    share = 1 / (1 + np.exp(3 - 1.5 * np.log1p(pages) - is_returning))
    ordered = np.where(dates < pd.Timestamp(last_day), rng.random(len(dates)) < share, np.nan)
    ids = np.arange(1, len(dates) + 1)
    return pd.DataFrame(
        {"unique_id": ids, "ds": dates, "pages": pages, "is_returning": is_returning, "ordered": ordered}
    )


def shop_frames(days: int = 28, a_day: int = 30, seed: int = 0, last_day: date = LAST_DAY) -> Frames:
    """Put the frames of one shop together."""
    return Frames({"visits": visits(days, a_day, seed, last_day)}, last_day, "GB")
