"""What a planned sale does to a variant, in a sentence."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from pipelines import words
from pipelines.usecases.demand_forecast.learning.history import History

FAR = 366  # days: a sale that goes on for longer has no end


def planned_sales(history: History, days: int) -> list[str]:
    """Say of each series what its planned sale of the days ahead does, the one that does most; else nothing."""
    promotions, cut = history.promotions, history.n_days
    told, most = [""] * len(history.panel.ids), np.zeros(len(history.panel.ids))
    plan, today = promotions.plan, history.day(cut).astype(object)
    lift = promotions.lift_of(np.arange(len(plan.row)))
    for at in np.flatnonzero((plan.first < cut + days) & (plan.last >= cut)):
        row = plan.row[at]
        if lift[at] > most[row]:
            most[row] = lift[at]
            first, last = (history.day(int(column)).astype(object) for column in (plan.first[at], plan.last[at]))
            told[row] = sentence(
                round(float(-np.expm1(-plan.log[at])), 3), first, last, round(float(lift[at]), 1), today
            )
    return told


@lru_cache(maxsize=1024)
def sentence(depth: float, first: date, last: date, lift: float, today: date) -> str:
    r"""Say one sale, once for all variants that share it.

    >>> sentence(0.2, date(2026, 12, 3), date(2026, 12, 6), 1.6, date(2026, 11, 30))
    'Your sale of 20 % from 3 to 6\xa0Dec: about 1.6 times as much'
    """
    if (last - today).days > FAR:
        when = f"from {words.short_day(first, today)} on"
    else:
        when = f"on {words.short_day(first, today)}" if first == last else f"from {words.day_range(first, last, today)}"
    return f"Your sale of {round(100 * depth)} % {when}: about {lift:g} times as much"
