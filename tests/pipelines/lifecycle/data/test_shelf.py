"""Products as shoppers meet them, and who bought what together: read from rows, in the shop's own days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from pipelines.lifecycle.data import dataset
from pipelines.models import BundlePart, Order, Product, Shop, Variant
from pipelines.shopify import vault
from pipelines.usecases import USE_CASES, repeat_orders
from pipelines.usecases.recommendations import USE_CASE
from pipelines.usecases.recommendations.answering.filters import allowed_of
from tests import histories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = NOW - timedelta(days=3)
SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def both(one_family: None) -> Iterator[None]:
    """Let recommendations be there, too."""
    with USE_CASES.also(USE_CASE):
        yield


def built(shop: Shop, name: str) -> pd.DataFrame:
    return dataset.read(dataset.Source(shop, NOW), "recommendations")[name]


def product(shop: Shop, number: int) -> pd.Series:
    rows = built(shop, "products").set_index("unique_id")
    return rows.loc[number]


def test_a_basket_holds_each_product_once_on_the_shops_own_day(shop: Shop) -> None:
    lamp, shade = (histories.a_variant(shop, number, created=SPRING) for number in (1, 2))
    order = histories.an_order(shop, datetime(2026, 11, 17, 23, 30, tzinfo=UTC), [(lamp, 1), (shade, 2), (lamp, 3)])
    rows = built(shop, "purchases")
    assert rows["unique_id"].tolist() == sorted([lamp.product_id, shade.product_id])
    assert set(rows["basket"]) == {order.shopify_id} and set(rows["ds"].dt.day) == {17}


def test_orders_that_name_a_customer_are_told_by_its_number_and_what_was_paid(shop: Shop) -> None:
    ref = bytes(range(200, 216))
    moment = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
    order = histories.an_order(shop, moment, [], customer_ref=ref, total_minor=5000, refunded_minor=1500)
    for changes in ({"customer_ref": None}, {"is_test": True}, {"cancelled_at": DAY}, {"deleted_at": DAY}):
        histories.an_order(shop, DAY, [], **{"customer_ref": ref, **changes})
    histories.an_order(histories.a_shop(), DAY, [], customer_ref=ref)
    with USE_CASES.also(repeat_orders.USE_CASE):
        rows = dataset.read(dataset.Source(shop, NOW), "repeat_orders")["customer_orders"]
    assert rows["unique_id"].tolist() == [vault.number_of(ref)] and rows["ds"].dt.day.tolist() == [17]
    assert (rows["order_id"].tolist(), rows["paid"].tolist()) == ([order.shopify_id], [3500])


def test_what_nobody_bought_in_the_end_is_no_purchase(shop: Shop) -> None:
    lamp = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, DAY, [(lamp, 1)], is_test=True)
    histories.an_order(shop, DAY, [(lamp, 1)], cancelled_at=DAY)
    order = histories.an_order(shop, DAY, [])
    histories.a_line(order, lamp, 2, removed=2).save()
    histories.an_order(histories.a_shop(), DAY, [(lamp, 1)])
    assert built(shop, "purchases").empty


def test_a_shopper_is_a_number_made_of_the_pseudonym_and_a_guest_is_nobody(shop: Shop) -> None:
    lamp = histories.a_variant(shop, 1, created=SPRING)
    for ref in (b"\xff" * 16, b"\xff" * 16, None):
        order = histories.an_order(shop, DAY, [(lamp, 1)])
        Order.objects.filter(pk=order.pk).update(customer_ref=ref)
    assert built(shop, "purchases")["customer"].dropna().tolist() == [-1, -1]
    assert built(shop, "purchases")["customer"].isna().sum() == 1


def test_a_product_can_be_bought_while_anything_of_it_is_left(shop: Shop) -> None:
    gone, left, sells_on = (histories.a_variant(shop, number, created=SPRING) for number in (1, 2, 3))
    for thing, available in ((gone, 0), (left, 4), (sells_on, 0)):
        Variant.objects.filter(pk=thing.pk).update(is_tracked=True)
        histories.stocked(shop, thing, available, DAY)
    Variant.objects.filter(pk=sells_on.pk).update(continues_selling=True)
    assert [bool(product(shop, thing.product_id)["sellable"]) for thing in (gone, left, sells_on)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("published_at", "is_shown"), [(None, False), (NOW + timedelta(days=1), False), (SPRING, True)]
)
def test_what_the_online_store_does_not_show_is_not_published(
    shop: Shop, published_at: datetime | None, is_shown: bool
) -> None:
    lamp = histories.a_variant(shop, 1, created=SPRING)
    Product.objects.update(published_at=published_at)
    assert bool(product(shop, lamp.product_id)["published"]) is is_shown


def test_a_draft_is_not_published_and_a_deleted_product_is_not_there(shop: Shop) -> None:
    draft, gone = (histories.a_variant(shop, number, created=SPRING) for number in (1, 2))
    Product.objects.filter(shopify_id=draft.product_id).update(status="draft", tags=["sale", "home"])
    Product.objects.filter(shopify_id=gone.product_id).update(deleted_at=DAY)
    assert not product(shop, draft.product_id)["published"] and product(shop, draft.product_id)["tags"] == [
        "sale",
        "home",
    ]
    assert built(shop, "products")["unique_id"].tolist() == [draft.product_id]


def test_products_whose_sku_differs_in_case_alone_are_twins(shop: Shop) -> None:
    one, other, third = (histories.a_variant(shop, number, created=SPRING) for number in (1, 2, 3))
    Variant.objects.filter(pk=one.pk).update(sku="LAMP-1")
    Variant.objects.filter(pk=other.pk).update(sku="lamp-1 ")
    twins = built(shop, "products").set_index("unique_id")["twin"]
    assert twins[one.product_id] == twins[other.product_id] != twins[third.product_id]


def test_a_bundle_names_the_products_that_it_is_made_of_and_neither_is_shown_for_the_other(shop: Shop) -> None:
    bundle, lamp, shade, other = (histories.a_variant(shop, number, created=SPRING) for number in range(1, 5))
    for part in (lamp, shade, bundle):  # a variant beside its like is no part
        facts = {"bundle_id": bundle.shopify_id, "part_id": part.shopify_id, "quantity": 1, "read_at": NOW}
        BundlePart.objects.create(shop=shop, **facts)
    made_of = built(shop, "products").set_index("unique_id")["components"]
    assert made_of[bundle.product_id] == [lamp.product_id, shade.product_id]
    assert not isinstance(made_of[lamp.product_id], list)
    ids = built(shop, "products")["unique_id"].to_numpy()
    apart = allowed_of(built(shop, "products"), None, ids).apart.toarray()
    place = {number: at for at, number in enumerate(ids)}
    for part in (lamp, shade):
        assert apart[place[bundle.product_id], place[part.product_id]]
        assert apart[place[part.product_id], place[bundle.product_id]]
    assert not apart[place[bundle.product_id], place[other.product_id]]


def test_the_same_rows_have_the_same_digest_though_tags_are_lists(shop: Shop) -> None:
    histories.a_variant(shop, 1, created=SPRING)
    first, second = (dataset.read(dataset.Source(shop, NOW), "recommendations").tables for _ in range(2))
    before = dataset.tables_digest(first)
    assert before == dataset.tables_digest(second)
    Product.objects.update(tags=["new"])
    assert before != dataset.tables_digest(dataset.read(dataset.Source(shop, NOW), "recommendations").tables)
