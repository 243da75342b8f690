"""The shop's own past decides whether what is bought together joins, and how much."""

import numpy as np
import pytest

from pipelines.usecases.recommendations.baskets import baskets_of
from pipelines.usecases.recommendations.learning import recipe
from pipelines.usecases.recommendations.learning.blend import BEST_SELLERS
from pipelines.usecases.recommendations.learning.recipe import choose
from tests.pipelines.usecases.recommendations import shop


def test_pairs_that_are_there_join_and_find_more_than_best_sellers() -> None:
    chosen = choose(baskets_of(shop.frames(1500)), seed=0)
    assert chosen.page.joins and chosen.cart.joins
    assert chosen.past["page"]["together"] > chosen.past["page"]["best_sellers"]


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_belongs_together_best_sellers_stay_the_main_road(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = [tuple(rng.choice(40, 3, replace=False, p=weights())) for _ in range(600)]
    table = shop.lines(*drawn)
    table["ds"] -= shop.pd.to_timedelta(table["basket"] // 6, unit="D")
    chosen = choose(shop.basket_matrix(table, shop.pd.Index(range(40))), seed=seed)
    assert chosen.page == BEST_SELLERS or chosen.page.best_sellers >= 1.0


def weights() -> np.ndarray:
    raw = 1 / np.arange(1, 41)
    return raw / raw.sum()


def test_a_shop_of_three_orders_is_answered_by_best_sellers() -> None:
    chosen = choose(shop.baskets((1, 2), (1, 2), (1, 3)), seed=0)
    assert (chosen.cart, chosen.page) == (BEST_SELLERS, BEST_SELLERS)


def test_no_basket_at_all_is_no_fault() -> None:
    assert choose(baskets_of(shop.frames(0)), seed=0) == recipe.Recipe()


def test_the_same_seed_decides_the_same() -> None:
    known = baskets_of(shop.frames(700))
    assert choose(known, seed=3) == choose(known, seed=3)


def test_a_season_that_is_over_is_forgotten_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    table = shop.purchases(1500)
    old = table["ds"] < table["ds"].max() - shop.pd.Timedelta(days=100)
    partner = (table["unique_id"] >= 200) & (table["unique_id"] < 300) & old
    table.loc[partner, "unique_id"] = 200 + (table.loc[partner, "unique_id"] - 199) % 10
    ids = shop.pd.Index(sorted(table["unique_id"].unique()))
    assert choose(shop.basket_matrix(table, ids), seed=0).half_life < 720


def test_what_is_usual_stays_until_something_surely_finds_more() -> None:
    rule, usual = np.array([0.0] * 60 + [1.0] * 40), np.array([1.0] * 60 + [0.0] * 10 + [1.0] * 30)
    little, much = np.where(np.isin(np.arange(100), [65, 95]), 1 - usual, usual), np.ones(100)
    assert recipe.decided(np.array([usual, little]), rule, 0) == 0
    assert recipe.decided(np.array([usual, little, much]), rule, 0) == 2
    assert recipe.decided(np.array([rule, much]), rule, 0) == 1
    assert recipe.decided(np.array([rule, rule]), rule, 0) is None


def test_a_shop_of_two_hundred_orders_in_a_few_days_finds_its_pairs() -> None:
    chosen = choose(baskets_of(shop.frames(200, days=4)), seed=0)
    assert chosen.page.joins and chosen.cart.joins and chosen.asked > 100


def test_orders_of_a_single_day_are_no_fault() -> None:
    assert choose(baskets_of(shop.frames(100, days=1)), seed=0).page.joins
