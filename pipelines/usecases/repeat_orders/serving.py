"""Tonight's answer: of each customer how likely an order comes, and whether that may be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames, Soundness
from pipelines.usecases.repeat_orders import rule
from pipelines.usecases.repeat_orders.customers import days_of, number_of
from pipelines.usecases.repeat_orders.model import HORIZONS, Fitted, require_history, standing
from pipelines.usecases.repeat_orders.past import past_of

MOST = 20_000  # customers that are spoken of: those who ordered last
COLUMNS = ["customer", "within_1", "within_7", "within_28", "orders", "since", "usual", "worth", "last_order"]
LEAST_SHARE, MOST_SHARE = 0.2, 5.0  # of those who came in the last four weeks
LEAST_CAME = 20  # fewer tell little about a sum


def answer(fitted: Fitted | None, frames: Frames) -> dict[str, pd.DataFrame]:
    """Give each customer's chances, with what a merchant reads beside them; without a version the simple rule's."""
    if fitted is None:
        require_history(frames)
    days, day = days_of(frames), number_of(frames.asof)
    known = standing(days, frames).sort_values("since", kind="stable").iloc[:MOST]
    told = {
        f"within_{horizon}": fitted.chances(known, horizon) if fitted else rule.said(known, past_of(days, day, horizon))
        for horizon in HORIZONS
    }
    facts = {
        "orders": known["orders"].to_numpy(),
        "since": known["since"].to_numpy(),
        "usual": np.exp(known["gap"]).round().to_numpy(dtype=np.int64),
        "worth": known["paid"].round().to_numpy(dtype=np.int64),
        "last_order": known["last_order"].to_numpy(),
    }
    return {"repeat_chances": pd.DataFrame({"customer": known.index, **told, **facts})[COLUMNS]}


def judge(rows: pd.DataFrame, frames: Frames) -> Soundness:
    """Judge chances: one for each customer, nothing but chances, and together in reach of who came of late."""
    days, day = days_of(frames), number_of(frames.asof)
    known = standing(days, frames)
    expected = min(len(known), MOST)
    said = rows[[f"within_{horizon}" for horizon in HORIZONS]].to_numpy(dtype=np.float64)
    wrong = int((~((said >= 0) & (said <= 1)).all(axis=1)).sum())
    twice, missing = int(rows["customer"].duplicated().sum()), max(0, expected - len(rows))
    before = days.known_on(day - 28)
    broken = ""
    if missing:
        broken = f"{missing:,} of {expected:,} customers got no chance"
    elif twice:
        broken = f"{twice:,} customers got more than one chance"
    elif wrong:
        broken = f"{wrong:,} of {len(rows):,} customers got what is no chance"
    else:
        broken = far_off(float(rows["within_28"].sum()), float(days.came(before, day - 28, 28).sum()))
    return Soundness(expected, len(rows), missing + twice + wrong or (len(rows) if broken else 0), broken)


def far_off(said: float, came: float) -> str:
    """Say that so many cannot be true, or nothing.

    >>> far_off(900, 100)
    'It says that 900 customers order in 28 days; of those before, 100 did'
    >>> far_off(3, 5), far_off(130, 100)
    ('', '')
    """
    is_low = said < LEAST_SHARE * came and came >= LEAST_CAME
    is_high = said > MOST_SHARE * max(came, LEAST_CAME)
    return f"It says that {said:,.0f} customers order in 28 days; of those before, {came:,.0f} did" * (
        is_low or is_high
    )
