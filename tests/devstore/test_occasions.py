"""From a day on what is bought beside a first thing goes with it, and about as much of each is sold as before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest

from devstore import occasions
from devstore.habits import Basket, Habits, habits_of
from devstore.playing import Playing
from devstore.scenarios import SCENARIOS
from devstore.visiting.tastes import tastes_of
from tests.devstore.small_store import SHOP, after

RECOMMENDATIONS = SCENARIOS["recommendations"]


@pytest.fixture
def playing(shop: Callable[..., Playing]) -> Playing:
    return shop(per_day=60)


@pytest.fixture
def habits(playing: Playing) -> Habits:
    return habits_of(playing.store, SHOP, playing.zone(), date(2027, 5, 3))


def share_of_occasions(habits: Habits, baskets: list[Basket]) -> float:
    """Say how much of what was bought beside a first thing is of its occasion."""
    of_product = {product: each for each in occasions.occasions(habits) for product in each}
    beside = [
        habits.product_of[variant] in of_product[habits.product_of[each.units[0][0]]]
        for each in baskets
        for variant, _ in each.units[1:]
    ]
    return sum(beside) / len(beside)


def sold(baskets: list[Basket], product_of: dict[int, int]) -> Counter[int]:
    return Counter(product_of[variant] for each in baskets for variant, _ in each.units)


def test_each_product_is_of_one_occasion_with_some_that_sell_well(habits: Habits) -> None:
    found = occasions.occasions(habits)
    products = [habits.product_of[variant] for variant in habits.best_first]
    assert sorted(product for each in found for product in each) == sorted(set(products))
    assert {len(each) for each in found} <= {5, 6, 7} and found[0][0] == products[0]


def test_what_is_bought_beside_a_first_thing_goes_with_it(habits: Habits) -> None:
    later = occasions.bought_for(habits, 0.9)
    assert share_of_occasions(habits, habits.baskets) < 0.25 < 0.85 < share_of_occasions(habits, later.baskets)
    assert [each.units[0] for each in later.baskets] == [each.units[0] for each in habits.baskets]
    assert occasions.bought_for(habits, 0.9) == later


def test_about_as_much_of_best_sellers_is_sold_as_before(habits: Habits) -> None:
    later = occasions.bought_for(habits, 0.9)
    before, after = (sold(each.baskets, habits.product_of) for each in (habits, later))
    most = [product for product, _ in before.most_common(10)]
    assert sum(after[each] for each in most) == pytest.approx(sum(before[each] for each in most), rel=0.25)
    assert later.sold == habits.sold and later.per_weekday == habits.per_weekday


def test_best_sellers_fit_until_then_and_do_not_any_more(habits: Habits) -> None:
    before, after = (tastes_of(occasions.on(RECOMMENDATIONS, habits, day), habits.product_of) for day in (0, 1))
    pages = before.best_first[10:40]
    fits = [sum(each.fit(page, pick) for pick in before.best_first[:4]) for each in (before, after) for page in pages]
    assert sum(fits[: len(pages)]) > 2 * sum(fits[len(pages) :])


def test_the_month_is_played_so_from_its_day_on(playing: Playing, habits: Habits) -> None:
    playing.begin("recommendations", 0)
    playing.play(after(8))
    rows = playing.store.all(
        "SELECT o.id, o.created_at, l.variant_id, l.quantity FROM orders o JOIN lines l ON l.order_id = o.id "
        "WHERE o.created_at >= ? ORDER BY l.id", after(0),
    )  # fmt: skip
    baskets: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        baskets.setdefault(row["id"], []).append((row["variant_id"], row["quantity"]))
    later = {row["id"] for row in rows if row["created_at"] >= after(1)}
    of_later = [Basket(0, tuple(units)) for order, units in baskets.items() if order in later]
    assert share_of_occasions(habits, of_later) > 0.7  # some of it was sold out


def test_other_scenarios_go_on_as_before(habits: Habits) -> None:
    assert occasions.on(SCENARIOS["calm"], habits, 20) is habits
