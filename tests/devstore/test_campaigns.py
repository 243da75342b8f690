"""A campaign in a store that plays: prices and compare-at prices, what is taken off a line, and what more is sold."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from devstore import campaigns
from devstore.habits import habits_of
from devstore.playing import Playing
from devstore.scenarios import CAMPAIGNS, SCENARIOS, What
from tests.devstore.small_store import SHOP, after

SALE, AT_CHECKOUT = SCENARIOS["campaign"].events


@pytest.fixture
def playing(shop: Callable[..., Playing]) -> Playing:
    found = shop(per_day=30)
    found.begin("campaign", 0)
    return found


def prices(playing: Playing) -> dict[int, tuple[int, int | None]]:
    return {row["id"]: (row["price"], row["compare_at"]) for row in playing.store.all("SELECT * FROM variants")}


def reduced(playing: Playing) -> set[int]:
    """Return the variants that the sale is about."""
    run = playing.running()
    products = campaigns.products_in(SALE, habits_of(playing.store, SHOP, run.zone, run.first_day))
    return {row["id"] for row in playing.store.all("SELECT * FROM variants") if row["product_id"] in products}


def told(playing: Playing, topic: str, day: float) -> list[dict[str, Any]]:
    return [body for each, body, at in playing.webhooks.heard if each == topic and after(day) <= at < after(day + 1)]


def test_prices_go_down_for_their_days_beside_what_they_were_and_come_back(playing: Playing) -> None:
    before, about = prices(playing), reduced(playing)
    playing.play(after(SALE.first) - 1)
    assert prices(playing) == before and 0 < len(about) < len(before)
    playing.play(after(SALE.first + 1))
    meanwhile = prices(playing)
    for variant, (price, compare_at) in before.items():
        lowered = round(price * SALE.size), compare_at or price
        assert meanwhile[variant] == (lowered if variant in about else before[variant])
    playing.play(after(SALE.last + 1))
    assert prices(playing) == before


def test_each_product_is_told_of_once_when_it_begins_and_once_when_it_ends(playing: Playing) -> None:
    playing.play(after(SALE.last + 1))
    about = reduced(playing)
    rows = playing.store.all("SELECT * FROM variants")
    products = {row["product_id"] for row in rows if row["id"] in about}
    for day in (SALE.first, SALE.last):
        bodies = told(playing, "products/update", day)
        assert sorted(body["id"] for body in bodies) == sorted(products)
        assert {datetime.fromisoformat(body["updated_at"]).timestamp() for body in bodies} == {after(day)}
    for body in told(playing, "products/update", SALE.first):
        for variant in body["variants"]:
            assert float(variant["price"]) < float(variant["compare_at_price"])


def test_what_costs_less_is_wanted_as_much_more_as_the_price_says(playing: Playing) -> None:
    playing.play(after(SALE.last))
    about = reduced(playing)

    def units(since: float, to: float) -> tuple[int, int]:
        sql = "SELECT l.variant_id, l.quantity, l.price FROM orders o JOIN lines l ON l.order_id = o.id "
        rows = playing.store.all(f"{sql} WHERE o.created_at >= ? AND o.created_at < ?", after(since), after(to))
        mine = sum(row["quantity"] for row in rows if row["variant_id"] in about)
        return mine, sum(row["quantity"] for row in rows) - mine

    (usual, usual_others), (lifted, others) = units(-35, 0), units(SALE.first, SALE.last)
    per_day = (lifted / 5) / (usual / 35)
    assert 0.6 * SALE.size**-campaigns.ELASTICITY < per_day < 1.4 * SALE.size**-campaigns.ELASTICITY
    assert 0.7 < (others / 5) / (usual_others / 35) < 1.7  # what lies in the same baskets comes along


def test_what_the_checkout_takes_off_stands_on_each_line_as_shopify_tells_it(playing: Playing) -> None:
    playing.play(after(AT_CHECKOUT.first + 1))
    bodies = told(playing, "orders/create", AT_CHECKOUT.first)
    assert bodies and not any(body["discount_codes"] for body in bodies)
    for body in bodies:
        [discount] = body["discount_applications"]
        assert (discount["type"], discount["value_type"]) == ("automatic", "percentage")
        assert float(discount["value"]) == pytest.approx(20, abs=1)
        off = 0.0
        for line in body["line_items"]:
            [part] = line["discount_allocations"]
            assert float(part["amount"]) == pytest.approx(0.2 * float(line["price"]) * line["quantity"], abs=0.01)
            assert part["amount_set"]["shop_money"]["amount"] == part["amount"]
            assert part["discount_application_index"] == 0
            off += float(part["amount"])
        assert float(body["total_discounts"]) == pytest.approx(off)
    assert not told(playing, "products/update", AT_CHECKOUT.first)  # prices stay
    playing.play(after(AT_CHECKOUT.last + 1))
    assert not any(body["discount_applications"] for body in told(playing, "orders/create", AT_CHECKOUT.last))


def test_another_scenario_ends_it(playing: Playing) -> None:
    before = prices(playing)
    playing.play(after(SALE.first + 1))
    assert prices(playing) != before
    playing.begin("calm", 0)
    assert prices(playing) == before


def test_visitors_come_for_it_and_the_others_are_no_fewer(playing: Playing) -> None:
    run = playing.running()
    habits = habits_of(playing.store, SHOP, run.zone, run.first_day)
    pull = campaigns.pull(run.scenario, habits, AT_CHECKOUT.first)
    assert pull == pytest.approx(AT_CHECKOUT.size**-campaigns.ELASTICITY)
    assert 1 < campaigns.pull(run.scenario, habits, SALE.first) < SALE.size**-campaigns.ELASTICITY
    assert campaigns.pull(run.scenario, habits, SALE.last) == 1


def test_campaigns_have_a_name_an_end_and_no_other_beside_them() -> None:
    for scenario in SCENARIOS.values():
        found = [event for event in scenario.events if event.what in CAMPAIGNS]
        assert all(event.name and 0 < event.size < 1 and event.last < scenario.days for event in found)
        assert all(before.last < after.first for before, after in itertools.pairwise(found))
        assert all(event.share == 1 for event in found if event.what is What.DISCOUNT)
