"""Which file it is, by the names of its columns."""

from __future__ import annotations

import pytest

from dashboard.files import Table
from dashboard.usecases.demand_forecast.brought import files, of_orders, of_rules, reading
from pipelines.lifecycle.errors import Refused

KINDS = [
    ("SKU,Qty Ordered,Cost (base),Total Cost (base)", of_orders.read_orders),
    ("PO #,Vendor,Variant SKU,Quantity,Received", of_orders.read_orders),
    ("Order,Vendor,Product,Option,SKU,Units,Pack size,Unit cost,Cost,Currency,Received", of_orders.read_orders),
    ("SKU,Name,Price,Cost,Barcode", of_rules.read_products),
    ("Variant SKU;Lead Time;MOQ", of_rules.read_products),
    ("Name,Email,Lead time (days),Payment terms,Phone", of_rules.read_suppliers),
    ("Supplier Name\tLead Time (days)\tCurrency", of_rules.read_suppliers),
]


@pytest.mark.parametrize(("header", "kind"), KINDS)
def test_it_is_told_by_its_columns(header: str, kind: object) -> None:
    assert reading.reader_of({*files.columns_of(Table(header.encode(), files.KNOWN))}) is kind


@pytest.mark.parametrize("header", ["", "Name,Email,Phone", "SKU,Name", "Title,Handle,Vendor"])
def test_what_tells_nothing_is_refused(header: str) -> None:
    with pytest.raises(Refused, match="none of the files"):
        reading.reader_of({*files.columns_of(Table(header.encode(), files.KNOWN))})
