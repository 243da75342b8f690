"""What gives more than it can have brought is told before its budget is gone, and no longer than it runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.lifecycle.monitor.watch import costing
from pipelines.models import Alert, Measurement, Order, OrderLine, Shop, ShopSettings, Variant
from pipelines.models.usecases.offers import Offer, OfferDecision, OfferReservation
from pipelines.usecases import USE_CASES
from pipelines.usecases.offers import USE_CASE
from pipelines.usecases.tills import Paying
from tests import factories
from tests.offering import an_offer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SHOPPERS, GIVEN = 200, 600  # of each kind; pence of an order that earns £14 before that


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = factories.a_shop()
    ShopSettings.of(shop)
    facts = {"product_id": 5, "updated_at": NOW, "unit_cost_minor": 300}
    Variant.objects.create(shop=shop, shopify_id=501, **facts)
    with USE_CASES.also(USE_CASE):
        yield shop


@pytest.fixture
def offer(shop: Shop) -> Offer:
    return an_offer(shop, "A fifth off")


def asked(shop: Shop, offer: Offer, *, shown: bool, ordering: float) -> None:
    """Let shoppers of ten days be asked about, drawn at random, of whom a share orders; who may take the offer does."""
    first = OfferDecision.objects.count()
    decisions, orders, lines, taken = [], [], [], []
    for number in range(first + 1, first + SHOPPERS + 1):
        at, unit = NOW - timedelta(days=2 + number % 10), number.to_bytes(16, "little")
        facts = {"shop": shop, "at": at, "decision": uuid.UUID(int=number)}
        arm = {"arm": "stable", "propensity": 0.5} if shown else {"arm": "held_out"}
        told = {"eligible": [offer.pk], "margins": [800], "context": {"value": 2_000}, "unit": unit}
        decisions.append(OfferDecision(**facts, **told, **arm, offer_id=offer.pk if shown else 0))
        if (number * 7) % SHOPPERS >= ordering * SHOPPERS:
            continue
        when = {"created_at": at, "processed_at": at + timedelta(hours=1), "updated_at": at}
        orders.append(Order(shop=shop, shopify_id=number, currency="GBP", unit=unit, **when))
        line = {"price_minor": 1_000, "quantity": 2, "current_quantity": 2, "variant_id": 501, "processed_at": at}
        lines.append(OrderLine(shop=shop, order_id=number, line_id=number, discount_minor=GIVEN * shown, **line))
        if shown:
            spent = {"cost_minor": GIVEN, "week": at.date(), "state": "spent", "expires_at": at, "accepted_at": at}
            taken.append(OfferReservation(**facts, offer=offer, **spent))
    for rows in (decisions, orders, lines, taken):
        type(rows[0]).objects.bulk_create(rows) if rows else None


def told(shop: Shop) -> list[str]:
    return [*Alert.objects.for_shop(shop).filter(closed_at=None).values_list("title", flat=True)]


def test_what_wins_nobody_is_told_with_what_it_gave_and_what_can_have_come_of_it(shop: Shop, offer: Offer) -> None:
    asked(shop, offer, shown=True, ordering=0.6)
    asked(shop, offer, shown=False, ordering=0.6)
    assert costing.look(shop, "offers", NOW) == [offer.pk]
    alert = Alert.objects.get()
    assert alert.title == "“A fifth off” costs you more than it brings" and alert.use_case == "offers"
    assert alert.next_step.startswith("Stop it, or let it give less")
    assert "It gave £720. To be worth that, 52 of the 120 orders" in alert.text and alert.text.endswith("at most.")
    row = Measurement.objects.get(metric="paying")
    assert (row.segment, row.n, row.verdict) == (str(offer.pk), 120, "costs")
    assert row.low < 0 < row.high < row.value == pytest.approx(120 * 600 / 1_400)
    assert costing.told(costing.newest(shop, "offers", NOW - timedelta(days=1))[offer.pk], "GBP") == alert.text


def test_what_wins_more_than_it_gives_is_measured_and_not_told(shop: Shop, offer: Offer) -> None:
    asked(shop, offer, shown=True, ordering=0.9)
    asked(shop, offer, shown=False, ordering=0.3)
    assert costing.look(shop, "offers", NOW) == [] and told(shop) == []
    row = Measurement.objects.get(metric="paying")
    assert row.verdict == "open" and row.low > row.value
    (found,) = costing.newest(shop, "offers", NOW - timedelta(days=1)).values()
    assert costing.told(found, "GBP").startswith("Worth what it gave if 78 of the 180 orders")


def test_a_second_look_of_a_day_takes_the_place_of_the_first(shop: Shop, offer: Offer) -> None:
    asked(shop, offer, shown=True, ordering=0.6)
    asked(shop, offer, shown=False, ordering=0.6)
    for hours in (0, 1, 24):
        costing.look(shop, "offers", NOW + timedelta(hours=hours))
    assert Measurement.objects.filter(metric="paying").count() == 2 and len(told(shop)) == 1
    assert [*costing.newest(shop, "offers", NOW - timedelta(days=1))] == [offer.pk]
    assert costing.newest(shop, "offers", NOW + timedelta(days=1)) == {}


def test_it_is_over_once_it_runs_no_more(shop: Shop, offer: Offer) -> None:
    asked(shop, offer, shown=True, ordering=0.6)
    asked(shop, offer, shown=False, ordering=0.6)
    costing.look(shop, "offers", NOW)
    Offer.objects.update(state="stopped")
    assert costing.look(shop, "offers", NOW + timedelta(days=1)) == [] and told(shop) == []


def test_on_other_terms_it_is_another_offer(shop: Shop, offer: Offer) -> None:
    asked(shop, offer, shown=True, ordering=0.6)
    asked(shop, offer, shown=False, ordering=0.6)
    costing.look(shop, "offers", NOW)
    Offer.objects.update(terms_at=NOW + timedelta(hours=1))
    assert costing.newest(shop, "offers", NOW - timedelta(days=1)) == {}
    assert costing.look(shop, "offers", NOW + timedelta(days=1)) == [] and told(shop) == []
    assert costing.newest(shop, "offers", NOW - timedelta(days=1)) == {}


def test_what_was_before_its_terms_changed_is_not_looked_at(shop: Shop, offer: Offer) -> None:
    asked(shop, offer, shown=True, ordering=0.6)
    asked(shop, offer, shown=False, ordering=0.6)
    Offer.objects.update(terms_at=NOW - timedelta(days=5, hours=8))  # in the first second of a day of the shop's
    costing.look(shop, "offers", NOW)
    (found,) = costing.newest(shop, "offers", NOW - timedelta(days=1)).values()
    assert found.orders == 36  # of ten days those of the three after it


def test_another_shops_offers_and_alerts_are_none_of_it(shop: Shop, offer: Offer) -> None:
    other = factories.a_shop(domain="other.myshopify.com")
    ShopSettings.of(other)
    asked(shop, offer, shown=True, ordering=0.6)
    asked(shop, offer, shown=False, ordering=0.6)
    costing.look(shop, "offers", NOW)
    assert costing.look(other, "offers", NOW) == [] and len(told(shop)) == 1


def test_nothing_is_said_before_shoppers_were_shown_nothing(shop: Shop, offer: Offer) -> None:
    asked(shop, offer, shown=True, ordering=0.6)
    assert costing.look(shop, "offers", NOW) == [] and not Measurement.objects.exists()


def test_what_is_stopped_while_it_is_looked_at_is_not_told(
    shop: Shop, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(shop, offer, shown=True, ordering=0.6)
    asked(shop, offer, shown=False, ordering=0.6)
    worked_out = costing.known

    def meanwhile(*about: Any) -> list[Paying]:
        found = worked_out(*about)
        Offer.objects.update(state="stopped")
        return found

    monkeypatch.setattr(costing, "known", meanwhile)
    assert costing.look(shop, "offers", NOW) == [] and told(shop) == []


@pytest.mark.parametrize(
    ("orders", "needed", "low", "high", "said"),
    [
        (60, 80.0, -5.0, 90.0, "It gave £400, more than all of the 60 orders of shoppers who saw it earned."),
        (60, 10.4, -5.0, 10.3, "11 of the 60 orders of shoppers who saw it must be orders that"),
        (60, 10.4, -5.0, 10.3, "it is 10 at most."),
        (60, 10.2, -5.0, 10.4, "if 11 of the 60 orders of shoppers who saw it are orders that"),
        (60, 10.2, -5.0, 10.4, "so far it is 0 to 11."),
        (12, 5.0, -9.0, 30.0, "so far it is 0 to 12."),
    ],
)
def test_what_is_said_does_not_contradict_itself(
    orders: int, needed: float, low: float, high: float, said: str
) -> None:
    assert said in costing.told(Paying(1, orders, 40_000, needed, low, high), "GBP")


def test_what_gave_more_than_all_of_its_orders_earned_costs_however_many_it_won() -> None:
    assert Paying(1, 60, 40_000, needed=80.0, low=-5.0, high=90.0).costs


def test_no_order_is_spoken_of_in_the_minus() -> None:
    found = Paying(1, 80, 40_000, needed=31.6, low=-12.4, high=-0.4)
    assert "32 of the 80 orders" in costing.told(found, "GBP") and "it is 0 at most" in costing.told(found, "GBP")
