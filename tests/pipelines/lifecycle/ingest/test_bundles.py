"""What bundles are made of, and were: written as it was read, closed where it changed."""

from __future__ import annotations

import pytest
from django.utils.dateparse import parse_datetime

from pipelines.lifecycle.ingest import bundles
from pipelines.models import BundlePart, FormerPart, Shop
from pipelines.shopify.reading.shapes import Part
from tests import histories

FIRST, SECOND, THIRD = (f"2026-11-0{day}T03:00:00+00:00" for day in (1, 2, 3))
BUNDLE = 6001


@pytest.fixture
def shop(db) -> Shop:
    return histories.a_shop()


def read(shop: Shop, at: str, **parts: int) -> None:
    """Write what an export told of one bundle at a moment."""
    bundles.write(Part(shop.pk, BUNDLE, int(name[1:]), units, at, at) for name, units in parts.items())
    bundles.forget(shop.pk, [BUNDLE], at)


def now(shop: Shop) -> dict[int, tuple[int, str]]:
    rows = BundlePart.objects.for_shop(shop).values_list("part_id", "quantity", "since")
    return {part: (units, since.isoformat()) for part, units, since in rows}


def before(shop: Shop) -> list[tuple[int, int, str, str]]:
    rows = FormerPart.objects.for_shop(shop).order_by("until", "part_id")
    return [(row.part_id, row.quantity, row.since.isoformat(), row.until.isoformat()) for row in rows]


def test_what_stays_as_it_was_stays_since_then(shop: Shop) -> None:
    read(shop, FIRST, p1=1, p2=2)
    read(shop, SECOND, p1=1, p2=2)
    assert now(shop) == {1: (1, FIRST), 2: (2, FIRST)} and before(shop) == []
    assert set(BundlePart.objects.values_list("read_at", flat=True)) == {parse_datetime(SECOND)}


def test_what_changed_is_closed_and_stands_anew(shop: Shop) -> None:
    read(shop, FIRST, p1=1, p2=2)
    read(shop, SECOND, p1=3, p3=1)
    assert now(shop) == {1: (3, SECOND), 3: (1, SECOND)}
    assert before(shop) == [(1, 1, FIRST, SECOND), (2, 2, FIRST, SECOND)]


def test_what_comes_back_has_been_away(shop: Shop) -> None:
    for at, parts in ((FIRST, {"p1": 1}), (SECOND, {}), (THIRD, {"p1": 1})):
        read(shop, at, **parts)
    assert now(shop) == {1: (1, THIRD)} and before(shop) == [(1, 1, FIRST, SECOND)]


def test_the_same_export_twice_closes_nothing_twice(shop: Shop) -> None:
    read(shop, FIRST, p1=1)
    for _ in range(2):
        read(shop, SECOND, p1=2)
    assert now(shop) == {1: (2, SECOND)} and before(shop) == [(1, 1, FIRST, SECOND)]


def test_other_bundles_and_shops_are_left_alone(shop: Shop) -> None:
    other = histories.a_shop()
    read(other, FIRST, p1=1)
    bundles.write([Part(shop.pk, 7001, 1, 1, FIRST, FIRST)])
    read(shop, SECOND)
    assert now(other) == {1: (1, FIRST)} and now(shop) == {1: (1, FIRST)}
    assert before(shop) == []
