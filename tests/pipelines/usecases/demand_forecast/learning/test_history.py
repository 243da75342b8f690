"""A history is read from tidy frames, or says in a merchant's words what is missing."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames, NotEnoughHistory
from pipelines.usecases.demand_forecast.learning.history import history_of
from tests.frames import LAST_DAY, daily_sales, shop_frames


def frames_of(sales: pd.DataFrame, last_day: date = LAST_DAY) -> Frames:
    return Frames({"daily_sales": sales}, last_day, "GB")


def test_it_works_without_a_frame_of_series() -> None:
    history = history_of(frames_of(daily_sales()))
    assert history.n_days == 70
    assert history.asof == LAST_DAY
    assert set(history.product_type) == {""}


def test_a_shop_without_sales_is_told_so() -> None:
    with pytest.raises(NotEnoughHistory, match="No sales yet"):
        history_of(frames_of(daily_sales().iloc[:0]))


def test_a_shop_of_twenty_days_is_told_how_many_are_missing() -> None:
    with pytest.raises(NotEnoughHistory, match=r"20 of the 28 days .* in 8 days"):
        history_of(frames_of(daily_sales(days=20)))


def test_a_shop_with_three_orders_is_told_that_it_needs_more() -> None:
    sales = daily_sales(days=60).iloc[[0, 20, 40]]
    with pytest.raises(NotEnoughHistory, match="sales on 3 days so far"):
        history_of(frames_of(sales))


def test_weekdays_are_those_of_the_calendar() -> None:
    history = history_of(frames_of(daily_sales()))
    expected = pd.DatetimeIndex(history.days(0, 80)).day_of_week
    assert history.weekday(0, 80).tolist() == expected.tolist()


def test_what_was_known_at_a_cut_holds_nothing_of_later_days() -> None:
    history = history_of(shop_frames())
    before = history.until(50)
    assert before.known.shape[1] == len(before.total) == 50
    assert before.age.max() == 50
    assert before.asof == history.days(49, 1)[0].astype(object)


def test_actuals_of_days_out_of_stock_are_unknown() -> None:
    sales = daily_sales()
    sales.loc[sales["ds"] == pd.Timestamp(LAST_DAY), "stockout"] = 1
    actual = history_of(frames_of(sales)).actual(63, 7)
    assert np.isnan(actual[:, -1]).all()
    assert np.isfinite(actual[:, :-1]).all()
