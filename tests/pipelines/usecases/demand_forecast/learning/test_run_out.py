"""Where stock runs out often, what is learned is what was wanted, not what was left to sell."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.judging.past_in_money import censored_days, imputed_demand
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.history import History, history_of

LAST_DAY, DAYS = date(2026, 11, 22), 210
WEEK = np.array([1, 1, 1, 1.2, 1.3, 0.8, 0.7])


def a_day(wanted: np.ndarray, stock: int, refill: float | None, lot: int) -> tuple[int, float, int, float | None]:
    """Sell at the moments that are wanted while there is stock: give sold, share in stock, stock, when it ran out."""
    moments = [(moment, False) for moment in wanted] + ([(refill, True)] if refill is not None and refill < 1 else [])
    sold, there, last, ran_out = 0, 0.0, 0.0, None
    for moment, comes in [*sorted(moments), (1.0, None)]:
        there += (moment - last) * (stock > 0)
        last = moment
        if comes:
            stock += lot
        elif comes is False and stock:
            stock, sold = stock - 1, sold + 1
            ran_out = moment if not stock else ran_out
    return sold, there, stock, ran_out


def a_store(pace: tuple[float, float], cover: float, lead: float, n: int = 120) -> tuple[np.ndarray, pd.DataFrame]:
    """Order a lot whenever the stock is gone; give what was wanted each day, and what the frames know of it."""
    rng = np.random.default_rng(5)
    wanted, rows = np.zeros((n, DAYS)), []
    dates = pd.date_range(end=LAST_DAY, periods=DAYS)
    for series, mean in enumerate(rng.uniform(*pace, n)):
        lot = stock = int(np.ceil(cover * mean))
        comes = None
        for day in range(DAYS):
            moments = np.sort(rng.random(rng.poisson(mean * WEEK[day % 7])))
            wanted[series, day] = moments.size
            sold, there, stock, ran_out = a_day(moments, stock, comes, lot)
            comes = None if comes is not None and comes < 1 else comes
            comes = ran_out + lead if ran_out is not None else comes
            comes = None if comes is None else comes - 1
            rows.append((series, dates[day], sold, int(there < 0.5), there if there < 1 - 1e-9 else np.nan))
    return wanted, pd.DataFrame(rows, columns=["unique_id", "ds", "y", "stockout", "in_stock"])


def read(sales: pd.DataFrame) -> History:
    return history_of(Frames({"daily_sales": sales}, LAST_DAY, "GB"))


@pytest.mark.parametrize(
    ("pace", "cover", "lead"), [((1, 8), 6, 3.3), ((1, 8), 3, 1.6), ((0.5, 2), 8, 4.3), ((5, 20), 3, 1.3)]
)
def test_demand_on_days_without_stock_is_known_within_two_percent(
    pace: tuple[float, float], cover: float, lead: float
) -> None:
    wanted, sales = a_store(pace, cover, lead)
    history = read(sales)
    out = sales["stockout"].to_numpy().reshape(wanted.shape) == 1
    demand = imputed_demand(history, censored_days(history))
    assert out.mean() > 0.1
    assert demand[out].sum() / wanted[out].sum() == pytest.approx(1, abs=0.02)
    assert demand.sum() / wanted.sum() == pytest.approx(1, abs=0.01)
    assert Cheap(history, [DAYS]).week(DAYS).mean() / wanted.mean() == pytest.approx(1, abs=0.04)


def test_what_is_completed_is_what_was_known_then() -> None:
    _, sales = a_store((1, 8), 4, 2.3, n=20)
    then = pd.Timestamp(LAST_DAY) - pd.Timedelta(days=60)
    known = history_of(Frames({"daily_sales": sales[sales["ds"] <= then]}, then.date(), "GB"))
    np.testing.assert_allclose(read(sales).until(DAYS - 60).panel.y, known.panel.y, rtol=1e-5)


def test_a_day_with_stock_all_day_and_one_without_any_stay_as_they_are() -> None:
    _, sales = a_store((1, 8), 4, 2.3, n=20)
    panel, plain = read(sales).panel, read(sales.drop(columns="in_stock")).panel
    share = sales["in_stock"].to_numpy().reshape(panel.y.shape)
    np.testing.assert_array_equal(panel.y[np.isnan(share)], plain.y[np.isnan(share)])
    assert not panel.seen[share == 0].any() and panel.seen[share > 0].all()
    assert (panel.y[share > 0] >= plain.y[share > 0]).all() and (panel.y > plain.y).any()
