"""The merchant's own events with a discount, as the sales that are planned for each series."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from pipelines.lifecycle.data import dataset
from pipelines.models import OwnEvent, PlannedDiscount, Shop
from tests import histories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TYPES = {200_001: "Things", 200_002: "Stuff", 200_003: "Things"}
DAYS = {"first_day": date(2026, 12, 3), "last_day": date(2026, 12, 6)}


@pytest.fixture
def shop() -> Shop:
    shop = histories.a_shop()
    for number in (1, 2, 3):
        histories.a_variant(shop, number, created=NOW - timedelta(days=90))
    return shop


def planned(shop: Shop) -> pd.DataFrame:
    return dataset.BUILDERS["planned_sales"](dataset.Source(shop, NOW))


def test_a_sale_of_everything_is_planned_for_every_series_since_it_was_entered(shop: Shop) -> None:
    event = OwnEvent.objects.create(shop=shop, name="Winter", percent_off=20, **DAYS)
    OwnEvent.objects.filter(pk=event.pk).update(created_at=NOW - timedelta(days=4))
    rows = planned(shop)
    assert rows["unique_id"].tolist() == sorted(TYPES)
    told = [pd.Timestamp(2026, 12, 3), pd.Timestamp(2026, 12, 6), 0.2, pd.Timestamp(2026, 11, 16), True]
    columns = ["first_day", "last_day", "depth", "known_from", "announced"]
    assert rows[columns].drop_duplicates().to_numpy().tolist() == [told]


def test_a_sale_of_one_type_is_planned_for_that_type_and_an_event_without_discount_for_none(shop: Shop) -> None:
    OwnEvent.objects.create(shop=shop, name="Drop", **DAYS)
    assert planned(shop).empty
    OwnEvent.objects.create(shop=shop, name="Winter", percent_off=20, product_type="Things", **DAYS)
    assert planned(shop)["unique_id"].tolist() == [200_001, 200_003]


def test_a_sale_of_a_vendor_or_of_some_products_is_planned_for_theirs_alone(shop: Shop) -> None:
    OwnEvent.objects.create(shop=shop, name="Winter", percent_off=20, vendor="Vendor 2", **DAYS)
    assert planned(shop)["unique_id"].tolist() == [200_002]
    OwnEvent.objects.create(shop=shop, name="Few", percent_off=30, product_ids=[100_001, 100_003], **DAYS)
    rows = planned(shop)
    assert rows.loc[rows["depth"] == 0.3, "unique_id"].tolist() == [200_001, 200_003] and len(rows) == 3


def test_the_sales_of_another_shop_are_not_planned_here(shop: Shop) -> None:
    OwnEvent.objects.create(shop=histories.a_shop(), name="Winter", percent_off=20, **DAYS)
    assert planned(shop).empty


def test_a_discount_of_shopifys_is_planned_for_its_products_in_days_of_the_shop(shop: Shop) -> None:
    shop.timezone = "America/New_York"
    sale = {"starts_at": datetime(2026, 12, 3, 5, tzinfo=UTC), "made_at": NOW - timedelta(days=4), "share_off": 0.25}
    ends = datetime(2026, 12, 7, 5, tzinfo=UTC)
    PlannedDiscount.objects.create(shop=shop, shopify_id=1, ends_at=ends, product_ids=[100_002, 100_003], **sale)
    rows = planned(shop)
    assert rows["unique_id"].tolist() == [200_002, 200_003]
    assert set(rows["first_day"]) == {pd.Timestamp(2026, 12, 3)} and set(rows["last_day"]) == {
        pd.Timestamp(2026, 12, 6)
    }
    PlannedDiscount.objects.create(shop=shop, shopify_id=2, **sale)
    rows = planned(shop)
    assert len(rows) == 5 and rows["last_day"].max().year >= 2099
