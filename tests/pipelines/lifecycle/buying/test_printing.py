"""An order on paper: to whom, what, for how much; printed once by a worker, sealed, printed anew when it changed."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from pypdf import PdfReader

from pipelines.jobs import results
from pipelines.lifecycle.buying import orders, printing, suppliers
from pipelines.lifecycle.ingest import takeaway
from pipelines.models import OrderPaper, PurchaseOrder, Shop, Supplier
from pipelines.paper import Sheet
from tests import factories
from tests.pipelines.lifecycle.buying import ordering
from tests.pipelines.lifecycle.buying.ordering import BY, CAP, SCARF, TORVER, came, moved

pytestmark = pytest.mark.django_db
torver = ordering.torver


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop(name="Northbeck Outfitters")


@pytest.fixture
def order(shop: Shop, torver: Supplier) -> PurchaseOrder:
    return orders.draft(shop, "", [CAP, SCARF], supplier=torver, location_id=None, by=BY)


def text_of(file: bytes) -> str:
    assert file.startswith(b"%PDF-")
    told = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(file)).pages)
    return " ".join(told.replace("\0", "").split())


def on_paper(order: PurchaseOrder) -> str:
    return text_of(printing.file_of(OrderPaper.objects.select_related("shop").get(order=order)))


def test_it_says_to_whom_what_and_for_how_much(order: PurchaseOrder) -> None:
    printing.keep(order.pk)
    text = on_paper(order).replace("\u00a0", " ")
    said = [
        "Northbeck Outfitters", "Order PO-0001", "Torver Outerwear", "Torver Ltd", "1 Quay Street", "CAP-B", "Cap",
        "Blue", "2 of 6", "€2.50", "€30.00", "SCARF", "17", "€42.50", "Amounts are in EUR", "page 1 of",
    ]  # fmt: skip
    assert [each for each in said if each not in text] == []
    assert "Expected" not in text


def test_packs_have_a_column_only_where_something_comes_in_them(shop: Shop, order: PurchaseOrder) -> None:
    single = orders.draft(shop, "Larch", [SCARF], location_id=None, by=BY)
    for each in (order, single):
        printing.keep(each.pk)
    assert "Units Packs Unit cost" in on_paper(order) and "Units Unit cost" in on_paper(single)


def test_once_sent_it_says_when_it_is_expected(order: PurchaseOrder) -> None:
    today = timezone.now().date()
    moved(order, orders.send, today, today + timedelta(days=21))
    printing.keep(order.pk)
    assert f"Expected: {printing.on_paper(today + timedelta(days=21))}" in on_paper(order)


def test_what_has_no_price_is_left_to_the_supplier(shop: Shop, torver: Supplier) -> None:
    free = replace(CAP, unit_cost_minor=0)
    order = orders.draft(shop, "", [free, SCARF], supplier=torver, location_id=None, by=BY)
    printing.keep(order.pk)
    assert "as agreed" in on_paper(order) and "€12.50" in on_paper(order)


def test_an_order_of_which_no_price_is_known_costs_what_is_agreed_and_not_nothing(shop: Shop, torver: Supplier) -> None:
    order = orders.draft(shop, "", [replace(CAP, unit_cost_minor=0)], supplier=torver, location_id=None, by=BY)
    printing.keep(order.pk)
    assert on_paper(order).count("as agreed") == 2 and "€0" not in on_paper(order)


def test_it_is_sealed_and_not_handed_out(shop: Shop, order: PurchaseOrder) -> None:
    printing.keep(order.pk)
    file = bytes(OrderPaper.objects.get().file)
    assert not file.startswith(b"%PDF") and b"%PDF" not in file
    rows = [json.loads(line) for line in takeaway.lines(shop, by=BY)]
    assert [row["row"].keys() & {"file"} for row in rows if row["table"] == "orderpaper"] == [set()]


def test_it_is_printed_once_and_anew_when_it_says_something_else(order: PurchaseOrder) -> None:
    assert list(printing.due()) == [order.pk]
    assert printing.keep(order.pk) and not printing.keep(order.pk)
    assert list(printing.due()) == []
    moved(order, orders.change, came(order, caps=60, scarves=5))
    assert list(printing.due()) == [order.pk]
    printing.keep(order.pk)
    assert "10 of 6" in on_paper(order)


def test_what_came_changes_nothing_on_it(order: PurchaseOrder) -> None:
    today = timezone.now().date()
    moved(order, orders.send, today, today)
    printing.keep(order.pk)
    moved(order, orders.receive, came(order, caps=1), today, today)
    assert list(printing.due()) == []


def test_a_change_while_it_is_printed_wins(order: PurchaseOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet_of = printing.sheet_of

    def and_meanwhile(known: PurchaseOrder) -> Sheet:
        sheet = sheet_of(known)
        moved(order, orders.change, came(order, caps=6, scarves=1))
        return sheet

    monkeypatch.setattr(printing, "sheet_of", and_meanwhile)
    assert not printing.keep(order.pk) and not OrderPaper.objects.exists()


def test_another_address_stands_on_drafts_only(order: PurchaseOrder, torver: Supplier) -> None:
    today = timezone.now().date()
    printing.keep(order.pk)
    suppliers.change(torver, replace(TORVER, address="2 Hill Street"), revision=0, by=BY)
    printing.keep(order.pk)
    assert "2 Hill Street" in on_paper(order)
    order.refresh_from_db()
    moved(order, orders.send, today, today)
    printing.keep(order.pk)
    torver.refresh_from_db()
    suppliers.change(torver, replace(TORVER, address="3 Dale Street"), revision=1, by=BY)
    assert "2 Hill Street" in on_paper(order)


@pytest.mark.parametrize(
    "title",
    [
        "Łódź Süßwaren",
        "Ελλάδα",
        "Магазин",
        "羽絨外套",
        "سترة",
        "גרביים",
        "👟 Sneaker",
        "x" * 255,
        "A\tB",
        "a\x07b",
        "**",
    ],
)
def test_no_title_breaks_it(shop: Shop, title: str) -> None:
    order = orders.draft(shop, title[:255], [replace(CAP, title=title, subtitle=title)], location_id=None, by=BY)
    printing.keep(order.pk)
    assert "CAP-B" in on_paper(order)


def test_the_clock_finds_what_the_queue_lost(order: PurchaseOrder) -> None:
    results.carry_on()
    assert on_paper(order)


def test_two_hundred_lines_go_on_over_pages(shop: Shop) -> None:
    lines = [replace(CAP, variant_id=each, sku=f"SKU-{each}") for each in range(200)]
    order = orders.draft(shop, "Larch", lines, location_id=None, by=BY)
    printing.keep(order.pk)
    text = on_paper(order)
    assert "SKU-199" in text and text.count("Unit cost") > 3 and "2,400" in text


def test_letters_that_it_cannot_show_are_kept_beside_it(order: PurchaseOrder) -> None:
    order.lines.filter(sku="CAP-B").update(title="คัพ 帽子")
    printing.keep(order.pk)
    assert OrderPaper.objects.get().undrawn == "".join(sorted("คัพ")) and "帽子" in on_paper(order)
