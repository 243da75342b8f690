"""Files as spreadsheets of many countries leave them: read rightly, or refused by a sentence that names the place."""

from __future__ import annotations

import tracemalloc

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dashboard.usecases.demand_forecast.brought import reading
from pipelines.lifecycle.errors import Refused
from pipelines.models import PurchaseLine, PurchaseOrder, Shop, Variant

GERMAN = "PO Number;Supplier;SKU;Qty Ordered;Cost (base)"


def told() -> list[tuple[str, str, int, int]]:
    """Give what was read of a file: order, SKU, units, and what one costs."""
    lines = PurchaseLine.objects.select_related("order").order_by("order__number", "pk")
    return [(line.order.known_as, line.sku, line.units, line.unit_cost_minor) for line in lines]


READ = {
    "Excel, Germany": (f"{GERMAN}\r\n17;Lärche;ST-1;12;2,50\r\n17;Lärche;ST-2;5;1.234,50\r\n", "utf-8-sig"),
    "Excel, Germany, Unicode text": (
        f"{GERMAN}\r\n17;Lärche;ST-1;12;2,50\r\n17;Lärche;ST-2;5;1.234,50\r\n".replace(";", "\t"),
        "utf-16",
    ),
    "Excel, France": (f"{GERMAN}\r\n17;Mélèze;ST-1;12;2,50 €\r\n17;Mélèze;ST-2;5;1\u202f234,50 €\r\n", "utf-8-sig"),
    "Excel, Sweden": (f"{GERMAN}\n17;Lärk;ST-1;12;2,50 kr\n17;Lärk;ST-2;5;1\u00a0234,50 kr\n", "utf-16-le"),
    "Excel, Switzerland": (f"{GERMAN}\n17;Lärche;ST-1;12;CHF 2.50\n17;Lärche;ST-2;5;CHF 1’234.50\n", "utf-8"),
    "Excel, China": (f"{GERMAN}\n17;公司;ST-1;12;￥2.50\n17;公司;ST-2;5;￥1,234.50\n", "utf-16-be"),
    "Google Sheets, Germany": (
        f'{GERMAN}\n17;Lärche;ST-1;12;"2,50"\n17;Lärche;ST-2;5;"1.234,50"\n'.replace(";", ","),
        "utf-8",
    ),
    "Numbers": (
        f"Table 1\n{GERMAN}\n17;Larch;ST-1;12;2.50\n17;Larch;ST-2;5;1234.50\n;;;;\n".replace(";", ","),
        "utf-8",
    ),
    "LibreOffice, all quoted": (
        '"PO Number","Supplier","SKU","Qty Ordered","Cost (base)"\n'
        '"17","Larch ""& Sons""","ST-1","12","2.50"\n"17","Larch ""& Sons""","ST-2","5","1234.50"\n',
        "utf-8",
    ),
    "Excel, a title, headers in capitals, more columns, the number once": (
        "Open orders 2026;;;;;;\r\n;;;;;;\r\nNOTE;PO NUMBER;SUPPLIER; sku ;QTY ORDERED;COST (BASE);TAX\r\n"
        "x;17;Lärche;st-1;12;2,50;19 %\r\n;;;ST-2;5;1.234,50;\r\n",
        "utf-8-sig",
    ),
    "an old Mac": (f"{GERMAN}\r17;Larch;ST-1;12;2,50\r17;Larch;ST-2;5;1234,50\r", "utf-8"),
    "Excel, blank rows to the bottom of the sheet": (
        f"{GERMAN}\r\n17;Larch;ST-1;12;2,50\r\n17;Larch;ST-2;5;1234,50\r\n" + ";;;;\r\n" * 30_000,
        "utf-8",
    ),
}


MONEY = {"€": "EUR", "kr": "SEK", "CHF": "CHF", "￥": "CNY"}


@pytest.mark.parametrize(("text", "encoding"), READ.values(), ids=READ)
def test_it_is_read_as_it_was_meant(shop, two, bring_bytes, text: str, encoding: str) -> None:
    Shop.objects.update(currency=next((code for sign, code in MONEY.items() if sign in text), "GBP"))
    page = bring_bytes(text.encode(encoding)).content.decode()
    assert "1 order on the way, 17 units to come." in page and "Not read" not in page
    assert told() == [("17", "ST-1", 12, 250), ("17", "ST-2", 5, 123450)]


LEFT = {
    "an amount that may be a thousand times as much": (
        "17\tLarch\tST-2\t5\t1.234",
        "Line 3: in “cost (base)”, “1.234” has two readings.",
    ),
    "units below none": ("17\tLarch\tST-2\t-5\t2", "Line 3: in “qty ordered”, “-5” is below 0 or too large."),
    "half a unit": ("17\tLarch\tST-2\t2.5\t2", "Line 3: in “qty ordered”, “2.5” is not a whole number."),
    "units in words": ("17\tLarch\tST-2\tnot stocked\t2", "Line 3: in “qty ordered”, “not stocked” is not a number."),
    "the same row twice": (
        "17\tLarch\tST-1\t12\t2",
        "Line 3: the order has “ST-1” above already; the first line stands.",
    ),
    "nearly the same row twice": (
        "17\tLarch\tst-1 \t12.0\t2.00",
        "Line 3: the order has “ST-1” above already; the first",
    ),
    "a second row of names": (GERMAN.replace(";", "\t"), "Line 3: no variant has the SKU “SKU”."),
    "a row of sums": ("Total\t\t\t12\t24", "Line 3: the SKU is empty."),
    "a row of sums without a name": ("\t\t\t12\t24", "Line 3: the SKU is empty."),
    "a cell too many": ("17\tLarch\tST-2\t5\t2\t50", "Line 3: it has more cells than there are columns"),
}


@pytest.mark.parametrize(("row", "said"), LEFT.values(), ids=LEFT)
def test_a_line_that_cannot_be_read_is_named_and_nothing_is_summed(shop, two, bring_bytes, row: str, said: str) -> None:
    head = GERMAN.replace(";", "\t")
    page = bring_bytes(f"{head}\r\n17\tLarch\tST-1\t12\t2\r\n{row}\r\n".encode("utf-16")).content.decode()
    assert said in page and "1 order on the way, 12 units to come." in page
    assert told() == [("17", "ST-1", 12, 200)]


def sent_on(bring, time_machine, *days: str) -> tuple[str, list[str]]:
    """Bring an order for each day, and return what was said and on which days they were sent."""
    time_machine.move_to(timezone.now().replace(year=2026, month=11, day=20), tick=False)
    rows = [f"{number},Larch,{day},ST-{number},1" for number, day in enumerate(days, 1)]
    page = bring("PO Number,Supplier,Ordered At,SKU,Qty Ordered", *rows).content.decode()
    return page, [str(order.sent_on) for order in PurchaseOrder.objects.order_by("known_as")]


@pytest.mark.parametrize(
    "days",
    [
        ("13/10/2026", "09/10/2026"),
        ("13.10.2026", "9.10.2026"),
        ("2026/10/13", "2026-10-09"),
        ("10/13/2026", "10/9/2026"),
    ],
)
def test_days_are_read_as_the_file_writes_them(shop, two, bring, time_machine, days: tuple[str, str]) -> None:
    assert sent_on(bring, time_machine, *days)[1] == ["2026-10-13", "2026-10-09"]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (("13/10/2026", "10/14/2026", "09/10/2026"), "Order 3: in “ordered at”, the day “09/10/2026” has two readings"),
        (("09/10/2026",), "Order 1: in “ordered at”, the day “09/10/2026” has two readings"),
        (("46143",), "Order 1: in “ordered at”, “46143” is not a day like 2026-08-31"),
        (("2026年10月9日",), "Order 1: in “ordered at”, “2026年10月9日” is not a day like 2026-08-31"),
    ],
)
def test_a_day_that_nothing_makes_clear_is_named(shop, two, bring, time_machine, days: tuple[str], said: str) -> None:
    Variant.objects.filter(pk=two[0].pk).update(sku="ST-3" if len(days) > 1 else "ST-1")
    page, read = sent_on(bring, time_machine, *days)
    assert said in page and "2026-10-09" not in read


NOTHING = {
    "4 MB of line ends": b"\n" * 3_999_000,
    "4 MB of commas": b"SKU,Qty Ordered\n" + b"," * 3_900_000,
    "4 MB of blank rows": b"SKU,Qty Ordered\n" + b",\n" * 1_900_000,
    "4 MB of columns, and short lines": b"SKU,Qty Ordered" + b",a" * 1_500_000 + b"\nA" * 450_000,
    "4 MB of zeros": b"\0" * 3_999_000,
    "4 MB between two quotation marks": b'SKU,Qty Ordered\n"' + b"x\n" * 1_900_000,
    "4 MB of one cell": b"SKU,Qty Ordered\n" + b"x" * 3_900_000,
}


@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING)
def test_a_file_of_nothing_takes_little_time_and_memory(shop, content: bytes) -> None:
    """A page's thread reads it."""
    tracemalloc.start()
    try:
        report = reading.read(shop, content, timezone.now().date())
    except Refused:
        report = reading.Report()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not report.orders
    assert most < 20 * len(content)


@pytest.mark.parametrize(("address", "name"), [("/orders/bring", "file"), ("/orders/mark", "file")])
def test_a_file_larger_than_any_is_refused_unread(shop, send, address: str, name: str) -> None:
    file = SimpleUploadedFile("nothing.csv", b"\0" * 4_000_001, "text/csv")
    answer = send(address, {name: file, "day": timezone.now().date().isoformat()})
    assert "larger than 4 MB" in answer.content.decode() and not PurchaseOrder.objects.exists()
