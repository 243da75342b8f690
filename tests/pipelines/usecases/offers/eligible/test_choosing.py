"""What a checkout may be offered, what it would earn, and why the rest is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.offers.eligible import choosing
from pipelines.usecases.offers.eligible.choosing import choose
from pipelines.usecases.offers.eligible.shelf import Costs, OnOffer, Shelf
from pipelines.usecases.offers.eligible.whom import Whom
from pipelines.usecases.tills import Cart, Line

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFER = OnOffer(1, "code", cost_minor=200, shown=40, accepted=3)
PRODUCT = OnOffer(2, "product", cost_minor=100, product=30, variant=301, price=1000)
FREE = OnOffer(3, "free_shipping", cost_minor=450, threshold=8000)
CART = Cart("GBP", 5000, (Line(10, 101, 2, 2500),), True, NOON)
SHELF = Shelf("GBP", 0.5, (OFFER,), Costs([(101, 1500), (301, 400)]))


def reason(offer: OnOffer, cart: Cart = CART, shelf: Shelf = SHELF) -> str:
    """Say why an offer is left out, or nothing."""
    chosen = choose(replace(shelf, offers=(offer,)), cart)
    assert bool(chosen.eligible) is not bool(chosen.left_out)
    return chosen.left_out.get(offer.id, "")


def test_what_may_be_offered_comes_with_its_margin_its_cost_and_its_tallies() -> None:
    chosen = choose(SHELF, CART)
    assert chosen.eligible == [{"id": 1, "margin": 5000 - 3000 - 200, "shown": 40, "accepted": 3}]
    assert (chosen.costs, chosen.left_out) == ({1: 200}, {})


def test_where_no_cost_is_known_the_stated_share_counts() -> None:
    unknown = replace(CART, lines=(Line(10, 999, 2, 2500),))
    assert choose(SHELF, unknown).eligible[0]["margin"] == 5000 - 2500 - 200
    no_lines = replace(CART, lines=())
    assert choose(SHELF, no_lines).eligible[0]["margin"] == 5000 - 2500 - 200


@pytest.mark.parametrize(
    ("lines", "cost"),
    [
        ((Line(10, 999, 2, 0),), 2500),  # told with no price
        ((Line(10, 101, 1, 2500),), 1500 + 1250),  # one line is left out
        ((Line(10, 101, 1, 2500), Line(10, None, 1, 2500)), 1500 + 1250),
        ((Line(10, 101, 2, 3000),), 3000),  # a discount took from it
        ((Line(10, 101, 2, 3000), Line(10, 999, 1, 1000)), 3000 + 500),
    ],
)
def test_what_no_known_cost_explains_costs_the_stated_share(lines: tuple[Line, ...], cost: int) -> None:
    assert choose(SHELF, replace(CART, lines=lines)).eligible[0]["margin"] == 5000 - cost - 200


def test_a_share_of_the_cart_is_rounded_against_us() -> None:
    tenth = replace(OFFER, cost_minor=0, cost_percent=10.0)
    chosen = choose(replace(SHELF, offers=(tenth,)), replace(CART, value=4995))
    assert chosen.costs == {1: 500}


def test_a_cart_that_is_far_larger_than_any_order_is_not_believed() -> None:
    known = replace(SHELF, largest=5000)
    assert reason(OFFER, CART, known) == ""
    assert reason(OFFER, replace(CART, value=5001), known) == choosing.TOO_LARGE


def test_an_added_product_earns_its_own_margin() -> None:
    assert choose(replace(SHELF, offers=(PRODUCT,)), CART).eligible[0]["margin"] == 2000 + 600 - 100


@pytest.mark.parametrize(
    ("offer", "cart", "expected"),
    [
        (OFFER, {"has_consent": False}, choosing.CONSENT),
        (OFFER, {"is_out": True}, choosing.OPT_OUT),
        (OFFER, {"currency": "EUR"}, choosing.CURRENCY),  # a market's own
        (OFFER, {"value": 0}, choosing.EMPTY),
        (OFFER, {"value": None}, choosing.EMPTY),
        (replace(OFFER, starts_at=NOON + timedelta(seconds=1)), {}, choosing.NOT_YET),
        (replace(OFFER, starts_at=NOON), {}, ""),
        (replace(OFFER, ends_at=NOON), {}, choosing.OVER),
        (replace(OFFER, is_code_lost=True), {}, choosing.CODE),
        (replace(OFFER, whom=Whom(value_from=5001)), {}, choosing.VALUE),
        (replace(OFFER, whom=Whom(value_from=5000, value_to=5000)), {}, ""),
        (replace(OFFER, whom=Whom(value_to=4999)), {}, choosing.VALUE),
        (replace(OFFER, whom=Whom(shoppers="new")), {}, choosing.SHOPPER),
        (replace(OFFER, whom=Whom(shoppers="new")), {"is_returning": False}, ""),
        (replace(OFFER, whom=Whom(shoppers="new")), {"is_returning": None}, choosing.SHOPPER),
        (replace(OFFER, whom=Whom(shoppers="returning")), {}, ""),
        (replace(OFFER, whom=Whom(products=(11,))), {}, choosing.NOT_IN_CART),
        (replace(OFFER, whom=Whom(products=(10, 11))), {}, ""),
        (replace(OFFER, left_minor=199), {}, choosing.BUDGET),
        (replace(OFFER, left_minor=200), {}, ""),
        (replace(OFFER, left_times=0), {}, choosing.WEEK),
        (replace(OFFER, floor=1800), {}, ""),
        (replace(OFFER, floor=1801), {}, choosing.FLOOR),
        (replace(OFFER, cost_minor=2000), {}, choosing.FLOOR),  # nothing is earned
        (replace(OFFER, cost_minor=9000), {}, choosing.FLOOR),  # it costs more than it brings
        (FREE, {}, ""),
        (FREE, {"value": 8000}, choosing.REACHED),
        (PRODUCT, {"closed": frozenset({30})}, choosing.STOCK),
        (replace(PRODUCT, variant=None), {}, choosing.STOCK),
        (PRODUCT, {"lines": (Line(30, 301, 1, 1000),)}, choosing.IN_CART),
        (OFFER, {"closed": frozenset({10})}, ""),
    ],
)
def test_each_limit_leaves_out_with_its_reason(offer: OnOffer, cart: dict[str, Any], expected: str) -> None:
    assert reason(offer, replace(CART, **cart)) == expected


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.floats(0, 100), st.integers(0, 10**6), st.integers(0, 10**7))
def test_the_margin_floor_is_never_broken(value: int, cost: int, percent: float, floor: int, price: int) -> None:
    offers = tuple(
        OnOffer(number, kind, floor=floor, cost_minor=cost, cost_percent=percent, variant=301, price=price, product=30)
        for number, kind in enumerate(("code", "product", "message"), 1)
    )
    chosen = choose(replace(SHELF, offers=offers), replace(CART, value=value))
    assert all(each["margin"] >= max(floor, 1) and chosen.costs[each["id"]] >= cost for each in chosen.eligible)
    assert {each["id"] for each in chosen.eligible} | chosen.left_out.keys() == {1, 2, 3}


def test_costs_are_found_among_many() -> None:
    costs = Costs((number, number * 2) for number in range(1000, 0, -2))
    assert [costs.of(number) for number in (2, 3, 1000, 1001, 0)] == [4, None, 2000, None, None]
    assert Costs().of(1) is None
