"""Suppliers as a merchant types them, and orders that go to them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dashboard.usecases.demand_forecast.buying import queries, to_order
from pipelines.lifecycle.buying.suppliers import address_of
from pipelines.models import PurchaseOrder, StockRule, Supplied, Supplier
from pipelines.models.usecases.demand_forecast import StockAdvice
from tests.identities import OTHER_SHOP

TORVER = {"name": "Torver Outerwear", "currency": "gbp", "lead_time_days": "21", "address": "Torver Ltd\n1 Quay Street"}


@pytest.fixture
def advised(shop):
    """Return something to order."""
    return StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order().first()


@pytest.fixture
def add(shop, send):
    def added(**told):
        assert "Saved" in send("/suppliers/new", TORVER | told).content.decode()
        return Supplier.objects.latest("pk")

    return added


class TestTheForm:
    def test_keeps_a_supplier_and_has_the_advice_worked_out_again(self, shop, advised, add, see, queued):
        torver = add(vendors=[advised.vendor], smallest="2500", order_weekdays=["1", "3"])
        assert (torver.currency, torver.smallest_minor, torver.order_weekdays) == ("GBP", 250_000, [1, 3])
        assert address_of(torver) == TORVER["address"].replace("\n", "\r\n") or address_of(torver) == TORVER["address"]
        assert "refresh" in [name for name, _ in queued]
        page = see("/suppliers").content.decode()
        assert "Torver Outerwear" in page and "21 days" in page and "£2,500" in page and "1 vendor" in page
        assert "1 Quay Street" not in page

    def test_shows_what_was_kept_and_takes_changes_once(self, advised, add, see, send):
        torver = add(vendors=[advised.vendor], skus=f"{advised.sku}\n")
        page = see(f"/suppliers/{torver.pk}").content.decode()
        assert "1 Quay Street" in page and advised.sku in page and "21" in page
        send(f"/suppliers/{torver.pk}", TORVER | {"lead_time_days": "", "revision": 0})
        torver.refresh_from_db()
        assert torver.lead_time_days is None and not Supplied.objects.exists()
        again = send(f"/suppliers/{torver.pk}", TORVER | {"revision": 0})
        assert again.status_code == 422 and "changed since you opened" in again.content.decode()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"name": ""}, "required"),
            ({"currency": "pounds"}, "three letters"),
            ({"lead_time_days": "-1"}, "greater than or equal to 0"),
            ({"smallest": "much"}, "Enter a number"),
            ({"vendors": ["Nobody"]}, "No product is from Nobody"),
            ({"skus": "SKU-0\nNONE-SUCH"}, "No variant has the SKU NONE-SUCH"),
            ({"order_weekdays": ["7"]}, "not one of the available choices"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_nothing(self, shop, send, wrong, said):
        answer = send("/suppliers/new", TORVER | wrong)
        assert answer.status_code == 422 and said in answer.content.decode()
        assert not Supplier.objects.exists()

    def test_says_who_delivers_a_vendor_now(self, advised, add, see):
        add(vendors=[advised.vendor])
        assert "now from Torver Outerwear" in see("/suppliers/new").content.decode()

    def test_deletes_and_says_which_orders_stay(self, advised, add, send, see):
        torver = add(vendors=[advised.vendor])
        send("/orders/draft", {"supplier": torver.pk})
        said = send(f"/suppliers/{torver.pk}/delete", {"revision": torver.revision}).content.decode()
        assert "1 order under way" in said and not Supplier.objects.exists()
        order = PurchaseOrder.objects.get()
        assert "Torver Outerwear" in see(f"/orders/{order.pk}").content.decode()

    def test_of_another_shop_is_not_there(self, add, another_shop, see, send):
        torver = add()
        assert see(f"/suppliers/{torver.pk}", domain=OTHER_SHOP).status_code == 404
        assert send(f"/suppliers/{torver.pk}/delete", {"revision": 0}, domain=OTHER_SHOP).status_code == 404

    def test_its_lead_time_is_shown_beside_the_vendors(self, advised, add, see):
        add(vendors=[advised.vendor], lead_time_days="77")
        assert 'placeholder="77"' in see("/settings/rules").content.decode()


class TestOrders:
    def test_of_all_its_vendors_are_one(self, shop, add, see, send):
        vendors = {row.vendor for row in StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order()}
        torver = add(vendors=sorted(vendors))
        (row,) = to_order.by_vendor(shop, {})
        assert (row.vendor, row.supplier) == ("Torver Outerwear", torver.pk)
        send("/orders/draft", {"vendor": row.vendor, "supplier": torver.pk})
        order = PurchaseOrder.objects.get()
        assert (order.vendor, order.supplier, order.lines.count()) == ("Torver Outerwear", torver, row.variants)
        assert "Open the draft" in see("/orders").content.decode()

    def test_of_one_variant_leave_its_vendor(self, shop, advised, add):
        before = {row.vendor: row.variants for row in to_order.by_vendor(shop, {})}
        torver = add(skus=advised.sku)
        after = {row.vendor: row.variants for row in to_order.by_vendor(shop, {})}
        assert after.pop("Torver Outerwear") == 1
        assert after.get(advised.vendor, 0) == before[advised.vendor] - 1
        assert [line.variant_id for line in to_order.wanted(shop, "", torver)] == [advised.variant_id]

    def test_of_no_vendor_leave_what_suppliers_deliver(self, shop, advised, add):
        nameless = StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order().exclude(pk=advised.pk).first()
        StockAdvice.objects.filter(pk=nameless.pk).update(vendor="")
        add(vendors=[advised.vendor])
        assert [line.variant_id for line in to_order.wanted(shop, "", None)] == [nameless.variant_id]

    def test_under_the_smallest_say_so(self, advised, add, send, see):
        torver = add(vendors=[advised.vendor], smallest="900000")
        send("/orders/draft", {"supplier": torver.pk})
        page = see(f"/orders/{PurchaseOrder.objects.get().pk}").content.decode()
        assert "missing up to the smallest order" in page and "from £900,000" in page

    def test_are_expected_from_the_day_on_which_they_are_taken(self, shop, advised, add, send, see):
        today = timezone.now().astimezone(shop.zone).date()
        torver = add(vendors=[advised.vendor], order_weekdays=[str((today.weekday() + 2) % 7)])
        send("/orders/draft", {"supplier": torver.pk})
        page = queries.order_page(PurchaseOrder.objects.select_related("shop", "supplier").get(), today)
        assert (page.taken_on - today).days == 2
        assert (page.expected_on - page.taken_on).days == max(
            row.rule["lead_time_days"] for row in page.advised.values()
        )
        assert "takes orders on" in see(f"/orders/{page.order.pk}").content.decode()

    def test_in_another_currency_take_prices_as_typed_and_know_them_next_time(self, shop, advised, add, send, see):
        torver = add(skus=advised.sku, currency="JPY", smallest="100")
        send("/orders/draft", {"supplier": torver.pk})
        order = PurchaseOrder.objects.get()
        line = order.lines.get()
        page = see(f"/orders/{order.pk}").content.decode()
        assert "Prices are in JPY, not converted" in page and "1 variant has no price yet" in page
        told = {"revision": order.revision, f"units-{line.pk}": 10, f"cost-{line.pk}": "350"}
        send(f"/orders/{order.pk}/units", told)
        line.refresh_from_db()
        assert line.unit_cost_minor == 350 and "¥3,500" in see("/orders").content.decode()
        assert [each.unit_cost_minor for each in to_order.wanted(shop, "", torver)] == [350]

    @pytest.mark.parametrize("cost", ["much", "-3", "1e99"])
    def test_keep_their_costs_when_what_is_typed_makes_no_sense(self, advised, add, send, cost):
        send("/orders/draft", {"supplier": add(skus=advised.sku).pk})
        order = PurchaseOrder.objects.get()
        line = order.lines.get()
        answer = send(f"/orders/{order.pk}/units", {"revision": order.revision, f"cost-{line.pk}": cost})
        assert "Costs are amounts of money" in answer.content.decode()
        assert order.lines.get().unit_cost_minor == line.unit_cost_minor

    def test_to_one_that_is_gone_are_refused(self, shop, send):
        assert "not known any more" in send("/orders/draft", {"supplier": 999_999}).content.decode()
        assert not PurchaseOrder.objects.exists() and not StockRule.objects.exists()
