"""What was decided and what came of it: nothing before its day is over, and money as the shop earned it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.data.dataset import Source
from pipelines.models import Order, OrderLine, Shop, ShopSettings, Variant
from pipelines.models.usecases.offers import Offer, OfferDecision
from pipelines.usecases.offers.frames import OWN_FRAMES
from tests import factories
from tests.offering import accept, an_offer, reserve

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)  # 03:00 in New York: the 19th is the last complete day
THEN = datetime(2026, 11, 18, 15, tzinfo=UTC)
UNIT = b"u" * 16
OFFERS, DECISIONS = OWN_FRAMES


@pytest.fixture
def shop() -> Shop:
    shop = factories.a_shop(timezone="America/New_York")
    ShopSettings.of(shop)
    return shop


def decisions(shop: Shop) -> pd.DataFrame:
    return dataset.own(Source(shop, NOW), DECISIONS)


def decided(shop: Shop, at: datetime, offer: Offer | None = None, **changes: Any) -> uuid.UUID:
    """Write a decision down, and reserve what was shown."""
    decision = uuid.uuid4()
    facts: dict[str, Any] = {"unit": UNIT, "arm": "stable", "propensity": 0.5, "context": {"value": 5000}}
    facts |= {"eligible": [7, 8], "margins": [300, 250], "offer_id": offer.pk if offer else 0}
    OfferDecision.objects.create(shop=shop, at=at, decision=decision, **facts | changes)
    if offer:
        reserve(offer, decision, at=at, checkout=changes.get("checkout_key"))
    return decision


def an_order(shop: Shop, number: int, at: datetime, **changes: Any) -> None:
    """Place an order of two for £10 each, £2 off; each cost £3."""
    facts = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP"}
    Order.objects.create(shop=shop, shopify_id=number, **facts | changes)
    line = {"order_id": number, "line_id": number, "variant_id": 501, "quantity": 2, "current_quantity": 2}
    OrderLine.objects.create(shop=shop, price_minor=1000, discount_minor=200, processed_at=at, **line)
    Variant.objects.get_or_create(
        shop=shop, shopify_id=501, defaults={"product_id": 5, "updated_at": at, "unit_cost_minor": 300}
    )


def test_a_decision_is_told_with_what_was_known_and_what_could_be_seen(shop: Shop) -> None:
    decided(shop, THEN, an_offer(shop), chance=0.4, context={"value": 5000, "device": "phone", "hour": 10})
    (row,) = decisions(shop).to_dict("records")
    assert (row["ds"], row["at"]) == (pd.Timestamp("2026-11-18"), pd.Timestamp("2026-11-18 10:00"))
    assert (row["eligible"], row["margins"], row["propensity"], row["is_held_out"]) == ("7,8", "300,250", 0.5, 0)
    assert (row["chance"], row["value"], row["device"], row["hour"]) == (0.4, 5000.0, "phone", 10.0)
    assert pd.isna(row["events"])


def test_frames_are_typed_without_a_row(shop: Shop) -> None:
    found = decisions(shop)
    assert [*found.columns] == [*DECISIONS.columns] and str(found["ds"].dtype) == "datetime64[s]"
    assert [*dataset.own(Source(shop, NOW), OFFERS).columns] == [*OFFERS.columns]


@pytest.mark.parametrize(("hours", "is_known"), [(0, True), (13.9, True), (14.1, False), (30, False)])
def test_what_came_is_known_once_its_day_is_over(shop: Shop, hours: float, is_known: bool) -> None:
    decided(shop, THEN + timedelta(hours=hours))  # 24 hours end with the 19th, for who came before midnight of the 19th
    (row,) = decisions(shop).to_dict("records")
    assert {bool(pd.notna(row[name])) for name in ("accepted", "ordered", "profit")} == {is_known}


def test_today_is_not_read(shop: Shop) -> None:
    decided(shop, NOW)
    assert decisions(shop).empty


def test_profit_is_what_the_order_brought_less_what_was_given(shop: Shop) -> None:
    code, free = (
        an_offer(shop),
        an_offer(shop, "Free", kind=Offer.Kind.FREE_SHIPPING, threshold_minor=1, cost_minor=450),
    )
    for number, offer in enumerate((code, free, None), 1):
        decision = decided(shop, THEN, offer, checkout_key=number, unit=bytes([number]) * 16)
        an_order(shop, number, THEN + timedelta(hours=1), checkout_key=number)
        if offer:
            accept(shop, decision, THEN + timedelta(minutes=1))
    found = decisions(shop)
    assert found["ordered"].tolist() == [1, 1, 1] and found["accepted"].tolist() == [1, 1, 0]
    assert found["profit"].tolist() == [2000 - 200 - 600, 2000 - 200 - 600 - 450, 1200]


def test_without_an_order_nothing_was_earned_and_an_orders_shopper_is_enough(shop: Shop) -> None:
    decided(shop, THEN - timedelta(days=2))
    decided(shop, THEN)
    an_order(shop, 1, THEN - timedelta(hours=2), unit=UNIT)  # before the second, over a day after the first
    an_order(shop, 2, THEN + timedelta(hours=25), unit=UNIT)
    found = decisions(shop)
    assert found["ordered"].tolist() == [0, 0] and found["profit"].tolist() == [0, 0]
    an_order(shop, 3, THEN + timedelta(hours=23), unit=UNIT)
    assert decisions(shop)["profit"].tolist() == [0, 1200]


def test_an_order_is_one_decisions_the_newest_that_was_shown_before_it(shop: Shop) -> None:
    """Who asks under many names of a checkout, or of a shopper, is paid once."""
    for minutes in (1, 2, 3, 90):
        decided(shop, THEN + timedelta(minutes=minutes), checkout_key=minutes)
    decided(shop, THEN + timedelta(minutes=4), checkout_key=9, unit=b"o" * 16)
    decided(shop, THEN + timedelta(minutes=5), checkout_key=5, why_not="used up")  # nothing is learned of it
    an_order(shop, 1, THEN + timedelta(hours=1), unit=UNIT, checkout_key=9)
    found = decisions(shop)
    assert found["ordered"].tolist() == [0, 0, 0, 1, 0]
    assert found["profit"].tolist() == [0, 0, 0, 1200, 0]


def test_a_pick_that_could_not_be_shown_teaches_nothing(shop: Shop) -> None:
    offer = an_offer(shop)
    decided(shop, THEN, picked_id=offer.pk, why_not="used up")
    decided(shop, THEN, eligible=[], margins=[])
    later = decided(shop, THEN)
    reserve(offer, later, at=THEN)  # asked again, it was shown after all
    assert decisions(shop).empty


def test_who_was_held_out_is_told(shop: Shop) -> None:
    decided(shop, THEN, arm="held_out", propensity=1.0)
    assert decisions(shop)["is_held_out"].tolist() == [1]


def test_another_shops_decisions_are_not_read(shop: Shop) -> None:
    decided(factories.a_shop(), THEN)
    assert decisions(shop).empty


def test_an_offer_is_told_with_what_it_would_have_earned(shop: Shop) -> None:
    offer, stopped = an_offer(shop), an_offer(shop, "Other", state=Offer.State.STOPPED)
    for margin in (100, 300):
        decided(shop, THEN, eligible=[offer.pk], margins=[margin])
    found = dataset.own(Source(shop, NOW), OFFERS).set_index("offer_id")
    assert found.loc[offer.pk, "margin"] == 200 and pd.isna(found.loc[stopped.pk, "margin"])
    assert found["is_live"].tolist() == [1, 0] and found["kind"].tolist() == ["code", "code"]
