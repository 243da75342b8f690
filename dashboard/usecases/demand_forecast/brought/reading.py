"""Which of another app's files it is, read whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from dashboard.files import TOO_MANY_CELLS, Cells, NoTable, Table
from dashboard.usecases.demand_forecast.brought.cells import decimal_of
from dashboard.usecases.demand_forecast.brought.files import KNOWN, Reading, Report, columns_of, known, picked
from dashboard.usecases.demand_forecast.brought.of_orders import read_orders
from dashboard.usecases.demand_forecast.brought.of_rules import read_products, read_suppliers
from pipelines.lifecycle.errors import Refused
from pipelines.models import Shop

MOST_LINES = 20_000
OF_A_VARIANT = {"cost", "lead_time_days", "pack_size", "minimum_order"}
NUMBERS = ("units", "came", "cost", "pack_size", "minimum_order")
UNKNOWN = (
    "This is none of the files that can be brought along. Orders need a column for the SKU and one for the units "
    "ordered, products one for the SKU and one for the cost or the lead time, suppliers one for the name and one for "
    "the lead time. Nothing was read."
)


def read(shop: Shop, content: bytes, today: date) -> Report:
    """Read a file whole, whichever of them it is."""
    try:
        table = Table(content, KNOWN)
        columns = columns_of(table)
        read_all = reader_of({*columns})
        report = Report()
        rows = rows_of(table, columns, report)
    except NoTable as problem:
        raise Refused(f"The file cannot be read: {problem}. Nothing was read.") from None
    decimal = decimal_of(table.separator, (cells.get(name, "") for _, cells in rows for name in NUMBERS))
    read_all(Reading(known(shop), columns, rows, decimal, today, report))
    return report


def rows_of(table: Table, columns: dict[str, str], report: Report) -> list[tuple[int, Cells]]:
    """Take what is read of each line that says something; what moved from cell to cell is left and named."""
    rows: list[tuple[int, Cells]] = []
    for count, row in enumerate(table, 1):
        if count > MOST_LINES:
            raise Refused(f"A file takes up to {MOST_LINES:,} lines. Nothing was read.")
        cells = picked(row.cells, columns)
        if row.has_too_many:
            report.leave(f"Line {row.line:,}", TOO_MANY_CELLS)
        elif any(cells.values()):
            rows.append((row.line, cells))
    return rows


def reader_of(told: set[str]) -> Callable[[Reading], None]:
    """Tell by its columns which file it is."""
    if {"sku", "units"} <= told:
        return read_orders
    if "sku" in told and told & OF_A_VARIANT:
        return read_products
    if {"supplier", "lead_time_days"} <= told:
        return read_suppliers
    raise Refused(UNKNOWN)
