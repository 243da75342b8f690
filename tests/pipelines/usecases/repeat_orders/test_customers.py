"""Where customers stand on a day, beside a slow loop over their orders."""

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.repeat_orders.customers import WEIGHT, days_of, number_of
from tests.frames import LAST_DAY
from tests.pipelines.usecases.repeat_orders import shop


def test_a_customer_stands_as_a_loop_over_the_orders_says() -> None:
    frames = shop.of_days()
    days, day = days_of(frames), number_of(LAST_DAY) - 10
    orders = frames["customer_orders"]
    orders = orders.assign(day=orders["ds"].to_numpy().astype("datetime64[D]").astype(int))
    orders = orders[orders["day"] <= day]
    by_day = {who: sorted(set(rows["day"])) for who, rows in orders.groupby("unique_id")}
    gaps = {who: np.diff(each) for who, each in by_day.items()}
    usual = np.log(np.concatenate(list(gaps.values()))).mean()
    known = days.known_on(day)
    assert list(known.index) == sorted(by_day)
    for who, each in by_day.items():
        row = known.loc[who]
        assert (row["orders"], row["since"]) == (len(each), day - each[-1])
        assert row["gap"] == pytest.approx((np.log(gaps[who]).sum() + WEIGHT * usual) / (len(gaps[who]) + WEIGHT))


def test_who_came_is_who_ordered_on_the_days_after() -> None:
    days = days_of(shop.of_days())
    day = number_of(LAST_DAY) - 7
    known = days.known_on(day)
    later = days.rows[days.rows["day"] > day]
    assert set(known.index[days.came(known, day, 7) == 1]) == set(later["unique_id"]) & set(known.index)


def test_orders_of_a_day_are_one_and_a_shop_without_names_has_no_customers() -> None:
    table = shop.of_days()["customer_orders"]
    twice = Frames({"customer_orders": pd.concat([table, table])}, LAST_DAY)
    once = days_of(Frames({"customer_orders": table}, LAST_DAY)).rows
    doubled = days_of(twice).rows
    assert len(doubled) == len(once) and doubled["paid"].sum() == 2 * once["paid"].sum()
    nobody = days_of(Frames({"customer_orders": table.iloc[:0]}, LAST_DAY))
    assert nobody.known_on(number_of(LAST_DAY)).empty
