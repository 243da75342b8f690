"""A process hands out blocks of a budget: many are shown at once, none for more than there is, the rest comes back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any

import pytest
from django.utils import timezone

from pipelines.endpoints.checkout import reserving
from pipelines.endpoints.checkout.reserving import AWAY, LATE, USED_UP, Cashier, Drawer, Lane, Wish
from pipelines.models import Shop
from pipelines.models.usecases.offers import Offer, OfferBlock, OfferReservation, OfferSpend, blocks, spending
from tests import exposing
from tests.loops import run
from tests.offering import an_offer
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.checkout import paying
from tests.pipelines.endpoints.checkout.paying import OFFERS, Counter

pytestmark = pytest.mark.django_db(transaction=True)
till = paying.till


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop(currency="GBP")


def asked(
    cashier: Cashier, offer: Offer, decision: str | None = None, cost: int = 200, seconds: float = 20
) -> Coroutine[Any, Any, Any]:
    """Ask for one of an offer, in a checkout."""
    at = timezone.now()
    drawer = Drawer(OFFERS, offer.shop_id, offer.pk, blocks.week(at, offer.shop.zone), has_checkout=True)
    return cashier.reserve(drawer, Wish(decision or uuid.uuid4().hex, None, 1, cost, at), seconds)


async def all_at_once(questions: list[Coroutine[Any, Any, Any]]) -> list[tuple[int, str]]:
    return await asyncio.gather(*questions)


def closed(till: Counter, *cashiers: Cashier) -> OfferSpend:
    """Let processes end in peace."""
    for cashier in cashiers:
        cashier.close()
        cashier.threads.shutdown()
    till.written()
    return OfferSpend.objects.get()


def test_who_asks_at_once_waits_for_few_blocks_and_all_are_shown(till: Counter, shop: Shop) -> None:
    offer, taken = an_offer(shop, budget_minor=10**9), []
    ask = till.cashier.ask
    till.cashier.ask = lambda *about: taken.append(about) or ask(*about)  # type: ignore[method-assign,func-returns-value]
    said = run(all_at_once([asked(till.cashier, offer) for _ in range(64)]))
    assert said == [(offer.pk, "")] * 64 and len(taken) <= 3
    assert (closed(till, till.cashier).reserved_minor, OfferReservation.objects.count()) == (64 * 200, 64)


def test_processes_share_a_budget_to_its_last_time_and_no_further(till: Counter, shop: Shop) -> None:
    offer, cashiers = an_offer(shop, budget_minor=200 * 50 + 199), [Cashier() for _ in range(3)]
    said = [run(all_at_once([asked(each, offer) for _ in range(20)])) for each in cashiers]
    shown = [answer for answers in said for answer in answers]
    assert shown.count((offer.pk, "")) == 50 and shown.count((0, USED_UP)) == 10
    assert closed(till, *cashiers).reserved_minor == 50 * 200
    assert OfferReservation.objects.count() == 50 and not OfferBlock.objects.exists()


def test_what_nobody_asks_for_comes_back_in_time(till: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserving, "HANDED_OUT_FOR", 0.2)
    offer = an_offer(shop, budget_minor=10**9)

    async def some() -> None:
        for _ in range(4):  # the third finds a block of four
            assert await asked(till.cashier, offer) == (offer.pk, "")
        while till.cashier.lanes:
            await asyncio.sleep(0.01)

    run(some())
    till.written()
    assert OfferSpend.objects.get().reserved_minor == 4 * 200 and not OfferBlock.objects.exists()


def test_a_process_that_is_killed_holds_a_small_part_for_an_hour_and_then_nothing(till: Counter, shop: Shop) -> None:
    offer, killed, other = an_offer(shop, budget_minor=200 * 100), Cashier(), Cashier()
    for _ in range(6):
        assert run(asked(killed, offer)) == (offer.pk, "")
    till.written()
    lost = OfferBlock.objects.get().left_times
    assert 0 < lost <= 100 // blocks.SHARE
    said = run(all_at_once([asked(other, offer) for _ in range(100)]))
    assert said.count((offer.pk, "")) == 94 - lost
    closed(till, other)
    spending.settle(timezone.now() + blocks.LOST_AFTER)
    assert OfferSpend.objects.get().reserved_minor == 0
    killed.threads.shutdown()


def test_who_finds_a_block_at_hand_waits_for_nothing(till: Counter, shop: Shop) -> None:
    offer = an_offer(shop, budget_minor=10**9)

    async def some() -> None:
        for _ in range(2):
            await asked(till.cashier, offer)
        with pytest.raises(StopIteration) as ended:  # the third finds a block of four
            asked(till.cashier, offer).send(None)
        assert ended.value.value == (offer.pk, "")
        assert await asked(till.cashier, offer, seconds=0) == (0, LATE)

    run(some())
    assert closed(till, till.cashier).reserved_minor == 3 * 200


async def nearly_used_up(till: Counter, offer: Offer) -> Lane:
    """Have so much handed out that one more leaves half of a block of sixteen."""
    await all_at_once([asked(till.cashier, offer) for _ in range(reserving.AHEAD_FROM)])
    for _ in range(7):
        assert await asked(till.cashier, offer) == (offer.pk, "")
    (lane,) = till.cashier.lanes.values()
    assert (lane.block.times, lane.spare, lane.is_asking) == (9, None, False)
    return lane


def at_once(till: Counter, offer: Offer, times: int) -> None:
    """Ask some times for what is at hand."""
    for _ in range(times):
        with pytest.raises(StopIteration) as ended:
            asked(till.cashier, offer).send(None)
        assert ended.value.value == (offer.pk, "")


@pytest.fixture
def plenty(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Return an offer of a large budget, whose blocks last longer than a test."""
    monkeypatch.setattr(reserving, "HANDED_OUT_FOR", 60.0)
    return an_offer(shop, budget_minor=10**9)


def test_the_next_block_is_taken_before_a_large_one_is_used_up_and_what_is_left_comes_back(
    till: Counter, plenty: Offer
) -> None:
    async def some() -> None:
        lane = await nearly_used_up(till, plenty)
        at_once(till, plenty, 2)
        assert lane.is_asking
        await asyncio.gather(*till.cashier.asking)
        assert (lane.block.times, lane.spare.times) == (7, 32)
        at_once(till, plenty, 8)
        assert (lane.block.times, lane.spare, lane.is_asking) == (31, None, False)

    run(some())
    assert closed(till, till.cashier).reserved_minor == (reserving.AHEAD_FROM + 17) * 200
    assert not OfferBlock.objects.exists()


def test_a_block_and_the_next_one_come_back_when_the_time_of_the_later_one_is_over(
    till: Counter, plenty: Offer
) -> None:
    async def some() -> None:
        lane = await nearly_used_up(till, plenty)
        at_once(till, plenty, 1)
        await asyncio.gather(*till.cashier.asking)
        till.cashier.leave(lane, lane.last)
        assert (lane.block, lane.spare) == (None, None) and not till.cashier.lanes

    run(some())
    till.written()
    assert OfferSpend.objects.get().reserved_minor == (reserving.AHEAD_FROM + 8) * 200
    assert not OfferBlock.objects.exists()


def test_where_no_next_block_is_left_the_last_one_is_handed_out_to_its_end(till: Counter, plenty: Offer) -> None:
    async def some() -> None:
        await nearly_used_up(till, plenty)
        till.cashier.ask = lambda *about: None  # type: ignore[method-assign]
        at_once(till, plenty, 9)
        assert await asked(till.cashier, plenty) == (0, USED_UP)

    run(some())
    assert closed(till, till.cashier).reserved_minor == (reserving.AHEAD_FROM + 16) * 200


def test_whose_time_is_over_finds_nothing_though_a_block_is_at_hand(till: Counter, shop: Shop) -> None:
    offer = an_offer(shop, budget_minor=10**9)

    async def some() -> None:
        for _ in range(2):  # the second finds a block of two
            assert await asked(till.cashier, offer) == (offer.pk, "")
        assert await asked(till.cashier, offer, seconds=0) == (0, LATE)

    run(some())
    assert closed(till, till.cashier).reserved_minor == 2 * 200


def test_one_decision_is_shown_the_same_again_and_costs_nothing_more(till: Counter, shop: Shop) -> None:
    offer, decision = an_offer(shop, weekly_cap=1), uuid.uuid4().hex
    assert [run(asked(till.cashier, offer, decision)) for _ in range(2)] == [(offer.pk, "")] * 2
    assert run(asked(till.cashier, offer)) == (0, USED_UP)


def test_who_wants_less_is_shown_it_where_who_wants_more_is_not(till: Counter, shop: Shop) -> None:
    offer = an_offer(shop, budget_minor=350)
    wishes = [asked(till.cashier, offer, cost=cost) for cost in (400, 500, 300, 100, 50)]
    assert run(all_at_once(wishes)) == [(0, USED_UP)] * 2 + [(offer.pk, ""), (0, USED_UP), (offer.pk, "")]
    assert closed(till, till.cashier).reserved_minor == 350


def test_who_waits_too_long_costs_nothing(till: Counter, shop: Shop) -> None:
    offer, at = an_offer(shop), timezone.now()
    drawer = Drawer(OFFERS, shop.pk, offer.pk, blocks.week(at, shop.zone), has_checkout=True)

    async def one_in_a_hurry() -> Any:
        said = await till.cashier.reserve(drawer, Wish(uuid.uuid4().hex, None, 1, 200, at), 1e-9)
        await asyncio.gather(*till.cashier.asking)
        return said

    assert run(one_in_a_hurry()) == (0, LATE)
    assert closed(till, till.cashier).reserved_minor == 0


def test_a_database_that_is_away_is_asked_again_after_a_moment(
    till: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = an_offer(shop)
    till.away = asking.nowhere
    assert run(all_at_once([asked(till.cashier, offer) for _ in range(3)])) == [(0, AWAY)] * 3
    till.away = None
    assert run(asked(till.cashier, offer)) == (0, AWAY)
    till.cashier.not_before = 0.0
    assert run(asked(till.cashier, offer)) == (offer.pk, "")
