"""What is stored of a shop is handed out whole, to its merchant alone, and erased whole."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from pipelines.lifecycle.ingest import takeaway
from pipelines.models import LifecycleEvent, Shop, ShopToken, WebhookDelivery
from pipelines.shopify import vault
from tests.identities import OTHER_SHOP, SHOP
from tests.tenancy import two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return two_shops.a_whole_shop(SHOP, "Northbeck Outfitters")


def test_every_row_is_handed_out_and_no_secret(shop):
    other = two_shops.a_whole_shop(OTHER_SHOP, "Harbour Lane")
    sealed = vault.seal(b"shpat_secret", "access token", shop.domain)
    ShopToken.objects.create(shop=shop, access_token=sealed, access_expires_at=shop.installed_at, key_id="k1")
    text = "".join(takeaway.lines(shop, by="operator:ada"))
    rows = [json.loads(line) for line in text.splitlines()]
    tables = {row["table"] for row in rows}
    assert {
        "shop",
        "shopsettings",
        "order",
        "orderline",
        "modelversion",
        "release",
        "lifecycleevent",
        "alert",
    } <= tables
    assert {row["row"]["shop_id"] for row in rows if "shop_id" in row["row"]} == {shop.pk}
    assert other.domain not in text and sealed.hex() not in text
    assert not any({"customer_key", "target", "secret"} & row["row"].keys() for row in rows)


def test_every_table_of_a_shop_is_in_it():
    known = {table._meta.db_table for table in takeaway.tables()} | {"pipelines_shop", "pipelines_shopsettings"}
    kept_here = {"pipelines_shoptoken", "pipelines_shopkey", "pipelines_webhookdelivery"}
    assert set(two_shops.rows_of(Shop(pk=0, domain="x"))) <= known | kept_here


def test_the_ledger_says_who_took_it(shop):
    list(takeaway.lines(shop, by="operator:ada"))
    event = LifecycleEvent.objects.for_shop(shop).latest("seq")
    assert (event.kind, event.by) == ("shop.exported", "operator:ada")


class TestTheCommand:
    def test_it_writes_and_erases_also_a_shop_that_left(self, shop, tmp_path, capsys):
        Shop.objects.filter(pk=shop.pk).update(uninstalled_at=shop.installed_at)
        file = tmp_path / "all.jsonl"
        call_command("shop_data", shop=SHOP, by="ada", to=file, erase=SHOP)
        assert json.loads(file.read_text().splitlines()[0])["row"]["domain"] == SHOP
        row = Shop.objects.get(pk=shop.pk)
        assert row.redacted_at and row.domain != SHOP
        assert not WebhookDelivery.objects.filter(shop_domain=SHOP).exists()
        left = {name for name, digest in two_shops.rows_of(row).items() if not digest.startswith("0")}
        assert left == {"pipelines_shop"}

    def test_what_is_not_meant_is_not_done(self, shop, tmp_path):
        (tmp_path / "there").write_text("x")
        for options in (
            {"shop": OTHER_SHOP, "to": tmp_path / "new"},
            {"shop": SHOP},
            {"shop": SHOP, "erase": OTHER_SHOP},
            {"shop": SHOP, "to": tmp_path / "there", "erase": SHOP},
        ):
            with pytest.raises(CommandError):
                call_command("shop_data", by="ada", **options)
        assert Shop.objects.get(domain=SHOP).redacted_at is None and (tmp_path / "there").read_text() == "x"
