"""A shop that comes from Stocky brings along its orders on the way, its lead times and costs, by its own files."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pipelines.lifecycle.buying.suppliers import address_of
from pipelines.lifecycle.data import frames
from pipelines.models import (
    LifecycleEvent,
    Product,
    PurchaseOrder,
    ShopSettings,
    StockRule,
    Supplied,
    Supplier,
)

ORDERS = "PO Number,Supplier,Supplier Email,Status,Ordered At,Expected At,SKU,Qty Ordered,Qty Received,Cost (base)"


def a_day(shop, days: int) -> str:
    return (timezone.now().astimezone(shop.zone).date() + timedelta(days=days)).isoformat()


def line(shop, number: str, sku: str, units: int, came: int = 0, state: str = "Ordered", cost: str = "2.50") -> str:
    days = f"{a_day(shop, -9)},{a_day(shop, 12)}"
    return f"{number},Larch Supply,ann@larch.example,{state},{days},{sku},{units},{came},{cost}"


class TestOrders:
    def test_on_their_way_count_as_coming_in_parts_too(self, shop, two, bring) -> None:
        page = bring(ORDERS, line(shop, "17", "ST-1", 12, 4, "Partial"), line(shop, "17", "ST-2", 5)).content.decode()
        assert "1 order on the way, 13 units to come." in page
        order = PurchaseOrder.objects.get()
        assert (order.state, order.vendor, order.known_as) == ("sent", "Larch Supply", "17")
        assert (order.sent_on.isoformat(), order.expected_on.isoformat()) == (a_day(shop, -9), a_day(shop, 12))
        first = order.lines.get(sku="ST-1")
        assert (first.units, first.received, first.unit_cost_minor) == (12, 4, 250)
        coming = frames.on_order(shop, timezone.now()).set_index("variant_id")["ordered"]
        assert coming.to_dict() == {two[0].shopify_id: 8, two[1].shopify_id: 5}

    def test_are_brought_once(self, shop, two, bring) -> None:
        for told in ("1 order on the way", "Order 17: it is here already."):
            assert told in bring(ORDERS, line(shop, "17", "ST-1", 12)).content.decode()
        assert PurchaseOrder.objects.count() == 1
        assert LifecycleEvent.objects.filter(kind="order.brought").count() == 1

    def test_that_ended_or_were_never_sent_are_left_out_and_said(self, shop, two, bring) -> None:
        states = ("Received", "Cancelled", "Draft")
        page = bring(ORDERS, *(line(shop, str(n), "ST-1", 3, state=each) for n, each in enumerate(states)),
                     line(shop, "9", "ST-1", 3, came=3)).content.decode()  # fmt: skip
        assert "3 orders left out: nothing more of them is to come." in page
        assert "Order 2: it is a draft" in page and not PurchaseOrder.objects.exists()

    def test_in_a_state_that_is_not_known_are_named_and_not_called_ended(self, shop, two, bring) -> None:
        states = ("Partially-Received", "Part received", "Awaiting approval")
        page = bring(ORDERS, *(line(shop, str(n), "ST-1", 3, state=each) for n, each in enumerate(states)))
        assert "Order 2: whether something of it is to come is not known: its state is “Awaiting approval”." in (
            page.content.decode()
        )
        assert sorted(PurchaseOrder.objects.values_list("known_as", flat=True)) == ["0", "1"]

    def test_whose_number_stands_above_its_lines_are_one_and_that_is_said(self, shop, two, bring) -> None:
        page = bring(ORDERS, line(shop, "17", "ST-1", 12), ",,,,,,ST-2,5,0,3").content.decode()
        assert "1 line without an order number goes with the order above." in page
        assert [each.units for each in PurchaseOrder.objects.get().lines.order_by("pk")] == [12, 5]

    def test_that_name_two_suppliers_are_left(self, shop, two, bring) -> None:
        page = bring(ORDERS, line(shop, "17", "ST-1", 12), line(shop, "", "ST-2", 5).replace("Larch", "Moss"))
        assert "its lines name “Larch Supply” and “Moss Supply”" in page.content.decode()
        assert not PurchaseOrder.objects.exists()

    def test_without_a_number_are_one_for_each_supplier(self, shop, two, bring) -> None:
        bring("Supplier,SKU,Qty Ordered", "Larch,ST-1,3", "Moss,ST-2,4")
        orders = PurchaseOrder.objects.order_by("vendor").values_list("vendor", "lines__units")
        assert list(orders) == [("Larch", 3), ("Moss", 4)]

    def test_a_decimal_comma_without_quotes_moves_no_cell(self, shop, two, bring) -> None:
        page = bring("PO Number,SKU,Cost,Qty Ordered", "7,ST-1,2,50,12", "7,ST-2,3,4").content.decode()
        assert "Line 2: it has more cells than there are columns" in page
        assert [(each.sku, each.units) for each in PurchaseOrder.objects.get().lines.all()] == [("ST-2", 4)]

    @pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
    def test_that_are_expected_on_no_day_to_wait_for_are_left(self, shop, two, bring, day) -> None:
        page = bring(ORDERS, line(shop, "17", "ST-1", 12).replace(a_day(shop, 12), day)).content.decode()
        assert f"and expected on {day}, which cannot be" in page and not PurchaseOrder.objects.exists()

    def test_to_an_e_mail_address_are_left_without_it(self, shop, two, bring) -> None:
        page = bring(ORDERS, line(shop, "17", "ST-1", 12).replace("Larch Supply", "ann@larch.example"))
        assert "its supplier is an e-mail address" in page.content.decode() and not PurchaseOrder.objects.exists()

    def test_lines_that_cannot_be_read_are_named_and_the_others_taken(self, shop, two, bring) -> None:
        wrong = [line(shop, "17", "NOPE", 3), line(shop, "17", "ST-2", 3).replace(",3,0", ",three,0")]
        page = bring(ORDERS, line(shop, "17", "ST-1", 12), *wrong, line(shop, "17", "ST-1", 2)).content.decode()
        assert "Line 3: no variant has the SKU “NOPE”." in page
        assert "Line 4: in “qty ordered”, “three” is not a number." in page
        assert "Line 5: the order has “ST-1” above already; the first line stands." in page
        assert [each.units for each in PurchaseOrder.objects.get().lines.all()] == [12]

    def test_a_download_of_one_order_has_no_number_and_no_supplier(self, shop, two, bring) -> None:
        file = ("SKU;Qty Ordered;Cost (base);Total Cost (base)", "ST-1;12;2,50;30,00", "st-2;4;1.234,50;4.938,00")
        bring(*file, encoding="utf-16")
        assert "The order: it is here already." in bring(*file, encoding="utf-16").content.decode()
        order = PurchaseOrder.objects.get()
        assert order.vendor == Product.objects.get(shop=shop, shopify_id=two[0].product_id).vendor
        assert [each.unit_cost_minor for each in order.lines.order_by("pk")] == [250, 123450]
        days = ShopSettings.objects.get(shop=shop).lead_time_days
        assert order.expected_on.isoformat() == a_day(shop, days)

    def test_a_day_with_two_readings_is_refused_and_one_that_another_line_makes_clear_is_read(
        self, shop, two, bring
    ) -> None:
        month = date.fromisoformat(a_day(shop, 0)).replace(day=1) - timedelta(days=1)
        unclear, clear = month.replace(day=4 if month.month != 4 else 5), month.replace(day=23)
        rows = [
            line(shop, number, "ST-1", 1).replace(a_day(shop, -9), f"{day:%d/%m/%Y}")
            for number, day in (("1", unclear), ("2", clear))
        ]
        assert "has two readings: write it as 2026-08-31" in bring(ORDERS, rows[0]).content.decode()
        bring(ORDERS, *rows)
        assert list(PurchaseOrder.objects.order_by("known_as").values_list("sent_on", flat=True)) == [unclear, clear]

    def test_what_was_sent_years_ago_is_not_waited_for(self, shop, two, bring) -> None:
        page = bring(ORDERS, line(shop, "17", "ST-1", 12, state="").replace(a_day(shop, -9), a_day(shop, -400))).content
        assert f"Order 17: it was sent on {a_day(shop, -400)}, more than a year ago." in page.decode()

    def test_nothing_of_people_is_kept(self, shop, two, bring) -> None:
        page = bring(ORDERS, line(shop, "17", "ST-1", 12)).content.decode()
        assert "ann@larch" not in page and "ann@larch" not in str(list(PurchaseOrder.objects.values()))

    def test_our_own_file_of_an_order_that_is_here_brings_nothing(self, shop, two, bring, see) -> None:
        bring(ORDERS, line(shop, "17", "ST-1", 12))
        PurchaseOrder.objects.update(known_as="")
        ours = b"".join(see(f"/orders/{PurchaseOrder.objects.get().pk}.csv").streaming_content).decode("utf-8-sig")
        assert "Order PO-0001: it is here already." in bring(*ours.splitlines()).content.decode()
        PurchaseOrder.objects.all().delete()
        bring(*ours.splitlines())
        order = PurchaseOrder.objects.get()
        assert (order.known_as, order.vendor, order.lines.get().units) == ("PO-0001", "Larch Supply", 12)


class TestSuppliers:
    FILE = (
        "Name,Contact,Email,Phone,Company address,Currency,Lead time (days),MOQ",
        'VENDOR 0,Ann Whitcombe,a@b.example,01632 960123,"1 Quay Street\nLeeds",eur,21,6',
        "Nobody,,,,ann@nobody.example,,5,",
        "Vendor 1,,,,,,soon,",
        "nobody,,,,,,9,",
    )

    def test_are_kept_and_deliver_the_vendors_of_their_name(self, shop, bring) -> None:
        page = bring(*self.FILE).content.decode()
        assert "2 suppliers read, 2 new; 1 delivers the vendor of that name." in page
        assert "1 new supplier without a vendor of that name" in page
        assert "Line 5: in “lead time (days)”, “soon” is not a number." in page
        assert "Line 6: it tells of the same once more" in page
        told, nobody = Supplier.objects.order_by("-name")
        assert (told.name, told.currency, told.lead_time_days) == ("VENDOR 0", "EUR", 21)
        assert address_of(told) == "1 Quay Street\nLeeds" and address_of(nobody) == ""
        assert (nobody.currency, nobody.lead_time_days) == (shop.currency, 5)
        assert [row.vendor for row in told.supplied.all()] == ["Vendor 0"] and not nobody.supplied.exists()
        rule = frames.stock_rules(shop).set_index("vendor").loc["Vendor 0"]
        assert (rule["lead_time_days"], rule["minimum_order"]) == (21, 6)
        kept = str([list(table.objects.values()) for table in (Supplier, StockRule, LifecycleEvent)])
        assert not any(each in kept for each in ("Whitcombe", "b.example", "01632 960123", "Quay Street"))

    def test_that_are_here_stay_as_they_are(self, shop, bring) -> None:
        mine = Supplier.objects.create(shop=shop, name="vendor 0", currency=shop.currency, lead_time_days=3)
        Supplied.objects.create(shop=shop, supplier=mine, vendor="Vendor 1")
        page = bring(self.FILE[0], self.FILE[1], "Vendor 1,,,,,,5,").content.decode()
        assert "2 suppliers read, 1 new" in page and "1 supplier here already: what you set stays." in page
        mine.refresh_from_db()
        assert (mine.name, mine.currency, mine.lead_time_days) == ("vendor 0", shop.currency, 3)
        assert [row.vendor for row in Supplied.objects.all()] == ["Vendor 1"]
        again = bring(*self.FILE[:2]).content.decode()
        assert "1 supplier read, 0 new" in again and Supplier.objects.count() == 2

    @pytest.mark.parametrize(
        "file",
        [
            ("Name,Lead time", ",5"),
            ("Name,Currency,Lead time", "Larch,Euro,5"),
            ("Name,Lead time", "Ann <a@b.example>,5"),
        ],
    )
    def test_what_is_none_is_left_and_said(self, shop, bring, file) -> None:
        assert "Line 2: " in bring(*file).content.decode() and not Supplier.objects.exists()

    @pytest.mark.parametrize("orders_first", [True, False])
    def test_have_the_orders_of_their_name_whichever_file_came_first(self, shop, two, bring, orders_first) -> None:
        files = [(ORDERS, line(shop, "17", "ST-1", 12)), ("Name,Lead time (days)", "LARCH supply,21")]
        for file in files if orders_first else reversed(files):
            bring(*file)
        order = PurchaseOrder.objects.get()
        assert (order.supplier, order.vendor) == (Supplier.objects.get(), "LARCH supply")
        assert order.currency == shop.currency

    def test_and_what_is_to_be_kept_to_with_them_come_whole_or_not_at_all(self, shop, send) -> None:
        content = "\r\n".join(self.FILE[:2]).encode()
        file = SimpleUploadedFile("stocky.csv", content, "text/csv")
        assert send("/orders/bring", {"file": file, "revision": "7"}).status_code == 422
        assert not Supplier.objects.exists() and not StockRule.objects.exists()


class TestRules:
    def test_costs_and_packs_of_products_fill_gaps_and_overwrite_nothing(self, shop, two, bring) -> None:
        StockRule.objects.create(shop=shop, variant_id=two[0].shopify_id, lead_time_days=9)
        file = ("Variant SKU,Cost,Lead Time,Pack size", "ST-1,£4.10,30,6", "ST-1,9,9,9", "ST-2,0,0,")
        page = bring(*file).content.decode()
        rule = StockRule.objects.get(variant_id=two[0].shopify_id)
        assert (rule.lead_time_days, rule.pack_size, rule.unit_cost_minor) == (9, 6, 410)
        assert "2 lines read; 1 rule learned something." in page and "Line 3: it tells of the same once more" in page
        assert "0 rules learned something" in bring(*file).content.decode()


class TestWhatIsNoSuchFile:
    @pytest.mark.parametrize(
        ("lines", "encoding", "told"),
        [
            (["name,price", "Mug,3"], "utf-8", "This is none of the files"),
            (["SKU,Qty Ordered", "é,3"], "cp1252", "line 2: not UTF-8. Save the file as “CSV UTF-8”"),
            (["SKU,Qty Ordered", 'A,"3'], "utf-8", "line 2: quotation marks do not open and close"),
            (["SKU,Cost", "x" * 200_000], "utf-8", "cannot be read"),
            (["SKU,Cost", *["A,1"] * 20_001], "utf-8", "up to 20,000 lines"),
            (["SKU,Qty Ordered", "A\0,3"], "utf-8", "cannot be read"),
            (["SKU,Qty Ordered,Qty Ordered", "A,3,4"], "utf-8", "“qty ordered” twice"),
            ([ORDERS, *[f"{n},,,,,,A,1,0,1" for n in range(501)]], "utf-8", "up to 500 orders"),
        ],
    )
    def test_it_is_said_and_nothing_is_read(self, shop, bring, lines, encoding, told) -> None:
        answer = bring(*lines, encoding=encoding)
        assert answer.status_code == 422 and told in answer.content.decode()

    def test_an_empty_file_is_one(self, shop, bring, send) -> None:
        assert bring().status_code == 422 and send("/orders/bring").status_code == 422

    def test_the_page_says_what_can_be_brought(self, shop, see) -> None:
        assert "Bring along from Stocky" in see("/orders").content.decode()
        assert "Names, e-mails and phones of people are not read" in see("/orders/bring").content.decode()
