"""What offers cost is reserved, spent and released, and is never more than there is, however many come at once."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from pipelines.models import Order, Shop
from pipelines.models.usecases.offers import (
    Offer,
    OfferDecision,
    OfferReservation,
    OfferSpend,
    OfferTally,
    blocks,
    spending,
)
from tests import factories
from tests.offering import accept, accept_all, an_offer, reserve

pytestmark = pytest.mark.django_db
NOW = timezone.now()
State = OfferReservation.State


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def spend(offer: Offer) -> tuple[int, int, int, int]:
    row = OfferSpend.objects.get(offer=offer)
    return row.reserved_minor, row.spent_minor, row.week_reserved, row.week_spent


def states() -> list[str]:
    return list(OfferReservation.objects.order_by("pk").values_list("state", flat=True))


def an_order(shop: Shop, number: int, at: datetime, **changes: Any) -> Order:
    facts = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP", "total_minor": 5000}
    return Order.objects.create(shop=shop, shopify_id=number, **facts | changes)


def test_what_is_shown_is_reserved_until_nothing_is_left(shop: Shop) -> None:
    offer = an_offer(shop, budget_minor=500)
    assert [reserve(offer, checkout=number) for number in range(3)] == [offer.pk, offer.pk, 0]
    assert spend(offer) == (400, 0, 2, 0)


@pytest.mark.parametrize("changes", [{"budget_minor": 1000}, {"weekly_cap": 5}])
def test_who_has_no_checkout_leaves_half_to_those_who_have_one(shop: Shop, changes: dict[str, Any]) -> None:
    offer = an_offer(shop, **changes)
    assert [bool(reserve(offer)) for _ in range(4)] == [True, True, False, False]
    assert [bool(reserve(offer, checkout=number)) for number in range(4)] == [True, True, True, False]
    last = an_offer(shop, "Other", budget_minor=200)
    assert [reserve(last), reserve(last)] == [last.pk, 0]


def test_a_week_begins_with_all_that_its_cap_allows(shop: Shop) -> None:
    offer = an_offer(shop, weekly_cap=1)
    monday = NOW + timedelta(days=7 - NOW.weekday())
    assert [reserve(offer, at=NOW), reserve(offer, at=NOW)] == [offer.pk, 0]
    assert [reserve(offer, at=monday), reserve(offer, at=monday)] == [offer.pk, 0]
    assert reserve(offer, at=NOW) == 0  # a clock that is behind opens no week again
    assert spend(offer) == (400, 0, 1, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": Offer.State.STOPPED},
        {"starts_at": NOW + timedelta(hours=1)},
        {"ends_at": NOW},
    ],
)
def test_nothing_is_reserved_of_what_does_not_run(shop: Shop, changes: dict[str, Any]) -> None:
    assert reserve(an_offer(shop, **changes), at=NOW) == 0


def test_another_shops_offer_is_never_reserved(shop: Shop) -> None:
    offer = an_offer(shop)
    offer.shop = factories.a_shop()
    assert reserve(offer) == 0


def test_what_nobody_accepts_is_released_once(shop: Shop) -> None:
    offer = an_offer(shop)
    reserve(offer, at=NOW)
    spending.settle(NOW + timedelta(minutes=59))
    assert spend(offer) == (200, 0, 1, 0)
    for _ in range(2):
        spending.settle(NOW + blocks.HELD_FOR)
        assert spend(offer) == (0, 0, 0, 0) and states() == [State.RELEASED]


def test_what_is_released_in_a_later_week_leaves_that_week_alone(shop: Shop) -> None:
    offer = an_offer(shop)
    monday = NOW + timedelta(days=7 - NOW.weekday())
    reserve(offer, at=NOW)
    reserve(offer, at=monday)
    spending.settle(NOW + blocks.HELD_FOR)
    assert spend(offer) == (200, 0, 1, 0)


def test_what_is_accepted_is_spent_when_the_order_of_its_checkout_comes(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    reserve(offer, decision, at=NOW, checkout=77)
    accept(shop, decision, NOW + timedelta(minutes=1))
    accept(shop, decision, NOW + timedelta(minutes=2))  # said twice
    spending.settle(NOW + timedelta(hours=2))
    assert spend(offer) == (200, 0, 1, 0)  # an order may take longer than that
    an_order(shop, 1, NOW + timedelta(hours=3), checkout_key=78)
    spending.settle(NOW + timedelta(hours=3))
    assert states() == [State.ACCEPTED]
    an_order(shop, 2, NOW + timedelta(hours=3), checkout_key=77)
    for _ in range(2):
        spending.settle(NOW + timedelta(hours=4))
        assert spend(offer) == (0, 200, 0, 1) and states() == [State.SPENT]
    tally = OfferTally.objects.get()
    assert (tally.shown, tally.accepted) == (1, 1)


def test_what_is_shown_beside_an_order_is_spent_by_a_later_one(shop: Shop) -> None:
    offer, decision, unit = an_offer(shop), uuid.uuid4(), b"u" * 16
    an_order(shop, 1, NOW - timedelta(seconds=5), unit=unit, checkout_key=77)
    reserve(offer, decision, at=NOW, checkout=77)
    facts = {"decision": decision, "unit": unit, "arm": "stable", "eligible": [], "margins": [], "at": NOW}
    OfferDecision.objects.create(shop=shop, checkout_key=77, **facts)
    accept(shop, decision, NOW)
    spending.settle(NOW + timedelta(minutes=1))
    assert states() == [State.ACCEPTED]
    an_order(shop, 2, NOW + timedelta(hours=5), unit=unit, checkout_key=78)
    spending.settle(NOW + timedelta(hours=6))
    assert states() == [State.SPENT]


def test_without_a_checkout_the_same_shoppers_order_counts(shop: Shop) -> None:
    offer, decision, unit = an_offer(shop), uuid.uuid4(), b"u" * 16
    reserve(offer, decision, at=NOW)
    facts = {"decision": decision, "unit": unit, "arm": "stable", "eligible": [], "margins": [], "at": NOW}
    OfferDecision.objects.create(shop=shop, **facts)
    accept(shop, decision, NOW)
    an_order(shop, 1, NOW - timedelta(hours=3), unit=unit)  # before
    spending.settle(NOW)
    assert states() == [State.ACCEPTED]
    an_order(shop, 2, NOW + timedelta(minutes=3), unit=unit)
    spending.settle(NOW + timedelta(minutes=4))
    assert states() == [State.SPENT]


def decided(shop: Shop, unit: bytes, at: datetime = NOW) -> uuid.UUID:
    """Write down who was shown something."""
    decision = uuid.uuid4()
    facts = {"decision": decision, "unit": unit, "arm": "stable", "eligible": [], "margins": [], "at": at}
    OfferDecision.objects.create(shop=shop, **facts)
    return decision


def test_an_order_pays_for_one_reservation_of_an_offer(shop: Shop) -> None:
    offer, unit = an_offer(shop), b"u" * 16
    made = [decided(shop, unit) for _ in range(3)]
    for number, decision in enumerate(made):
        reserve(offer, decision, at=NOW + timedelta(minutes=number), checkout=number)
    OfferReservation.objects.update(state=State.ACCEPTED, accepted_at=NOW)  # as if processes took them at once
    an_order(shop, 1, NOW + timedelta(hours=1), unit=unit, checkout_key=1)
    for _ in range(2):
        spending.settle(NOW + timedelta(hours=1, minutes=3))
    assert states() == [State.RELEASED, State.SPENT, State.RELEASED]  # of its checkout, not the newest
    assert spend(offer) == (0, 200, 0, 1)
    an_order(shop, 2, NOW + timedelta(hours=2), unit=unit, checkout_key=77)
    spending.settle(NOW + timedelta(hours=3))
    assert states() == [State.RELEASED, State.SPENT, State.SPENT]  # the newest


def test_two_orders_pay_for_one_reservation_once(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    reserve(offer, decision, at=NOW, checkout=77)
    accept(shop, decision, NOW)
    for number in (1, 2):
        an_order(shop, number, NOW + timedelta(minutes=number), checkout_key=77)
    spending.settle(NOW + timedelta(minutes=3))
    assert spend(offer) == (0, 200, 0, 1)
    assert OfferReservation.objects.get().order_id == 1


def test_what_an_order_paid_comes_back_when_it_is_cancelled(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    reserve(offer, decision, at=NOW, checkout=77)
    accept(shop, decision, NOW)
    an_order(shop, 1, NOW + timedelta(minutes=1), checkout_key=77)
    spending.settle(NOW + timedelta(minutes=2))
    assert spend(offer) == (0, 200, 0, 1)
    Order.objects.update(cancelled_at=NOW + timedelta(minutes=3))
    for _ in range(2):
        spending.settle(NOW + timedelta(minutes=4))
        assert spend(offer) == (0, 0, 0, 0) and states() == [State.RELEASED]
    an_order(shop, 2, NOW + timedelta(minutes=5), checkout_key=77)
    spending.settle(NOW + timedelta(minutes=6))
    assert spend(offer) == (0, 200, 0, 1)


@pytest.mark.parametrize("changes", [{"checkout": 77}, {"unit": b"u" * 16}])
@pytest.mark.parametrize("is_one_statement", [False, True])
def test_a_checkout_or_a_shopper_accepts_an_offer_once_at_a_time(
    shop: Shop, changes: dict[str, Any], is_one_statement: bool
) -> None:
    offer, other = an_offer(shop), an_offer(shop, "Other", code="OTHER")
    made = [decided(shop, changes.get("unit", bytes([number]) * 16)) for number in range(3)]
    for decision, of in zip(made, (offer, offer, other), strict=True):
        reserve(of, decision, at=NOW, checkout=changes.get("checkout"))
    if is_one_statement:
        accept_all(shop, made, NOW)
    else:
        for decision in made:
            accept(shop, decision, NOW)
    assert states() == [State.ACCEPTED, State.HELD, State.ACCEPTED]
    assert [*OfferTally.objects.order_by("offer").values_list("accepted", flat=True)] == [1, 1]


def test_accepting_holds_nothing_longer_where_no_checkout_is_known(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    reserve(offer, decision, at=NOW)
    accept(shop, decision, NOW + timedelta(minutes=59))
    spending.settle(NOW + blocks.HELD_FOR)
    assert spend(offer) == (0, 0, 0, 0) and states() == [State.RELEASED]


def test_much_is_released_in_several_statements_and_no_shop_waits_for_another(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spending, "AT_ONCE", 4)
    many, few = an_offer(shop), an_offer(factories.a_shop())
    for _ in range(9):
        reserve(many, at=NOW - timedelta(hours=3))
    reserve(few, at=NOW - timedelta(hours=2))
    monkeypatch.setattr(spending, "PASSES", 1)
    spending.settle(NOW)
    assert (spend(many)[2], spend(few)[2]) == (6, 0)
    monkeypatch.setattr(spending, "PASSES", 20)
    spending.settle(NOW)
    assert spend(many) == (0, 0, 0, 0)


def test_what_is_accepted_and_never_ordered_is_released_after_days(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    reserve(offer, decision, at=NOW, checkout=77)
    accept(shop, decision, NOW)
    spending.settle(NOW + blocks.HELD_FOR)
    assert states() == [State.ACCEPTED]
    an_order(shop, 1, NOW, checkout_key=None, cancelled_at=NOW)
    spending.settle(NOW + spending.LOOKED_BACK)
    assert spend(offer) == (0, 0, 0, 0) and states() == [State.RELEASED]


def test_what_a_checkout_accepted_stays_reserved_as_long_as_its_order_counts(shop: Shop) -> None:
    offer, decision = an_offer(shop, budget_minor=399), uuid.uuid4()
    reserve(offer, decision, at=NOW, checkout=77)
    accept(shop, decision, NOW)
    late = NOW + spending.LOOKED_BACK - timedelta(minutes=1)
    spending.settle(late)
    assert reserve(offer, at=late, checkout=78) == 0  # what is left is promised already
    an_order(shop, 1, late, checkout_key=77)
    spending.settle(late)
    assert spend(offer)[:2] == (0, 200)


def test_an_order_whose_reservation_was_released_is_spent_all_the_same_and_then_nothing_more(shop: Shop) -> None:
    offer, decision, unit = an_offer(shop, budget_minor=300), uuid.uuid4(), b"u" * 16
    reserve(offer, decision, at=NOW)
    OfferDecision.objects.create(shop=shop, decision=decision, unit=unit, arm="stable", eligible=[], margins=[], at=NOW)
    accept(shop, decision, NOW)
    spending.settle(NOW + blocks.HELD_FOR)
    other = uuid.uuid4()
    reserve(offer, other, at=NOW + blocks.HELD_FOR, checkout=78)
    accept(shop, other, NOW + blocks.HELD_FOR)
    for number, about in enumerate(({"unit": unit}, {"checkout_key": 78})):
        an_order(shop, number, NOW + timedelta(hours=5), **about)
    spending.settle(NOW + timedelta(hours=6))
    assert spend(offer)[:2] == (0, 400)
    assert reserve(offer, at=NOW + timedelta(hours=6), checkout=79) == 0


@pytest.mark.parametrize(
    ("changes", "order", "came_to"),
    [
        ({"cost_percent": 10}, {"subtotal_minor": 18_000, "discounts_minor": 2000}, 2000),  # it grew
        ({"cost_percent": 10}, {"subtotal_minor": 3600, "discounts_minor": 400}, 400),  # it shrank
        ({"cost_percent": 10, "cost_minor": 50}, {"subtotal_minor": 18_001, "discounts_minor": 2000}, 2051),
        ({"cost_minor": 250}, {"subtotal_minor": 18_000}, 250),
        (
            {"cost_percent": 10, "kind": Offer.Kind.FREE_SHIPPING, "threshold_minor": 1},
            {"subtotal_minor": 18_000, "discounts_minor": 2000},  # by a code that is none of its business
            1800,
        ),
    ],
)
def test_what_is_spent_is_what_the_order_came_to(
    shop: Shop, changes: dict[str, Any], order: dict[str, int], came_to: int
) -> None:
    offer, decision = an_offer(shop, budget_minor=1500, **{"cost_minor": 0, **changes}), uuid.uuid4()
    reserve(offer, decision, at=NOW, checkout=77, cost=1000)
    accept(shop, decision, NOW)
    an_order(shop, 1, NOW + timedelta(minutes=1), checkout_key=77, **order)
    spending.settle(NOW + timedelta(minutes=2))
    assert spend(offer) == (0, came_to, 0, 1)
    assert OfferReservation.objects.get().paid_minor == came_to
    assert bool(reserve(offer, at=NOW + timedelta(minutes=3), cost=100)) == (came_to < 1500)
    Order.objects.update(cancelled_at=NOW + timedelta(minutes=4))
    spending.settle(NOW + timedelta(minutes=5))
    assert spend(offer)[1] == 0


def test_nobody_accepts_for_another_shop_or_too_late(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    reserve(offer, decision, at=NOW)
    accept(factories.a_shop(), decision, NOW)
    accept(shop, decision, NOW + blocks.HELD_FOR + timedelta(seconds=1))
    assert states() == [State.HELD]
    assert OfferTally.objects.get().accepted == 0


class TestAtOnce:
    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture(autouse=True)
    def patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let a busy machine take its time."""
        monkeypatch.setattr(blocks, "IN_TIME", "")

    @pytest.mark.parametrize("changes", [{"weekly_cap": 7}, {"budget_minor": 7 * 200 + 199}])
    def test_forty_checkouts_at_once_take_what_there_is_and_no_more(self, shop: Shop, changes: dict[str, Any]) -> None:
        offer = an_offer(shop, **changes)
        together = threading.Barrier(40)

        def one(number: int) -> int:
            try:
                connection.ensure_connection()
                together.wait()
                return reserve(offer, checkout=number)
            finally:
                connection.close()

        with ThreadPoolExecutor(40) as threads:
            taken = list(threads.map(one, range(40)))
        assert taken.count(offer.pk) == 7 and taken.count(0) == 33
        assert spend(offer) == (1400, 0, 7, 0)
        assert OfferReservation.objects.count() == 7

    def test_releasing_and_reserving_at_once_loses_nothing(self, shop: Shop) -> None:
        offers = [an_offer(shop, name=f"Offer {number}", code=str(number)) for number in range(3)]
        for offer in offers:
            for _ in range(20):
                reserve(offer, at=NOW - timedelta(hours=2))
        together = threading.Barrier(8)

        def one(number: int) -> None:
            try:
                connection.ensure_connection()
                together.wait()
                if number % 2:
                    spending.settle(NOW)
                else:
                    for offer in offers * 5:
                        reserve(offer, at=NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(one, range(8)))
        assert {spend(offer)[:2] for offer in offers} == {(20 * 200, 0)}
