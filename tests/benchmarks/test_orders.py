"""The game of the inventory competition, told again by hand: what is ordered when, and what it costs."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.usecases.demand_forecast import orders
from benchmarks.usecases.demand_forecast.evidence.replay import UpTo

FIRST_WEEK, WEEKS_BEFORE = pd.Timestamp(2024, 1, 1), 60


def a_start(units, on_hand=0, coming=(0, 0), rows=1, out=()):
    """One start whose rows are alike: the units of its weeks, those that are played included."""
    weeks = pd.date_range(FIRST_WEEK, periods=len(units), freq="7D")
    keys = pd.MultiIndex.from_product([range(rows), [7]], names=["store", "product"])
    table = pd.DataFrame(np.tile(np.asarray(units, dtype=float), (rows, 1)), index=keys, columns=weeks)
    start = keys.to_frame(index=False).assign(on_hand=on_hand, arrives_in_1=coming[0], arrives_in_2=coming[1])
    start = start.assign(start_week=weeks[len(units) - 9], product_group=3)
    in_stock = pd.DataFrame(True, index=keys, columns=weeks)
    in_stock.iloc[:, list(out)] = False
    return orders.Start("by hand", table, in_stock, start)


def test_what_is_ordered_is_there_three_weeks_later_and_only_weeks_three_to_eight_cost():
    asked = []

    def rule(review):
        asked.append(review)
        return UpTo(np.array([7.0]))

    cost = orders.play(a_start([5] * (WEEKS_BEFORE + 9), on_hand=2, coming=(6, 1)), rule)
    # The first review finds 2 + 6 + 1, the second 3 + 1: three more are ordered, and are there in the fourth week.
    # Week by week the shelf holds 8, 4, 0, 3, 4, 0, 3, 4 and the next day's orders fill it up to seven again.
    assert asked == list(range(6))
    assert (cost.holding, cost.lost) == (0, 30 - (0 + 3 + 4 + 0 + 3 + 4))


def test_our_rule_sees_what_comes_on_its_day():
    seen = []

    class Noted(UpTo):
        def missing(self, on_hand, receipts):
            seen.append((on_hand.tolist(), receipts[[0, 7]].ravel().tolist()))
            return super().missing(on_hand, receipts)

    orders.play(a_start([5] * (WEEKS_BEFORE + 9), on_hand=2, coming=(6, 1)), lambda review: Noted(np.array([7.0])))
    assert seen[:2] == [([2.0], [6.0, 1.0]), ([3.0], [1.0, 0.0])]


def test_the_organisers_rule_is_four_weeks_of_the_mean_without_a_season():
    start = a_start([4.0] * (WEEKS_BEFORE + 9))
    assert orders.organiser_level(start.known(0)) == pytest.approx([16.0])
    season = [8.0 if week % 52 == 0 else 4.0 for week in range(WEEKS_BEFORE + 9)]
    assert orders.organiser_level(a_start(season, out=range(50, 60)).known(0)) == pytest.approx([16.0], rel=0.02)


def test_nothing_that_is_learned_is_from_the_weeks_that_are_played():
    units = np.arange(WEEKS_BEFORE + 9, dtype=float)
    start = a_start(units, out=[10])
    frames = start.frames(2)
    sales = frames["daily_sales"]
    assert start.week == WEEKS_BEFORE and sales["ds"].max() == FIRST_WEEK + pd.Timedelta(weeks=start.week + 2)
    assert frames.asof == (FIRST_WEEK + pd.Timedelta(weeks=start.week + 2, days=6)).date()
    gone = sales[sales["stockout"] == 1]
    assert len(gone) == 7 and gone["ds"].min() == FIRST_WEEK + pd.Timedelta(weeks=10)
    assert sales.loc[sales["stockout"] == 0, "y"].sum() == units[: start.week + 3].sum() - 10


def test_a_folder_of_starts_is_played_under_three_rules(tmp_path):
    random = np.random.default_rng(3)
    start = a_start(random.poisson(6, WEEKS_BEFORE + 9), on_hand=5, coming=(5, 5), rows=12)
    folder = tmp_path / "made_up"
    folder.mkdir()
    weekly = start.units.stack().rename("units").rename_axis(["store", "product", "week"]).reset_index()
    weekly.assign(in_stock=True).to_parquet(folder / "weekly.parquet")
    start.start.to_parquet(folder / "start.parquet")
    found = {check.name: check for check in orders.run({"data": str(tmp_path), "seed": 0}, lambda text: None)}
    for rule in ("arrival", "order_up_to", "organiser"):
        cost = found[f"made_up.{rule}"].value
        assert cost == pytest.approx(found[f"made_up.{rule}.holding"].value + found[f"made_up.{rule}.lost"].value)
    assert found["arrival"].value == found["made_up.arrival"].value > 0
    with pytest.raises(SystemExit, match="no start"):
        orders.run({"data": str(folder), "seed": 0}, lambda text: None)
