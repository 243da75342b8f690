"""A use case of which some shoppers are shown nothing, and what they did, made as rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines.lifecycle.hold_outs import drawn
from pipelines.models import HoldOut, HoldOutDay, HoldOutShare, HoldOutSight, Order, Shop
from pipelines.usecases import USE_CASES
from tests import exposing
from tests.exposing import MONDAY, SLUG
from tests.histories import numbers

HELD = dataclasses.replace(exposing.SHOWN, hold_out=0.05)
VISITORS = [f"visitor {number}" for number in range(400)]


@pytest.fixture
def held() -> Iterator[str]:
    """Let a use case that holds shoppers out exist during a test."""
    with USE_CASES.also(HELD):
        yield SLUG


def a_hold_out(shop: Shop, percent: int = 5, *, since: datetime = MONDAY, seed: str = "hold-out") -> HoldOut:
    """Return a hold-out that began then, of which no day was counted."""
    facts = {"use_case": SLUG, "seed": seed, "made_at": since, "counted_until": since}
    row = HoldOut.objects.create(shop=shop, **facts)
    a_share(row, percent, since)
    return row


def a_share(row: HoldOut, percent: int, since: datetime) -> HoldOutShare:
    """Let another share hold from then on."""
    return HoldOutShare.objects.create(shop_id=row.shop_id, hold_out=row, percent=percent, since=since)


def seen(row: HoldOut, at: datetime, *, held_out: int = 0, shown: int = 0) -> dict[bool, list[bytes]]:
    """Write down that so many units were first seen then; return them by whether they were held out."""
    units = {is_out: [next(numbers).to_bytes(16) for _ in range(n)] for is_out, n in ((True, held_out), (False, shown))}
    share = drawn.current(row)
    HoldOutSight.objects.bulk_create(
        HoldOutSight(shop_id=row.shop_id, hold_out=row, share=share, unit=unit, is_held_out=is_out, first_at=at)
        for is_out, those in units.items()
        for unit in those
    )
    return units


def ordered(shop: Shop, units: list[bytes], at: datetime, minor: int = 1000, **changes: Any) -> None:
    """Let each unit order then."""
    facts: dict[str, Any] = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP"}
    facts |= {"total_minor": minor, "subtotal_minor": minor, "shop_id": shop.pk}
    Order.objects.bulk_create(Order(shopify_id=next(numbers), unit=unit, **facts | changes) for unit in units)


def a_day(
    row: HoldOut,
    at: datetime,
    *,
    held_out: tuple[int, int],
    shown: tuple[int, int],
    minor: float = 1000,
    **changes: Any,
) -> HoldOutDay:
    """Return a day that was counted: (units, orders) of both arms."""
    figures = {
        f"{arm}_{name}": value
        for arm, (units, orders) in (("held_out", held_out), ("shown", shown))
        for name, value in (
            ("units", units),
            ("orders", orders),
            ("revenue", minor * orders),
            ("revenue_squared", minor**2 * orders * 1.5),
        )
    }
    facts = {"share": drawn.current(row), "day": at.date(), "closed_at": at + timedelta(days=3)}
    return HoldOutDay.objects.create(shop_id=row.shop_id, hold_out=row, **facts | figures | changes)
