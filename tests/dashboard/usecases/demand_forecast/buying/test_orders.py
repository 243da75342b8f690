"""From "what do I buy today?" to goods that came, as a merchant clicks it."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from django.db.models import F, Sum
from django.utils import timezone

from dashboard.templatetags.words import day
from dashboard.usecases.demand_forecast.buying import queries, to_order
from pipelines.lifecycle.buying import printing
from pipelines.models import GoodsReceipt, Location, OrderPaper, PurchaseLine, PurchaseOrder, Variant
from pipelines.models.usecases.demand_forecast import StockAdvice, StockTotals
from tests import histories
from tests.identities import OTHER_SHOP

State = PurchaseOrder.State


@pytest.fixture
def vendor(shop):
    """Return the vendor of something to order."""
    return StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order().first().vendor


@pytest.fixture
def order(shop, vendor, send):
    """Draft an order to the vendor by its button."""
    send("/orders/draft", {"vendor": vendor})
    return PurchaseOrder.objects.get()


def local_day(shop, days=0):
    return timezone.now().astimezone(shop.zone).date() + timedelta(days=days)


def units_of(order, units):
    return {f"units-{line.pk}": units for line in order.lines.all()}


@pytest.fixture
def sent(shop, order, send):
    send(f"/orders/{order.pk}/send", {"revision": order.revision, "day": local_day(shop, 14)})
    order.refresh_from_db()
    return order


class TestWhatToOrder:
    def test_is_summed_up_by_vendor(self, shop, vendor, see):
        advised = StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order()
        page = see("/orders").content.decode()
        for name in advised.values_list("vendor", flat=True).distinct():
            assert name in page
        rows = to_order.by_vendor(shop, {})
        assert sum(row.cost_minor for row in rows) == advised.aggregate(s=Sum("order_cost_minor"))["s"]

    def test_with_nothing_to_order_the_page_says_so(self, shop, see):
        StockAdvice.objects.for_shop(shop).update(order_quantity=0)
        StockTotals.sum_up(shop)
        page = see("/orders").content.decode()
        assert "Nothing has to be ordered today" in page and "No order yet" in page

    def test_becomes_a_draft_with_its_lines(self, shop, vendor, order, see):
        advised = StockAdvice.objects.for_shop(shop).filter(location_id=0, vendor=vendor).to_order()
        assert {line.variant_id: line.units for line in order.lines.all()} == {
            row.variant_id: row.order_quantity for row in advised
        }
        assert "Open the draft" in see("/orders").content.decode()

    def test_of_a_vendor_who_is_not_asked_for_anything_is_refused(self, shop, send, see):
        answer = send("/orders/draft", {"vendor": "Nobody"})
        assert not PurchaseOrder.objects.exists()
        assert "nothing to order here" in answer.content.decode()

    def test_once_sent_is_not_asked_for_again_before_the_advice_knows(self, shop, vendor, sent):
        assert vendor not in {row.vendor for row in to_order.by_vendor(shop, {})}
        StockAdvice.objects.for_shop(shop).update(updated_at=timezone.now() + timedelta(minutes=1))
        assert vendor in {row.vendor for row in to_order.by_vendor(shop, {})}


class TestOneOrder:
    def test_says_why_and_when_it_would_come(self, order, see):
        page = see(f"/orders/{order.pk}").content.decode()
        assert "PO-0001" in page and "I sent it" in page and "in 28 days" in page
        assert f'value="{queries.order_page(order, local_day(order.shop)).expected_on:%Y-%m-%d}"' in page

    def test_takes_other_units(self, order, send):
        send(f"/orders/{order.pk}/units", {"revision": order.revision} | units_of(order, 36))
        assert set(order.lines.values_list("units", flat=True)) == {36}

    @pytest.mark.parametrize("units", ["many", "-3", "1.5", "99999999999999999999"])
    def test_keeps_what_it_had_when_units_make_no_sense(self, order, send, see, units):
        before = list(order.lines.values_list("units", flat=True))
        answer = send(f"/orders/{order.pk}/units", {"revision": order.revision} | units_of(order, units))
        assert list(order.lines.values_list("units", flat=True)) == before
        assert "Nothing was saved" in answer.content.decode()

    def test_sent_its_units_are_on_the_way_and_the_advice_is_worked_out_again(self, sent, queued, see):
        assert sent.state == State.SENT and "refresh" in [name for name, _ in queued]
        assert "On its way" in see("/orders").content.decode()

    def test_of_thousands_of_variants_is_changed_and_received_like_any(
        self, shop, order, send, django_assert_max_num_queries
    ):
        lines = (PurchaseLine(shop=shop, order=order, title="Mug", units=5, variant_id=each) for each in range(3000))
        PurchaseLine.objects.bulk_create(lines)
        with django_assert_max_num_queries(40):
            send(f"/orders/{order.pk}/units", {"revision": order.revision} | units_of(order, 36))
        assert set(order.lines.values_list("units", flat=True)) == {36}
        PurchaseOrder.objects.update(state=State.SENT, sent_on=local_day(shop), expected_on=local_day(shop))
        order.refresh_from_db()
        told = {"revision": order.revision, "day": local_day(shop)}
        with django_assert_max_num_queries(40):
            send(f"/orders/{order.pk}/receive", told | units_of(order, 36))
        order.refresh_from_db()
        assert order.state == State.RECEIVED

    def test_of_many_variants_is_shown_and_saved_page_by_page(self, shop, order, send, see, monkeypatch):
        monkeypatch.setattr(queries, "SHOWN", 2)
        order.lines.all().delete()
        lines = [
            PurchaseLine(shop=shop, order=order, title=f"Mug {each}", units=5, variant_id=each) for each in range(5)
        ]
        PurchaseLine.objects.bulk_create(lines)
        first, last = (see(f"/orders/{order.pk}{query}").content.decode() for query in ("", "?page=9"))
        assert "25 units of 5 variants" in first and "1 to 2 of 5 variants" in first and "25 units" in last
        assert "Mug 1" in first and "Mug 4" not in first and "5 to 5 of 5 variants" in last and "Mug 4" in last
        assert "page=2" in first and "Previous page" not in first and "Next page" not in last
        told = {"revision": order.revision, "page": 3, f"units-{lines[4].pk}": 7}
        assert "5 to 5 of 5 variants" in send(f"/orders/{order.pk}/units", told).content.decode()
        assert [line.units for line in order.lines.order_by("title")] == [5, 5, 5, 5, 7]

    def test_sums_up_all_its_pages(self, shop, order, see, monkeypatch):
        def told(shown):
            monkeypatch.setattr(queries, "SHOWN", shown)
            page = queries.order_page(order, local_day(shop))
            return page.totals, page.kept_minor, page.expected_on

        StockAdvice.objects.filter(location_id=0).update(kept=[[1, 900.0], [40, 2000.0]])
        order = PurchaseOrder.objects.select_related("shop", "supplier").get()
        assert told(1) == told(100) and told(1)[1] > 0

    def test_whose_cost_is_not_known_costs_not_nothing(self, order, see):
        order.lines.update(unit_cost_minor=0)
        one, listed = (see(address).content.decode() for address in (f"/orders/{order.pk}", "/orders"))
        assert "what they cost is" in one and "£0<" not in one + listed and "not known" in listed
        line = order.lines.first()
        PurchaseLine.objects.filter(pk=line.pk).update(unit_cost_minor=250)
        PurchaseLine.objects.create(shop=order.shop, order=order, title="Mug", units=5, variant_id=7)
        one, listed = (see(address).content.decode() for address in (f"/orders/{order.pk}", "/orders"))
        assert "whose cost is not known" in one and "without " in listed

    @pytest.mark.parametrize("units", [0, 1, 17, 40, 99])
    def test_keeps_of_the_margin_what_its_lines_do(self, shop, order, units):
        StockAdvice.objects.filter(location_id=0).update(kept=[[1, 900.0], [40, 2000.0]])
        order.lines.update(units=units)
        page = queries.order_page(PurchaseOrder.objects.select_related("shop", "supplier").get(), local_day(shop))
        assert page.kept_minor == sum(row.kept_minor for row in page.rows)

    @pytest.mark.parametrize("day", ["", "soon", "2020-01-01"])
    def test_is_sent_for_a_day_that_can_be(self, order, send, day):
        send(f"/orders/{order.pk}/send", {"revision": order.revision, "day": day})
        order.refresh_from_db()
        assert order.state == State.DRAFT

    def test_may_have_been_sent_some_days_ago(self, shop, order, send):
        days = {"sent_on": local_day(shop, -3), "day": local_day(shop, 4)}
        send(f"/orders/{order.pk}/send", {"revision": order.revision} | days)
        order.refresh_from_db()
        assert (order.state, order.sent_on) == (State.SENT, local_day(shop, -3))

    def test_comes_in_parts(self, shop, sent, send, see):
        line = sent.lines.first()
        came = {f"units-{line.pk}": 1}
        send(f"/orders/{sent.pk}/receive", {"revision": sent.revision, "day": local_day(shop)} | came)
        page = see(f"/orders/{sent.pk}").content.decode()
        assert "In parts" in page and "The rest will not come" in page and "Take back" in page
        again = send(f"/orders/{sent.pk}/receive", {"revision": sent.revision, "day": local_day(shop)} | came)
        assert "changed since you opened" in again.content.decode()
        assert PurchaseLine.objects.get(pk=line.pk).received == 1

    def test_that_came_whole_has_ended(self, shop, sent, send, see):
        came = {f"units-{line.pk}": line.units for line in sent.lines.all()}
        send(f"/orders/{sent.pk}/receive", {"revision": sent.revision, "day": local_day(shop)} | came)
        assert "Received" in see("/orders").content.decode()
        assert PurchaseLine.objects.filter(received=F("units")).count() == sent.lines.count()

    def test_all_of_it_came_by_one_button_and_is_taken_back_by_another(self, shop, sent, send, see, queued):
        assert "All of it came" in see(f"/orders/{sent.pk}").content.decode()
        PurchaseLine.objects.create(shop=shop, order=sent, title="Mug", units=5, variant_id=7)
        told = {"revision": sent.revision, "day": local_day(shop)}
        queued.clear()
        page = send(f"/orders/{sent.pk}/all-came", told).content.decode()
        assert "Received" in page and "All of it came" not in page
        assert "refresh" in [name for name, _ in queued]
        assert PurchaseLine.objects.filter(received=F("units")).count() == sent.lines.count()
        assert "changed since you opened" in send(f"/orders/{sent.pk}/all-came", told).content.decode()
        sent.refresh_from_db()
        back = {"revision": sent.revision, "receipt": GoodsReceipt.objects.first().pk, "whole": "1"}
        assert "Take all of that back" in page
        assert "All of it came" in send(f"/orders/{sent.pk}/take-back", back).content.decode()
        assert not GoodsReceipt.objects.exists()

    @pytest.mark.parametrize("day", ["", "soon", "2020-01-01"])
    def test_all_of_it_comes_on_a_day_that_can_be(self, sent, send, day):
        send(f"/orders/{sent.pk}/all-came", {"revision": sent.revision, "day": day})
        assert not GoodsReceipt.objects.exists()

    def test_a_delivery_written_down_by_mistake_is_taken_back(self, shop, sent, send):
        line = sent.lines.first()
        send(f"/orders/{sent.pk}/receive", {"revision": sent.revision, "day": local_day(shop), f"units-{line.pk}": 1})
        sent.refresh_from_db()
        send(f"/orders/{sent.pk}/take-back", {"revision": sent.revision, "receipt": GoodsReceipt.objects.get().pk})
        assert PurchaseLine.objects.get(pk=line.pk).received == 0

    def test_that_is_late_says_so(self, sent, see):
        PurchaseOrder.objects.update(expected_on=local_day(sent.shop, -1))
        page = see(f"/orders/{sent.pk}").content.decode()
        assert "It should have come." in page and f"for {day(local_day(sent.shop, 7))}" in page
        assert "1 later than expected" in see("/orders").content.decode()

    def test_is_cancelled(self, sent, send, see):
        send(f"/orders/{sent.pk}/cancel", {"revision": sent.revision})
        assert "Cancelled" in see("/orders").content.decode()

    def test_is_printed_by_a_worker(self, order, see, queued):
        assert ("print_order", (order.pk,)) in queued
        assert "The PDF is being printed" in see(f"/orders/{order.pk}").content.decode()
        assert see(f"/orders/{order.pk}.pdf").status_code == 303
        printing.keep(order.pk)
        assert "Download PDF" in see(f"/orders/{order.pk}/paper").content.decode()
        answer = see(f"/orders/{order.pk}.pdf")
        assert answer.content.startswith(b"%PDF-") and "PO-0001.pdf" in answer["Content-Disposition"]

    def test_is_a_file(self, order, see):
        text = see(f"/orders/{order.pk}.csv").getvalue().decode("utf-8-sig")
        rows = list(csv.DictReader(text.splitlines()))
        assert [int(row["Units"]) for row in rows] == [line.units for line in order.lines.order_by("title", "subtitle")]
        assert rows[0]["Order"] == "PO-0001"

    @pytest.mark.parametrize("move", ["units", "send", "expect", "receive", "all-came", "take-back", "cancel"])
    def test_of_another_shop_is_not_there(self, order, another_shop, see, send, move):
        assert see(f"/orders/{order.pk}", domain=OTHER_SHOP).status_code == 404
        assert see(f"/orders/{order.pk}.csv", domain=OTHER_SHOP).status_code == 404
        told = {"revision": 0, "day": "2030-01-01", "receipt": 1}
        assert send(f"/orders/{order.pk}/{move}", told, domain=OTHER_SHOP).status_code == 404


class TestWhereTo:
    def test_is_asked_where_a_shop_has_several_places(self, shop, order, send, see):
        assert 'name="place"' not in see(f"/orders/{order.pk}").content.decode()
        now = timezone.now()
        Location.objects.create(shop=shop, shopify_id=77, name="Leeds", updated_at=now)
        Location.objects.create(shop=shop, shopify_id=78, name="Closed", updated_at=now, is_active=False)
        page = see(f"/orders/{order.pk}").content.decode()
        assert "Where most of it sells" in page and "Leeds" in page and "Closed" not in page
        told = {"revision": order.revision, "day": local_day(shop, 14)}
        send(f"/orders/{order.pk}/send", told | {"place": 77})
        order.refresh_from_db()
        assert order.location_id == 77
        assert "at Leeds" in see(f"/orders/{order.pk}").content.decode()
        assert "was closed" not in see(f"/orders/{order.pk}").content.decode()
        Location.objects.filter(shopify_id=77).update(is_active=False)
        assert "The place that it goes to was closed." in see(f"/orders/{order.pk}").content.decode()
        answer = send(f"/orders/{order.pk}/expect", told | {"revision": order.revision, "place": 99})
        assert "not one of yours" in answer.content.decode()


def test_what_came_is_filled_in_from_shopifys_stock_and_a_person_saves_it(shop, sent, see):
    assert "Stock rose by" not in see(f"/orders/{sent.pk}").content.decode()
    line = sent.lines.first()
    variant = Variant.objects.get(shop=shop, shopify_id=line.variant_id)
    sent_at = timezone.now() - timedelta(days=3)
    PurchaseOrder.objects.update(sent_at=sent_at)
    histories.stocked(shop, variant, 1, sent_at - timedelta(hours=1))
    histories.stocked(shop, variant, 1 + line.units, sent_at + timedelta(hours=1))
    page = see(f"/orders/{sent.pk}").content.decode()
    assert f'name="units-{line.pk}" value="{line.units}"' in page and f"Stock rose by {line.units}" in page
    assert "Look at what came before you save" in page and not GoodsReceipt.objects.exists()


def test_letters_that_the_paper_cannot_show_are_said_before_it_is_sent(order, see):
    order.lines.filter(pk=order.lines.first().pk).update(title="หมวก")
    printing.keep(order.pk)
    page, asked = (see(path).content.decode() for path in (f"/orders/{order.pk}", f"/orders/{order.pk}/paper"))
    assert "The PDF cannot show all letters" in page and "ห" in page and "hx-swap-oob" not in page
    assert "The PDF cannot show all letters" in asked and 'id="undrawn" hx-swap-oob="true"' in asked
    OrderPaper.objects.update(undrawn="")
    assert "cannot show all letters" not in see(f"/orders/{order.pk}").content.decode()
