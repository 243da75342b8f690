"""What bundles sell is demand of their parts, from lines of a group and from make-ups alike, and never twice."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pandas as pd
import pytest

from pipelines.lifecycle.data import bundles, dataset, frames
from pipelines.lifecycle.data.sold import sold_by_day
from pipelines.models import BundlePart, FormerPart, Order, OrderLine, Shop, Variant
from tests import histories
from tests.pipelines.lifecycle.data.days import NOW, SPRING

DAY = NOW - timedelta(days=3)


@pytest.fixture
def kit(shop: Shop) -> tuple[Variant, Variant, Variant]:
    """Return a kit of one lamp and two bulbs, and these."""
    kit = histories.a_variant(shop, 1, created=SPRING, requires_components=True, price_minor=3000)
    lamp = histories.a_variant(shop, 2, created=SPRING, price_minor=2000)
    bulb = histories.a_variant(shop, 3, created=SPRING, price_minor=1000)
    made_of(kit, lamp, 1)
    made_of(kit, bulb, 2)
    return kit, lamp, bulb


def made_of(bundle: Variant, part: Variant, units: int, since: datetime | None = None) -> None:
    facts = {"bundle_id": bundle.shopify_id, "part_id": part.shopify_id, "quantity": units, "read_at": NOW}
    BundlePart.objects.create(shop=bundle.shop, since=since, **facts)


def was_made_of(bundle: Variant, part: Variant, units: int, until: datetime) -> None:
    facts = {"bundle_id": bundle.shopify_id, "part_id": part.shopify_id, "quantity": units, "until": until}
    FormerPart.objects.create(shop=bundle.shop, **facts)


def grouped(
    order: Order, bundle: Variant | None, parts: list[tuple[Variant, int]], units: int = 1, number: int = 0
) -> None:
    """Add the lines of so many of a bundle, sold as a group; of nothing, it is not told of which."""
    group: dict[str, object] = {"group_id": 5_000 + 10 * order.shopify_id + number}
    if bundle:
        group |= {"group_variant_id": bundle.shopify_id, "group_product_id": bundle.product_id}
        group |= {"group_quantity": units}
    lines = [histories.a_line(order, part, each * units, **group) for part, each in parts]
    OrderLine.objects.bulk_create(lines)


def sales(shop: Shop) -> dict[int, float]:
    """Count what sold of each variant, as the forecast learns it; a page that counts one counts the same days."""
    rows = dataset.build(shop, "demand_forecast", now=NOW).frames["daily_sales"]
    rows = rows[rows["y"] > 0]
    for unit, days in rows.groupby("unique_id"):
        told = sold_by_day(shop, int(str(unit)), SPRING, NOW)
        assert told == {day.date(): units for day, units in zip(days["ds"], days["y"], strict=True)}
    return {unit: units for unit, units in rows.groupby("unique_id")["y"].sum().items() if units}


def test_a_bundle_on_a_line_of_its_own_is_demand_of_its_parts(shop, kit) -> None:
    bundle, lamp, bulb = kit
    histories.an_order(shop, DAY, [(bundle, 3), (bulb, 1)])
    assert sales(shop) == {lamp.shopify_id: 3, bulb.shopify_id: 7}


def test_parts_listed_under_their_group_count_once(shop, kit) -> None:
    bundle, lamp, bulb = kit
    grouped(histories.an_order(shop, DAY, []), bundle, [(lamp, 1), (bulb, 2)], units=2)
    assert sales(shop) == {lamp.shopify_id: 2, bulb.shopify_id: 4}


@pytest.mark.parametrize(("alone", "in_group", "lamps"), [(2, 2, 2), (3, 2, 3), (1, 2, 2)])
def test_a_bundle_listed_beside_its_parts_is_not_counted_twice(shop, kit, alone, in_group, lamps) -> None:
    bundle, lamp, bulb = kit
    order = histories.an_order(shop, DAY, [(bundle, alone)])
    grouped(order, bundle, [(lamp, 1), (bulb, 2)], units=in_group)
    assert sales(shop) == {lamp.shopify_id: lamps, bulb.shopify_id: 2 * lamps}


def test_the_line_of_a_bundle_that_carries_its_own_group_still_counts(shop, kit) -> None:
    bundle, lamp, bulb = kit
    grouped(histories.an_order(shop, DAY, []), bundle, [(bundle, 1)])
    assert sales(shop) == {lamp.shopify_id: 1, bulb.shopify_id: 2}


def test_what_was_removed_of_a_bundle_was_never_sold_and_what_came_back_was(shop, kit) -> None:
    bundle, lamp, bulb = kit
    histories.an_order(shop, DAY, [(bundle, 3)])
    OrderLine.objects.update(removed=1, returned=1, current_quantity=1)
    assert sales(shop) == {lamp.shopify_id: 2, bulb.shopify_id: 4}


def test_parts_of_a_group_that_were_removed_count_no_more(shop, kit) -> None:
    bundle, lamp, bulb = kit
    grouped(histories.an_order(shop, DAY, []), bundle, [(lamp, 1), (bulb, 2)])
    OrderLine.objects.filter(variant_id=bulb.shopify_id).update(removed=2)
    assert sales(shop) == {lamp.shopify_id: 1}


def test_each_day_is_counted_by_what_the_bundle_was_made_of_then(shop, kit) -> None:
    bundle, lamp, bulb = kit
    shade = histories.a_variant(shop, 4, created=SPRING)
    changed = DAY - timedelta(days=10)
    BundlePart.objects.filter(part_id=bulb.shopify_id).delete()
    was_made_of(bundle, bulb, 2, until=changed)
    made_of(bundle, shade, 1, since=changed)
    histories.an_order(shop, changed - timedelta(days=1), [(bundle, 1)])
    histories.an_order(shop, changed + timedelta(days=1), [(bundle, 10)])
    assert sales(shop) == {lamp.shopify_id: 11, bulb.shopify_id: 2, shade.shopify_id: 10}


def test_what_sold_before_a_bundle_was_first_read_is_counted_by_its_first_make_up(shop, kit) -> None:
    bundle, lamp, bulb = kit
    BundlePart.objects.update(since=NOW - timedelta(hours=2))
    histories.an_order(shop, DAY, [(bundle, 1)])
    assert sales(shop) == {lamp.shopify_id: 1, bulb.shopify_id: 2}


def test_what_is_no_bundle_any_more_sells_itself_from_then_on(shop, kit) -> None:
    bundle, lamp, _ = kit
    BundlePart.objects.all().delete()
    Variant.objects.filter(pk=bundle.pk).update(requires_components=False)
    was_made_of(bundle, lamp, 1, until=DAY)
    histories.an_order(shop, DAY - timedelta(days=1), [(bundle, 1)])
    histories.an_order(shop, DAY + timedelta(days=1), [(bundle, 4)])
    assert sales(shop) == {lamp.shopify_id: 1, bundle.shopify_id: 4}


def test_a_bundle_has_no_series_and_no_stock_to_order_for(shop, kit) -> None:
    bundle, lamp, bulb = kit
    for variant in kit:
        histories.stocked(shop, variant, 4, NOW - timedelta(days=200))
    histories.an_order(shop, DAY, [(bundle, 1)])
    built = dataset.build(shop, "demand_forecast", now=NOW).frames
    parts = {lamp.shopify_id, bulb.shopify_id}
    assert set(built["series"]["unique_id"]) == set(built["stock"]["variant_id"]) == parts
    assert set(built["daily_sales"]["unique_id"]) == parts


def test_a_part_that_is_no_longer_for_sale_takes_nothing_from_the_others(shop, kit) -> None:
    bundle, lamp, bulb = kit
    Variant.objects.filter(pk=bulb.pk).update(deleted_at=NOW - timedelta(days=1))
    histories.an_order(shop, DAY, [(bundle, 3)])
    assert sales(shop) == {lamp.shopify_id: 3}


def test_a_bundle_beside_a_group_of_parts_that_nobody_knows_stands_by_itself(shop, kit) -> None:
    """Shopify names no variant on lines whose product was deleted since."""
    bundle, lamp, bulb = kit
    order = histories.an_order(shop, DAY, [(bundle, 2)])
    grouped(order, bundle, [(lamp, 1), (bulb, 2)], units=2)
    OrderLine.objects.filter(group_id__isnull=False).update(variant_id=None)
    assert sales(shop) == {lamp.shopify_id: 2, bulb.shopify_id: 4}


def test_what_is_known_of_a_groups_parts_counts(shop, kit) -> None:
    bundle, lamp, bulb = kit
    grouped(histories.an_order(shop, DAY, []), bundle, [(lamp, 1), (bulb, 2)])
    OrderLine.objects.filter(variant_id=bulb.shopify_id).update(variant_id=None)
    assert sales(shop) == {lamp.shopify_id: 1}


def unknown(shop: Shop) -> int:
    """Count the units of bundles that are demand of nothing, as the data of a training says it."""
    return dataset.build(shop, "demand_forecast", now=NOW).snapshot.shares["units_of_unknown_bundles"]


def test_a_bundle_whose_parts_nobody_told_is_said(shop, kit) -> None:
    bundle, _, bulb = kit
    box = histories.a_variant(shop, 9, created=SPRING, requires_components=True)
    histories.an_order(shop, DAY, [(box, 3), (bundle, 1), (bulb, 1)])
    assert unknown(shop) == 3
    made_of(box, bulb, 1)
    assert unknown(shop) == 0


def test_a_bundle_in_a_bundle_is_said_too(shop, kit) -> None:
    """Shopify refuses to make one; were it told, its units are demand of the inner one, which nobody can order."""
    bundle, lamp, _ = kit
    box = histories.a_variant(shop, 9, created=SPRING, requires_components=True)
    made_of(box, bundle, 2)
    made_of(box, lamp, 1)
    histories.an_order(shop, DAY, [(box, 3)])
    assert sales(shop) == {lamp.shopify_id: 3} and unknown(shop) == 6


def test_what_only_groups_were_sold_as_is_a_bundle_though_no_export_said_so(shop, kit) -> None:
    _, lamp, bulb = kit
    box = histories.a_variant(shop, 9, created=SPRING)
    other = histories.a_variant(shop, 10, created=SPRING)
    grouped(histories.an_order(shop, DAY, [(other, 1)]), box, [(lamp, 1), (bulb, 1)])
    grouped(histories.an_order(shop, DAY, []), other, [(lamp, 1)])
    is_bundle = frames.variants(shop, NOW).set_index("variant_id")["is_bundle"]
    assert is_bundle[box.shopify_id] == 1
    assert is_bundle[other.shopify_id] == 0, "it sells by itself, too"


def test_another_shops_bundles_are_not_read(shop, kit) -> None:
    other = histories.a_shop()
    histories.pulled(other, NOW - timedelta(hours=1))
    thing = histories.a_variant(other, 1, created=SPRING)  # with the same number
    histories.an_order(other, DAY, [(thing, 2)])
    assert sales(other) == {thing.shopify_id: 2}


@pytest.mark.parametrize("seed", range(3))
def test_orders_of_all_kinds_count_as_a_walk_through_their_lines_does(shop, kit, seed: int) -> None:
    """Bundles on lines, in groups, in both, twice in one order, parts by themselves, units that were taken off."""
    draw, (bundle, lamp, bulb) = random.Random(seed), kit
    box = histories.a_variant(shop, 5, created=SPRING, requires_components=True)
    made = {bundle: [(lamp, 1), (bulb, 2)], box: [(bulb, 3)]}
    made_of(box, bulb, 3)
    expected: Counter[int] = Counter()
    for _ in range(40):
        alone = [(draw.choice([bundle, box, lamp, bulb]), draw.randint(1, 3)) for _ in range(draw.randint(0, 4))]
        order = histories.an_order(shop, DAY - timedelta(days=draw.randint(0, 20)), alone)
        groups = [(draw.choice([bundle, box]), draw.randint(1, 3)) for _ in range(draw.randint(0, 2))]
        for number, (what, units) in enumerate(groups):
            grouped(order, what, made[what], units, number)
        for line in OrderLine.objects.filter(order_id=order.shopify_id):
            if draw.random() < 0.2:
                OrderLine.objects.filter(pk=line.pk).update(removed=draw.randint(1, line.quantity))
        listed: Counter[Variant] = Counter()
        for line in OrderLine.objects.filter(order_id=order.shopify_id):
            listed[Variant.objects.get(shop=shop, shopify_id=line.variant_id)] += line.quantity - line.removed
        for what, units in listed.items():
            if what not in made:
                expected[what.shopify_id] += units
                continue
            left = max(0, units - sum(each for of, each in groups if of == what))
            expected.update({part.shopify_id: left * each for part, each in made[what]})
    assert sales(shop) == {unit: units for unit, units in expected.items() if units}


# What shoppers chose together


def together(shop: Shop) -> list[set[int]]:
    rows = frames.purchases(shop, SPRING, NOW)
    return sorted((set(basket) for _, basket in rows.groupby("basket")["unique_id"]), key=sorted)


def test_parts_sold_as_one_bundle_were_not_bought_together(shop, kit) -> None:
    bundle, lamp, bulb = kit
    mug = histories.a_variant(shop, 8, created=SPRING)
    grouped(histories.an_order(shop, DAY, [(mug, 1)]), bundle, [(lamp, 1), (bulb, 2)])
    assert together(shop) == [{bundle.product_id, mug.product_id}]


def test_parts_of_a_bundle_that_is_not_named_stand_alone(shop, kit) -> None:
    _, lamp, bulb = kit
    mug = histories.a_variant(shop, 8, created=SPRING)
    grouped(histories.an_order(shop, DAY, [(mug, 1)]), None, [(lamp, 1), (bulb, 2)])
    assert together(shop) == [{lamp.product_id}, {bulb.product_id}, {mug.product_id}]


def test_a_part_that_was_picked_beside_its_bundle_was_bought_together_with_it(shop, kit) -> None:
    bundle, lamp, bulb = kit
    grouped(histories.an_order(shop, DAY, [(bulb, 1)]), bundle, [(lamp, 1), (bulb, 2)])
    assert together(shop) == [{bundle.product_id, bulb.product_id}]


# The money


MONDAY = pd.Timestamp("2026-11-02")


def sold(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unique_id", "ds", *bundles.AMOUNTS])


def parts(*rows: tuple[object, ...]) -> pd.DataFrame:
    told = pd.DataFrame(rows, columns=["bundle_id", "part_id", "quantity"])
    return told.assign(since=pd.NaT, until=pd.NaT)


def test_a_bundles_money_is_shared_by_list_prices_and_none_is_lost() -> None:
    told = bundles.as_parts(
        sold((1, MONDAY, 2.0, 6000.0, 600.0, 2.0)), parts((1, 2, 1), (1, 3, 2)), pd.Series({2: 2000.0, 3: 1000.0})
    )
    assert told["listed"].tolist() == [3000.0, 3000.0] and told["discount"].tolist() == [300.0, 300.0]
    assert told["ordered"].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("prices", [{}, {2: 2000.0}, {2: 0.0, 3: 0.0}])
def test_parts_without_a_price_share_by_units(prices: dict[int, float]) -> None:
    told = bundles.as_parts(
        sold((1, MONDAY, 1.0, 3000.0, 0.0, 1.0)), parts((1, 2, 1), (1, 3, 2)), pd.Series(prices, dtype="float64")
    )
    assert told["listed"].tolist() == [1000.0, 2000.0]


def test_a_bundle_within_a_bundle_is_taken_apart_once() -> None:
    """Shopify lets no bundle hold another; were it told, nothing goes round in circles."""
    told = bundles.as_parts(
        sold((1, MONDAY, 1.0, 900.0, 0.0, 1.0)), parts((1, 2, 1), (2, 1, 1)), pd.Series({1: 900.0, 2: 900.0})
    )
    assert told[["unique_id", "y"]].values.tolist() == [[2, 1.0]]
