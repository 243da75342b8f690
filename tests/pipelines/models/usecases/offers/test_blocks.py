"""Blocks of a budget are taken, handed out and come back, and never hold more than there is."""

from __future__ import annotations

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from pipelines.models import Shop
from pipelines.models.usecases.offers import (
    Offer,
    OfferBlock,
    OfferReservation,
    OfferSpend,
    OfferTally,
    blocks,
    spending,
)
from tests import factories
from tests.offering import a_row, accept_offer, an_offer, hand_out, take

pytestmark = pytest.mark.django_db
NOW = timezone.now()
State = OfferReservation.State
LOST = NOW + blocks.LOST_AFTER


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def reserved(offer: Offer) -> tuple[int, int]:
    row = OfferSpend.objects.get(offer=offer)
    return row.reserved_minor, row.week_reserved


def taken(offer: Offer, most: int, **about: Any) -> blocks.Block:
    block = take(offer, most, at=NOW, **about)
    assert block
    return block


def times(offer: Offer, most: int, **about: Any) -> int:
    block = take(offer, most, at=NOW, **about)
    return block.times if block else 0


def test_a_block_is_a_small_part_of_what_is_left_and_one_near_the_end(shop: Shop) -> None:
    offer = an_offer(shop, budget_minor=200 * 66)
    assert [times(offer, 64, checkout=1) for _ in range(3)] == [4, 3, 3]
    OfferSpend.objects.update(reserved_minor=200 * 63)
    assert [times(offer, 64, checkout=1) for _ in range(4)] == [1, 1, 1, 0]


@pytest.mark.parametrize("changes", [{}, {"cost_minor": 0}, {"budget_minor": 10**9}, {"weekly_cap": 10**4}])
@pytest.mark.parametrize("checkout", [None, 1])
def test_where_much_is_left_a_block_is_as_large_as_is_asked_for(
    shop: Shop, changes: dict[str, Any], checkout: int | None
) -> None:
    assert times(an_offer(shop, **changes), 64, checkout=checkout) == 64


def test_who_has_no_checkout_takes_no_block_out_of_the_other_half(shop: Shop) -> None:
    offer = an_offer(shop, weekly_cap=64)
    assert [times(offer, 64) for _ in range(3)] == [2, 1, 1]
    OfferSpend.objects.update(week_reserved=32)
    assert (times(offer, 64), times(offer, 64, checkout=1)) == (0, 2)


def test_what_is_handed_out_is_reserved_and_the_rest_comes_back(shop: Shop) -> None:
    offer = an_offer(shop)
    block = taken(offer, 8)
    assert reserved(offer) == (1600, 8)
    hand_out(a_row(offer, block, uuid.uuid4(), at=NOW), a_row(offer, block, uuid.uuid4(), at=NOW, cost=150))
    assert reserved(offer) == (1600, 8) and OfferBlock.objects.get().left_minor == 1250
    for _ in range(2):  # a connection that broke has it written again
        hand_out(a_row(offer, block, uuid.UUID(int=1), at=NOW), a_row(offer, block))
        assert reserved(offer) == (550, 3) and not OfferBlock.objects.exists()
    assert OfferTally.objects.get().shown == 3


def test_one_decision_reserves_an_offer_once_and_gives_the_other_time_back(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    first, second = taken(offer, 1), taken(offer, 1)  # of two processes
    hand_out(a_row(offer, first, decision, at=NOW), a_row(offer, first))
    hand_out(a_row(offer, second, decision, at=NOW), a_row(offer, second))
    assert reserved(offer) == (200, 1) and OfferTally.objects.get().shown == 1


def test_where_two_offers_are_shown_of_one_decision_the_one_that_is_accepted_is_kept(shop: Shop) -> None:
    decision, offers = uuid.uuid4(), [an_offer(shop, name, code=name) for name in ("One", "Two")]
    for offer in offers:
        block = taken(offer, 1, checkout=1)
        hand_out(a_row(offer, block, decision, at=NOW, checkout=1), a_row(offer, block))
    accept_offer(shop, decision, offers[1], NOW)
    assert [*OfferReservation.objects.order_by("offer").values_list("state", flat=True)] == [State.HELD, State.ACCEPTED]


def test_a_block_of_a_process_that_ended_comes_back_when_all_of_it_would_be_over(shop: Shop) -> None:
    offer = an_offer(shop)
    block = taken(offer, 8)
    hand_out(a_row(offer, block, uuid.uuid4(), at=NOW))
    spending.settle(LOST - timedelta(seconds=1))
    assert reserved(offer) == (1400, 7)  # what was shown is over, what could have been is not known to be
    for _ in range(2):
        spending.settle(LOST)
        assert reserved(offer) == (0, 0)


def test_what_is_written_after_its_block_came_back_is_over_already(shop: Shop) -> None:
    offer, decision = an_offer(shop), uuid.uuid4()
    block = taken(offer, 8)
    spending.settle(LOST)
    hand_out(a_row(offer, block, decision, at=NOW), a_row(offer, block))
    assert reserved(offer) == (0, 0) and OfferReservation.objects.get().state == State.RELEASED
    accept_offer(shop, decision, offer, NOW)
    assert OfferTally.objects.get().accepted == 1


def test_a_block_of_last_week_leaves_this_weeks_times_alone(shop: Shop) -> None:
    offer = an_offer(shop, weekly_cap=100)
    old = taken(offer, 4)
    new = take(offer, 4, at=NOW + timedelta(days=7))
    assert new and reserved(offer) == (200 * (old.times + new.times), new.times)
    hand_out(a_row(offer, old))
    assert reserved(offer) == (200 * new.times, new.times)


class TestAtOnce:
    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.mark.parametrize("seed", range(3))
    def test_whatever_processes_do_and_whenever_they_end_nothing_is_overspent_or_lost(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        monkeypatch.setattr(blocks, "IN_TIME", "")
        limits: dict[str, Any] = {"budget_minor": 40_000, "weekly_cap": 250}
        offers = [an_offer(shop, f"Offer {number}", code=str(number), **limits) for number in range(2)]
        together, shown = threading.Barrier(6), []

        def process(number: int) -> None:
            """Take, show, give back, and now and then end without a word."""
            chance = random.Random(100 * seed + number)
            try:
                connection.ensure_connection()
                together.wait()
                for _ in range(30):
                    offer, cost = chance.choice(offers), chance.choice([50, 200, 300])
                    checkout = chance.choice([None, chance.randrange(10**6)])
                    block = take(offer, chance.choice([1, 4, 64]), at=NOW, cost=cost, checkout=checkout)
                    given = chance.randint(0, block.times) if block else 0
                    rows = [a_row(offer, block, uuid.uuid4(), at=NOW, cost=cost) for _ in range(given) if block]
                    shown.extend((offer.pk, cost) for _ in rows)
                    if block and chance.random() < 0.8:
                        rows.append(a_row(offer, block))
                    hand_out(*rows)
                    if chance.random() < 0.1:
                        spending.settle(NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as threads:
            list(threads.map(process, range(6)))
        for offer in offers:
            costs = [cost for number, cost in shown if number == offer.pk]
            held = OfferReservation.objects.filter(offer=offer).aggregate(cost=Sum("cost_minor"))["cost"]
            left = OfferBlock.objects.filter(offer=offer).aggregate(minor=Sum("left_minor"), times=Sum("left_times"))
            assert held == sum(costs) and reserved(offer) == (held + left["minor"], len(costs) + left["times"])
            assert reserved(offer)[0] <= 40_000 and reserved(offer)[1] <= 250
        spending.settle(LOST)
        assert [reserved(offer) for offer in offers] == [(0, 0)] * 2 and not OfferBlock.objects.exists()
