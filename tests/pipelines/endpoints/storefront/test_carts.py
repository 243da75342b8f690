"""A cart is offered through the app proxy what a checkout would be, and nothing of it is taken from the page's word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.endpoints.checkout import deciding
from pipelines.endpoints.storefront import proxy
from pipelines.endpoints.storefront.limits import Limit
from pipelines.models import HoldOutSight, PredictionLog, Shop
from pipelines.models.usecases.offers import Offer, OfferDecision, OfferReservation, OfferSpend
from pipelines.stats import assignment
from tests import exposing
from tests.offering import an_offer
from tests.pipelines.endpoints.answering.asking import Said
from tests.pipelines.endpoints.checkout import paying
from tests.pipelines.endpoints.checkout.paying import CHANCES, OFFERS, Counter, a_cart, mood, runs
from tests.pipelines.endpoints.storefront.test_proxy import VISITOR, Storefront, pairs_of, signed

pytestmark = pytest.mark.django_db(transaction=True)
till = paying.till


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop(currency="GBP")


@pytest.fixture
def offer(shop: Shop) -> Offer:
    return an_offer(shop, budget_minor=1000)


@pytest.fixture
def live(till: Counter, shop: Shop, offer: Offer, monkeypatch: pytest.MonkeyPatch) -> Storefront:
    """Give the proxy of a shop in which a version picks among offers."""
    monkeypatch.setattr(proxy, "memory", lambda: till.memory)
    runs(shop)
    till.warmed(shop)
    return Storefront(till)


def a_question(**changes: Any) -> str:
    """Return what a cart says of itself; who asks it does not say."""
    told = a_cart(**changes)
    return json.dumps({name: value for name, value in told.items() if name not in ("unit", "checkout")})


def asked(live: Storefront, shop: Shop, method: str = "GET", **told: str) -> Said:
    return live.send(signed(pairs_of(shop, **told)), method, OFFERS)


def test_an_offer_is_picked_reserved_and_written_down_for_the_unit_that_the_cart_carries(
    live: Storefront, shop: Shop, offer: Offer
) -> None:
    said = asked(live, shop, question=a_question())
    assert said.told.keys() == {"decision", "shown", "accept"}
    assert said.status == 200 and said.told["shown"] == {"id": offer.pk, "kind": "code", "code": "TEN"}
    live.door.written()
    row = OfferDecision.objects.get()
    assert (row.offer_id, bytes(row.unit)) == (offer.pk, assignment.digest(VISITOR))
    assert OfferReservation.objects.get().decision == row.decision


def test_a_page_cannot_say_what_may_be_offered_nor_to_whom(live: Storefront, shop: Shop, offer: Offer) -> None:
    forged = {"eligible": [{"id": 99, "margin": 10**9}], "unit": "ab" * 16, "decision": "00" * 16}
    asked(live, shop, question=json.dumps(json.loads(a_question()) | forged))
    live.door.written()
    assert [each["id"] for each in mood.asked[0]["eligible"]] == [offer.pk]
    assert bytes(OfferDecision.objects.get().unit) == assignment.digest(VISITOR)


def test_what_was_shown_is_accepted_by_its_pass(live: Storefront, shop: Shop) -> None:
    said = asked(live, shop, question=a_question())
    live.door.written()
    assert asked(live, shop, "POST", accept=said.told["accept"]).status == 202
    live.door.written()
    assert OfferReservation.objects.get().state == OfferReservation.State.ACCEPTED
    assert asked(live, shop, "POST", accept="forged").status == 401
    assert asked(live, shop, "POST").status == 401


def test_who_did_not_agree_is_shown_nothing_and_leaves_nothing(live: Storefront, shop: Shop) -> None:
    said = asked(live, shop, question=a_question(analytics=False))
    assert (said.status, said.told) == (200, {"why": deciding.NO_CONSENT})
    live.door.written()
    assert not OfferDecision.objects.exists() and OfferSpend.objects.get().reserved_minor == 0


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"question": "{"}, 400),
        ({"question": "[]"}, 400),
        ({"question": "{}"}, 410),
        ({"question": a_question(api=0)}, 410),
        ({"question": a_question(api=2)}, 410),
        ({"question": a_question(lines="many")}, 400),
        ({}, 404),
    ],
)
def test_what_cannot_be_read_or_is_of_another_version_is_refused(
    live: Storefront, shop: Shop, told: dict[str, str], status: int
) -> None:
    assert asked(live, shop, **told).status == status
    live.door.written()
    assert not OfferDecision.objects.exists()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_only_a_checkout_asks_answers_nothing_here(live: Storefront, shop: Shop, method: str) -> None:
    runs(shop, CHANCES)
    live.door.memory.look()
    for told in ({}, {"question": a_question()}, {"seed": "", "shown": "live"}):
        assert live.send(signed(pairs_of(shop, **told)), method, CHANCES).status == 404
    live.door.written()
    assert not PredictionLog.objects.exists() and not HoldOutSight.objects.exists()


def test_a_claimed_checkout_is_none(live: Storefront, shop: Shop) -> None:
    asked(live, shop, question=json.dumps(a_cart(checkout="token-1")))
    live.door.written()
    assert OfferReservation.objects.get().checkout_key is None


@pytest.mark.parametrize(
    ("value", "status"), [(5000, 200), (4000, 200), (5002, 200), (5003, 400), (10**12, 400)]
)  # of two for 2500
def test_a_cart_is_worth_no_more_than_its_lines(live: Storefront, shop: Shop, value: int, status: int) -> None:
    assert asked(live, shop, question=a_question(value=value)).status == status


def test_of_a_long_cart_not_all_lines_are_told(live: Storefront, shop: Shop) -> None:
    lines = [{"product": number, "quantity": 1, "price": 100} for number in range(50)]
    assert asked(live, shop, question=a_question(value=6000, lines=lines)).status == 200
    assert asked(live, shop, question=a_question(value=6000, lines=lines[1:])).status == 400


def test_one_address_picks_so_much_in_a_shop(live: Storefront, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "PICKS", Limit(at_once=2, a_second=0))

    def from_address(name: str) -> int:
        pairs = signed(pairs_of(shop, question=a_question()))
        forwarded = [(b"x-forwarded-for", f"10.9.9.9, {name}, 23.227.38.33".encode())]
        return live.send(pairs, "GET", OFFERS, forwarded).status

    assert [from_address("203.0.113.7") for _ in range(3)] == [200, 200, 429]
    assert from_address("203.0.113.8") == 200


def test_an_unsigned_question_is_refused(live: Storefront, shop: Shop) -> None:
    assert live.send(pairs_of(shop, question=a_question()), "GET", OFFERS).status == 401
