"""Trees correct the cheap forecast where the shop shows a pattern that it cannot see, and look at nothing to come."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.ensemble import pooled_week, spread_over, weekly_profiles
from pipelines.usecases.demand_forecast.learning.features import features_at, holidays_of
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.season import Season
from pipelines.usecases.demand_forecast.learning.trees import Trees, _rows_at, grow

FLAT = Season(np.zeros((1, 28), np.float32), np.zeros(28))


def a_shop(n: int = 60, days: int = 300, seed: int = 0) -> History:
    """Every series sells three times as much from the 1st to the 5th of a month: pay days."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2025-01-01")
    dates = start + np.arange(days)
    of_month = (dates - dates.astype("datetime64[M]")).astype(int)
    mean = rng.lognormal(1, 0.8, n)[:, None] * np.where(of_month < 5, 3.0, 1.0)
    y = rng.poisson(mean).astype(np.float32)
    panel = Panel(np.arange(n), start, y, np.ones(y.shape, dtype=bool), np.zeros(n, dtype=np.int64))
    return History(panel, np.full(n, ""), y.sum(axis=0, dtype=float), "GB", ())


def cheap(history: History) -> tuple[np.ndarray, np.ndarray]:
    cut = history.n_days
    members = weekly_profiles(history.panel, [cut])[cut]
    return members, pooled_week(members, history, cut)


@pytest.fixture(scope="module")
def shop() -> History:
    return a_shop()


@pytest.fixture(scope="module")
def trees(shop: History) -> Trees:
    grown = grow(shop.until(272), 28, seed=0)
    assert grown is not None
    return grown


def test_they_find_what_the_cheap_members_cannot(shop: History, trees: Trees) -> None:
    known = shop.until(272)
    members, week = cheap(known)
    said, plain, actual = trees.predict(known, members, week, FLAT), spread_over(week, 28), shop.actual(272, 28)
    assert np.abs(said - actual).sum() < 0.85 * np.abs(plain - actual).sum()


def test_the_total_of_what_they_learned_from_is_kept(shop: History, trees: Trees) -> None:
    members, week = cheap(shop.until(272))
    said = trees.predict(shop.until(272), members, week, FLAT)
    assert said.sum() == pytest.approx(shop.actual(272, 28).sum(), rel=0.08)


def test_the_same_seed_grows_the_same_trees(shop: History, trees: Trees) -> None:
    assert grow(shop.until(272), 28, seed=0) == trees


def test_days_after_the_cut_change_nothing(shop: History, trees: Trees) -> None:
    changed = Panel(
        shop.panel.ids,
        shop.panel.start,
        np.where(np.arange(300) >= 272, 1e5, shop.panel.y).astype(np.float32),
        shop.panel.seen,
        shop.panel.first,
    )
    other = History(changed, shop.product_type, changed.y.sum(axis=0, dtype=float), "GB", ())
    assert grow(other.until(272), 28, seed=0) == trees
    members, week = cheap(shop.until(272))
    a = features_at(shop.until(272), members, week, FLAT.index(0.4), 272)
    b = features_at(other.until(272), members, week, FLAT.index(0.4), 272)
    assert np.array_equal(a.series, b.series, equal_nan=True)
    assert np.array_equal(a.week, b.week, equal_nan=True)


def test_a_part_of_the_shop_is_forecast_as_in_the_whole(shop: History, trees: Trees) -> None:
    known = shop.until(272)
    members, week = cheap(known)
    whole = trees.predict(known, members, week, FLAT)
    part = np.arange(7)
    assert np.array_equal(trees.predict(known.rows(part), members[part], week[part], FLAT), whole[:7])


def test_beyond_their_horizon_they_repeat_their_last_week(shop: History, trees: Trees) -> None:
    members, week = cheap(shop)
    said = trees.predict(shop, members, week, Season(np.zeros((1, 45), np.float32), np.zeros(45)))
    assert said.shape == (60, 45)
    assert np.array_equal(said[:, 28:35], said[:, 21:28])
    assert np.array_equal(said[:, 35:42], said[:, 21:28])


def test_a_short_or_empty_history_grows_no_trees(shop: History) -> None:
    assert grow(shop.until(100), 28, seed=0) is None
    assert grow(shop.rows(np.arange(1)), 28, seed=0) is None


def test_weekdays_that_never_sell_teach_nothing(shop: History) -> None:
    sundays = np.arange(300) % 7 == 4  # the first day is a Wednesday
    y = np.where(sundays, 0, shop.panel.y)
    closed = replace(shop, panel=replace(shop.panel, y=y), total=y.sum(axis=0, dtype=float))
    rows, sold, _ = _rows_at(Cheap(closed, [200]), FLAT.index(0.4), 200, 10_000, np.random.default_rng(0))
    assert len(rows) == len(sold) == 60 * 24
    assert len(_rows_at(Cheap(shop, [200]), FLAT.index(0.4), 200, 10_000, np.random.default_rng(0))[0]) == 60 * 28


def test_holidays_are_those_of_the_country() -> None:
    assert np.datetime64("2026-12-25") in holidays_of("GB", (2026,))
    assert np.datetime64("2026-07-14") in holidays_of("FR", (2026,))
    assert holidays_of("ZZ", (2026,)) == frozenset()
