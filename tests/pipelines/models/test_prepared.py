"""Prepared questions: written once, asked with other values, answered as Django would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from pipelines.models import Alert, ModelVersion, PurchaseLine, PurchaseOrder, Release, Variant
from pipelines.models.prepared import AnyOf, prepared
from tests import histories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Any:
    shop = histories.a_shop()
    histories.sell(shop, variants=4, days=3)
    return shop


def test_rows_are_those_of_the_queryset(shop):
    @prepared
    def versions(shop, numbers) -> QuerySet:
        return ModelVersion.objects.for_shop(shop).filter(AnyOf("number", numbers)).order_by("-number")

    made = [histories.a_version(shop, replay={"weeks": number, "versus": {}}, tags=["a"]) for number in (1, 2, 3)]
    found = versions(shop, [1, 3])
    assert found == [made[2], made[0]]
    assert found[0].replay == {"weeks": 3, "versus": {}} and found[0].tags == ["a"]
    fresh = ModelVersion.objects.get(pk=made[2].pk)
    assert all(getattr(found[0], each.attname) == getattr(fresh, each.attname) for each in fresh._meta.concrete_fields)


def test_other_values_are_asked_with_the_same_sql(shop, django_assert_num_queries):
    @prepared
    def variants(shop, number) -> QuerySet:
        built.append(number)
        return Variant.objects.for_shop(shop).filter(Q(shopify_id=number) | Q(sku="")).values_list("shopify_id", "sku")

    built: list[Any] = []
    other = histories.a_shop()
    with django_assert_num_queries(3):
        assert variants(shop, 200_001) == [(200_001, "SKU-1")]
        assert variants(shop.pk, 200_002)[0].sku == "SKU-2"
        assert variants(other, 200_001) == []
    assert len(built) == 1


def test_what_was_not_asked_for_is_read_when_it_is_needed(shop, django_assert_num_queries):
    @prepared
    def variants(shop) -> QuerySet:
        return Variant.objects.for_shop(shop).only("sku").order_by("shopify_id")[:1]

    [one] = variants(shop)
    with django_assert_num_queries(0):
        assert one.sku == "SKU-0"
    with django_assert_num_queries(1):
        assert one.price_minor == 1000


def test_what_is_annotated_comes_with_the_row(shop):
    @prepared
    def alerts(shop, since) -> QuerySet:
        return Alert.objects.for_shop(shop).filter(opened_at__gte=since).annotate(phase=F("release__phase"))

    now = timezone.now()
    version = histories.a_version(shop)
    release = Release.objects.create(shop=shop, use_case=version.use_case, version=version, phase="rejected")
    Alert.objects.create(shop=shop, key="a", title="A", next_step="Wait.", release=release, opened_at=now, last_at=now)
    assert [(alert.title, alert.phase) for alert in alerts(shop, now - timedelta(days=1))] == [("A", "rejected")]
    assert alerts(shop, now + timedelta(days=1)) == []


def test_values_are_read_as_django_reads_them(shop):
    @prepared
    def orders(shop) -> QuerySet:
        return PurchaseOrder.objects.for_shop(shop).summed()

    @prepared
    def sums(shop) -> QuerySet:
        told = PurchaseLine.objects.for_shop(shop).values("shop")
        return told.annotate(cost=Sum(F("units") * F("unit_cost_minor"))).values_list("cost", "order__state")

    order = PurchaseOrder.objects.create(shop=shop, number=1, vendor="A", currency="GBP")
    PurchaseLine.objects.create(shop=shop, order=order, variant_id=1, title="Mug", units=6, unit_cost_minor=700)
    (row,) = orders(shop)
    assert row == order and (row.cost_minor, type(row.cost_minor), row.came) == (4200, int, 0)
    assert sums(shop) == [(4200, "draft")] and type(sums(shop)[0].cost) is int


def test_a_value_too_few_is_an_error(shop):
    @prepared
    def variants(shop, number) -> QuerySet:
        return Variant.objects.for_shop(shop).filter(shopify_id=number)

    with pytest.raises(ValueError, match="shorter"):
        variants(shop)
