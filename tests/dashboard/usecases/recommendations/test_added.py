"""What showing it adds: both groups as they were counted, and how sure that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.models import Deployment, HoldOut, HoldOutShare, OrderLine, Shop, Variant
from pipelines.usecases import USE_CASES
from pipelines.usecases.recommendations import USE_CASE
from tests.dashboard import picking
from tests.dashboard.usecases.recommendations.test_page import HERE
from tests.dashboard.views.test_plain_words import jargon


@pytest.fixture
def held() -> Iterator[None]:
    """Let one shopper of twenty be shown nothing."""
    with USE_CASES.also(dataclasses.replace(USE_CASE, hold_out=0.05)):
        yield


def kept(shop: Shop, **figures: Any) -> None:
    """Keep what all counted days say."""
    now = timezone.now()
    facts = {"made_at": now, "counted_until": now, "seed": "s", "figures": figures}
    row = HoldOut.objects.create(shop=shop, use_case=picking.SLUG, **facts)
    HoldOutShare.objects.create(shop=shop, hold_out=row, percent=5, since=now)


def an_arm(units: int, orders: int, *, rate: float = 32.9) -> dict[str, Any]:
    many = {"value": rate, "low": rate - 1.5, "high": rate + 1.5}
    return {"units": units, "orders": orders, "per_thousand": many if orders >= 30 else None}


def measured(shop: Shop, value: float, low: float, high: float, mark: str) -> None:
    arms = {"shown": an_arm(54_680, 1799), "held_out": an_arm(3230, 104, rate=32.2)}
    days = {"first_day": "2026-10-22", "last_day": "2026-11-18"}
    more = {"value": value, "low": low, "high": high, "mark": mark}
    kept(shop, arms=arms, sales=more, orders=None, units_a_day=2000.0, rate=0.03, **days)


def test_nothing_is_said_where_nobody_may_be_shown_nothing(listed, see):
    with USE_CASES.also(dataclasses.replace(USE_CASE, hold_out=0.0)):
        assert "No recommendations" not in see(HERE).content.decode()


def test_before_the_first_day_nothing_is_measured(listed, held, see):
    page = see(HERE).content.decode()
    assert "Added sales: not measured yet" in page and "No day is counted yet" in page
    assert "0 of about 30 orders for a first range" in page and "/settings#hold-out" in page


def test_a_range_with_zero_in_it_is_not_proven_and_that_comes_first(listed, held, see):
    measured(listed, 249_000, -2_120_000, 2_620_000, "not_proven")
    page = see(HERE).content.decode()
    assert "Added sales: not proven" in page and "54,680" in page and "31.4 to 34.4" in page
    told = page[page.index("Added sales: not proven") :]
    assert told.index("Not proven") < told.index("£2,490 more")
    assert "very likely between £21,200 less and £26,200 more" in told
    assert jargon(page) == []


def test_what_is_proven_leads_with_the_money(listed, held, see):
    measured(listed, 249_000, 120_000, 380_000, "proven")
    assert 'heading="It adds sales: £2,490 more"' in see(HERE).content.decode()


def test_a_proven_loss_says_so_wherever_its_mark_stands(listed, held, see):
    measured(listed, -249_000, -380_000, -120_000, "proven")
    page = see(HERE).content.decode()
    assert 'heading="It costs sales: £2,490 less"' in page and '<span class="strong nowrap">Costs you</span>' in page


def sold(shop: Shop, *, minor: int, cost: int | None, line: int = 1) -> None:
    """Sell a unit of something, a day ago."""
    at = timezone.now() - timedelta(days=1)
    facts = {"shop": shop, "updated_at": at}
    Variant.objects.create(shopify_id=9_000 + line, product_id=8_000 + line, unit_cost_minor=cost, **facts)
    OrderLine.objects.create(
        shop=shop, line_id=line, order_id=line, variant_id=9_000 + line, quantity=2, current_quantity=1,
        price_minor=minor, discount_minor=0, processed_at=at,
    )  # fmt: skip


def test_what_a_thousand_shoppers_bring_in_margin_is_a_range(listed, held, see):
    assert "Added margin of 1,000 shoppers: not measured yet." in see(HERE).content.decode()
    measured(listed, 249_000, -2_120_000, 2_620_000, "not_proven")
    assert "not known, for Shopify knows the cost of too little that sells" in see(HERE).content.decode()
    sold(listed, minor=10_000_000, cost=6_000_000)
    told = "£18.22 more, very likely between £155 less and £192 more, at the 40% of sales"
    page = see(HERE).content.decode()
    assert told in page[page.index("Added margin") :][:250]
    sold(listed, minor=20_000_000, cost=None, line=2)
    assert "too little that sells" in see(HERE).content.decode()


def test_what_is_proven_to_cost_says_so_too(listed, held, see):
    measured(listed, -249_000, -380_000, -120_000, "proven")
    page = see(HERE).content.decode()
    assert 'heading="It costs sales: £2,490 less"' in page and "between £1,200 and £3,800 less" in page


def test_how_long_a_proof_takes_is_told(listed, held, see):
    measured(listed, 249_000, -2_120_000, 2_620_000, "not_proven")
    assert "an effect of one tenth shows after" in see(HERE).content.decode()


def test_looking_writes_nothing_down(shop, held, see):
    see(HERE)
    assert not Deployment.objects.filter(use_case=picking.SLUG).exists()


def test_another_shops_groups_are_not_mine(listed, another_shop, held, see):
    measured(another_shop, 249_000, 120_000, 380_000, "proven")
    assert "£2,490 more" not in see(HERE).content.decode()
