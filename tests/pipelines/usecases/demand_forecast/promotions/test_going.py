"""A discount that nobody entered may go on: the less surely the younger it is, and once it has held it is the price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.demand_forecast.learning.history import History, history_of
from pipelines.usecases.demand_forecast.promotions.going import Going
from tests.pipelines.usecases.demand_forecast.promotions.shops import PRICE, planned, sold_at
from tests.pipelines.usecases.demand_forecast.promotions.test_known import with_plan

VARIANTS, DAYS, RATE, POWER = 20, 280, 5.0, 1.9
IDS = list(range(1, VARIANTS + 1))
LIFT = 0.7**-POWER


def shop_of(first: int, last: int, depth: float = 0.3, seed: int = 0) -> History:
    """Return what sold with one discount of some days, the last one left out; two short ones taught before."""
    depths = np.zeros((VARIANTS, DAYS))
    depths[:, 80:85] = depths[:, 130:135] = 0.2
    depths[:, first:last] = depth
    return history_of(sold_at(depths, POWER, RATE, seed))


def expected(history: History, last_days: int = 28) -> float:
    """Give what sells of a variant on a day ahead: its pace at usual prices, lifted by what goes on."""
    pace = history.panel.y[:, -last_days:].mean()
    return float(pace * history.promotions.ahead(DAYS, 28).mean())


def test_a_long_sale_is_no_level_once_it_is_over() -> None:
    history = shop_of(DAYS - 67, DAYS - 7)
    assert history.panel.y[:, DAYS - 67 : DAYS - 7].mean() == pytest.approx(RATE, rel=0.12)
    assert expected(history) == pytest.approx(RATE, rel=0.12)


@pytest.mark.parametrize("days", [33, 50, 120])
def test_a_clearance_that_has_held_is_expected_to_stay(days: int) -> None:
    assert expected(shop_of(DAYS - days, DAYS)) == pytest.approx(LIFT * RATE, rel=0.12)


def test_a_short_one_is_expected_to_end_and_an_older_one_less_so() -> None:
    lifts = [shop_of(DAYS - days, DAYS).promotions.ahead(DAYS, 28).mean() for days in (3, 7, 14, 25, 40)]
    assert lifts == sorted(lifts) and lifts[0] < 1.05 and lifts[-1] > 1.8


def test_one_order_at_the_full_price_ends_nothing_and_three_days_do() -> None:
    lift = np.full((1, 60), 0.9, np.float16)
    lift[:, -1] = 0
    assert Going(np.array([0]), lift).ahead(60, 7)[2].tolist() == pytest.approx(np.full((1, 7), 1.9), rel=0.01)
    lift[:, -3:] = 0
    assert not Going(np.array([0]), lift).ahead(60, 7)[0].size


def test_after_a_short_sale_at_a_price_that_was_lowered_for_good_that_price_is_expected() -> None:
    depths = np.zeros((VARIANTS, DAYS))
    depths[:, 100:] = 0.2
    depths[:, DAYS - 9 : DAYS - 2] = 0.4
    history = history_of(sold_at(depths, POWER, RATE))
    assert expected(history) == pytest.approx(RATE * 0.8**-POWER, rel=0.12)


LOWERED, ALSO = 0.7, 0.8  # of the price: since long, and by a sale that was entered
SALES = {
    "goes on": (DAYS - 2, DAYS + 60),
    "over today": (DAYS - 5, DAYS - 1),
    "over since ten days": (DAYS - 24, DAYS - 11),
}


@pytest.mark.parametrize(("first", "last"), [*SALES.values(), (DAYS, DAYS + 60)], ids=[*SALES, "planned"])
def test_a_sale_that_was_entered_comes_off_the_price_that_was_lowered_before(first: int, last: int) -> None:
    depths = np.zeros((VARIANTS, DAYS))
    depths[:, 200:] = 1 - LOWERED
    depths[:, first : last + 1] = 1 - LOWERED * ALSO
    history = history_of(with_plan(sold_at(depths, POWER, RATE), planned(IDS, first, last, 1 - ALSO)))
    price = LOWERED * (ALSO if last > DAYS else 1)
    assert expected(history) == pytest.approx(RATE * price**-POWER, rel=0.12)


def test_a_single_dear_week_of_long_ago_takes_nothing_from_a_planned_sale() -> None:
    depths = np.full((VARIANTS, DAYS), 0.1)
    depths[:, 60:67] = 0
    history = history_of(with_plan(sold_at(depths, POWER, RATE), planned(IDS, DAYS, DAYS + 60, 0.2)))
    assert expected(history) == pytest.approx(RATE * (0.9 * 0.8) ** -POWER, rel=0.12)


def test_the_older_it_is_the_less_it_teaches() -> None:
    """Beside its own pace a discount that held shows no effect; it must not make what was learned seem sure."""
    short, long = (shop_of(first, DAYS).promotions.powers[-1, 0, 0] for first in (DAYS - 42, DAYS - 160))
    assert short == pytest.approx(POWER, rel=0.2) and long == pytest.approx(POWER, rel=0.2)


def test_it_is_over_where_the_shelf_asks_more_again() -> None:
    depths = np.zeros((VARIANTS, DAYS))
    depths[:, -60:] = 0.3
    frames = sold_at(depths, POWER, RATE)
    sales = frames["daily_sales"]
    lowered = sales.assign(price=sales["price"] * (1 - sales["discount"]), discount=0.0)
    series = pd.DataFrame({"unique_id": IDS, "price": [PRICE] * (VARIANTS - 1) + [PRICE * 0.7]})
    of_shelf = replace(frames, tables={"daily_sales": lowered, "series": series}, memo={})
    lift = history_of(of_shelf).promotions.ahead(DAYS, 28)
    assert (lift[:-1] == 1).all() and (lift[-1] > 1.7).all()
    by_a_code = replace(frames, tables={"daily_sales": sales, "series": series}, memo={})
    assert (history_of(by_a_code).promotions.ahead(DAYS, 28) > 1.7).all()


def test_what_was_entered_ends_when_it_was_said_to() -> None:
    depths = np.zeros((VARIANTS, DAYS))
    depths[:, -60:] = 0.3
    frames = with_plan(sold_at(depths, POWER, RATE), planned(IDS, DAYS - 60, DAYS + 1, 0.3))
    lift = history_of(frames).promotions.ahead(DAYS, 7)
    assert (lift[:, :2] > 1.7).all() and (lift[:, 2:] == 1).all()


def test_it_is_known_at_an_origin_and_of_some_series_as_it_was_then() -> None:
    history = shop_of(100, 150)
    now, then = history.until(145), shop_of(100, 150).until(160)
    assert now.promotions.ahead(145, 7).mean() == pytest.approx(LIFT, rel=0.2)
    assert (then.promotions.ahead(160, 7) == 1).all()
    chosen = np.array([3, 17])
    assert now.rows(chosen).promotions.ahead(145, 7) == pytest.approx(now.promotions.ahead(145, 7)[chosen])
