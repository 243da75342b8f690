"""The merchant's own events: added, shown, removed; errors stand at the field that is wrong."""

import re
from datetime import UTC, date, datetime

import pytest
import time_machine

from dashboard.queries.settings import page
from pipelines.lifecycle import own_events
from pipelines.lifecycle.ingest import privacy
from pipelines.models import LifecycleEvent, OwnEvent, PlannedDiscount, Product, Variant
from tests.identities import OTHER_SHOP

FIELDS = {"name": "Spring drop", "first_day": "2027-04-01", "last_day": "2027-04-03"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2027, 6, 15, 12, tzinfo=UTC)):
        yield


def told() -> list[str]:
    kinds = LifecycleEvent.objects.filter(kind__startswith="own_event.").order_by("pk")
    return list(kinds.values_list("kind", flat=True))


@pytest.mark.parametrize("year", [2025, 2027, 2028])
def test_an_event_is_added_for_the_past_and_for_what_comes(shop, send, see, queued, year):
    dates = {name: FIELDS[name].replace("2027", str(year)) for name in ("first_day", "last_day")}
    page = send("/settings/events", FIELDS | dates).content.decode()
    row = OwnEvent.objects.get()
    assert (row.shop, row.name, row.first_day, row.last_day) == (
        shop,
        "Spring drop",
        date(year, 4, 1),
        date(year, 4, 3),
    )
    assert 'data-toast="Event added"' in page and "Spring drop" in see("/settings").content.decode()
    assert ("refresh", (shop.pk, "demand_forecast")) in queued
    assert told() == ["own_event.added"]


def test_a_sale_says_what_it_takes_off_which_products(shop, send, see, queued):
    page = see("/settings").content.decode()
    assert '<s-option value="product_type:Things">' in page
    send("/settings/events", FIELDS | {"percent_off": "20", "of": "product_type:Things"})
    row = OwnEvent.objects.get()
    assert (row.percent_off, row.product_type) == (20, "Things")
    assert "20 % off Things" in see("/settings").content.decode()
    assert LifecycleEvent.objects.get(kind="own_event.added").details["percent_off"] == 20
    assert ("refresh", (shop.pk, "demand_forecast")) in queued


def test_a_sale_may_be_of_a_vendor(shop, send, see):
    assert '<s-option value="vendor:Vendor 1">From Vendor 1' in see("/settings").content.decode()
    send("/settings/events", FIELDS | {"percent_off": "20", "of": "vendor:Vendor 1"})
    row = OwnEvent.objects.get()
    assert (row.vendor, row.product_type, row.product_ids) == ("Vendor 1", "", None)
    assert "20 % off Vendor 1" in see("/settings").content.decode()


def test_a_sale_may_be_of_products_that_are_named_by_sku_or_title(shop, send, see, monkeypatch):
    known = list(Product.objects.for_shop(shop).order_by("shopify_id")[:2])
    for product in known:
        Product.objects.filter(pk=product.pk).update(title=f"Lamp {product.pk}")
        product.refresh_from_db()
    sku = Variant.objects.for_shop(shop).get(product_id=known[0].shopify_id).sku
    named = {"percent_off": "20", "products": f"{sku}\n\n {known[1].title.upper()} \n{known[0].title}"}
    send("/settings/events", FIELDS | named)
    row = OwnEvent.objects.get()
    assert row.product_ids == [known[0].shopify_id, known[1].shopify_id] and not row.product_type and not row.vendor
    assert LifecycleEvent.objects.get(kind="own_event.added").details["product_ids"] == row.product_ids
    assert f"20 % off {known[0].title}, {known[1].title}" in see("/settings").content.decode()
    monkeypatch.setattr(page, "PRODUCTS_NAMED", 1)
    assert f"20 % off {known[0].title} and 1 more" in see("/settings").content.decode()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"products": "No such thing"}, "No product is called “No such thing”"),
        ({"products": "\n".join(f"Thing {number}" for number in range(21))}, "Name 20 products at most"),
        ({"of": "vendor:Vendor 1", "products": "SKU-1"}, "not both"),
        ({"of": "vendor:Nobody"}, "error="),
        ({"of": "vendor:Vendor 1", "percent_off": ""}, "Say how much the sale takes off"),
    ],
)
def test_a_sale_of_nothing_that_there_is_is_refused(shop, send, wrong, why):
    answer = send("/settings/events", FIELDS | {"percent_off": "20"} | wrong)
    assert answer.status_code == 422 and why in answer.content.decode() and not OwnEvent.objects.exists()


def test_what_is_planned_at_shopify_is_listed_once_it_may_be_read(shop, see):
    assert 'data-scopes="read_discounts"' in see("/settings").content.decode()
    shop.scopes = [*shop.scopes, "read_discounts"]
    shop.save()
    sale = {"starts_at": datetime(2027, 6, 20, tzinfo=UTC), "made_at": datetime(2027, 6, 1, tzinfo=UTC)}
    ends = datetime(2027, 6, 23, 23, tzinfo=UTC)
    PlannedDiscount.objects.create(shop=shop, shopify_id=1, share_off=0.2, ends_at=ends, **sale)
    PlannedDiscount.objects.create(shop=shop, shopify_id=2, share_off=0.25, product_ids=[7], **sale)
    over = datetime(2027, 6, 14, tzinfo=UTC)
    PlannedDiscount.objects.create(shop=shop, shopify_id=3, share_off=0.33, ends_at=over, **sale)
    page = see("/settings").content.decode().replace("\xa0", " ")
    assert 'data-scopes="read_discounts"' not in page and "33 % off" not in page
    assert "20 % off all products, 20 to 23 Jun" in page
    assert "25 % off 1 product, from 20 Jun on" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"percent_off": "4"}, "percent_off"),
        ({"percent_off": "a fifth"}, "percent_off"),
        ({"first_day": "x"}, "first_day"),
        ({"last_day": "2027-03-31"}, "last_day"),
        ({"last_day": "2027-07-30"}, "last_day"),
        ({"first_day": "2020-01-01", "last_day": "2020-01-02"}, "first_day"),
        ({"first_day": "9999-12-30", "last_day": "9999-12-31"}, "first_day"),
    ],
)
def test_what_nobody_can_mean_is_refused_at_its_field(shop, send, wrong, field):
    answer = send("/settings/events", FIELDS | wrong)
    page = answer.content.decode()
    section = page[page.index("Your own events") :]
    tag = re.search(rf'<s-(?:text|date|number)-field [^>]*name="{field}"[^>]*>', section)[0]
    assert answer.status_code == 422 and 'error="' in tag
    assert not OwnEvent.objects.exists()


def test_a_name_keeps_no_address_and_no_doubled_blanks(shop, send):
    send("/settings/events", FIELDS | {"name": "  Sale   by ann@example.com "})
    assert OwnEvent.objects.get().name == "Sale by [e-mail removed]"


def test_the_same_event_is_there_once_and_no_more_than_are_kept(shop, send, monkeypatch):
    send("/settings/events", FIELDS)
    assert own_events.KNOWN_ALREADY in send("/settings/events", FIELDS).content.decode()
    monkeypatch.setattr(own_events, "MOST", 1)
    assert own_events.TOO_MANY in send("/settings/events", FIELDS | {"name": "Another"}).content.decode()
    assert OwnEvent.objects.count() == 1 and told() == ["own_event.added"]


def test_an_event_is_removed_once(shop, send):
    send("/settings/events", FIELDS)
    path = f"/settings/events/{OwnEvent.objects.get().pk}/remove"
    assert 'data-toast="Event removed"' in send(path).content.decode()
    assert not OwnEvent.objects.exists()
    assert send(path).status_code == 404
    assert told() == ["own_event.added", "own_event.removed"]


def test_another_shops_events_are_not_there(shop, another_shop, send, see):
    send("/settings/events", FIELDS)
    assert "Spring drop" not in see("/settings", domain=OTHER_SHOP).content.decode()
    path = f"/settings/events/{OwnEvent.objects.get().pk}/remove"
    assert send(path, domain=OTHER_SHOP).status_code == 404
    assert OwnEvent.objects.exists()


def test_a_shop_that_is_erased_leaves_no_event(shop, send):
    send("/settings/events", FIELDS)
    privacy.redact_shop(shop)
    assert not OwnEvent.objects.exists()
