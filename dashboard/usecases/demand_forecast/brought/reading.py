"""Which of another app's files it is, read whole."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from itertools import islice

from dashboard.files import TOO_MANY_CELLS, has_too_many, read_table
from dashboard.usecases.demand_forecast.brought.files import Reading, Report, columns_of, known, picked
from dashboard.usecases.demand_forecast.brought.of_orders import read_orders
from dashboard.usecases.demand_forecast.brought.of_rules import read_products, read_suppliers
from pipelines.lifecycle.errors import Refused
from pipelines.models import Shop

MOST_LINES = 20_000
OF_A_VARIANT = {"cost", "lead_time_days", "pack_size", "minimum_order"}
UNKNOWN = (
    "This is none of the files that can be brought along. Orders need a column for the SKU and one for the units "
    "ordered, products one for the SKU and one for the cost or the lead time, suppliers one for the name and one for "
    "the lead time. Nothing was read."
)


def read(shop: Shop, content: bytes, today: date) -> Report:
    """Read a file whole, whichever of them it is."""
    try:
        table = read_table(content)
        columns = columns_of(table)
        read_all = reader_of({*columns})
        lines = [(table.line_num, cells) for cells in islice(table, MOST_LINES + 1)]
    except UnicodeDecodeError:
        raise Refused("The file is not UTF-8. Save it as “CSV UTF-8”. Nothing was read.") from None
    except csv.Error as error:
        raise Refused(f"The file cannot be read: {error}. Nothing was read.") from None
    if len(lines) > MOST_LINES:
        raise Refused(f"A file takes up to {MOST_LINES:,} lines. Nothing was read.")
    decimal = "," if table.reader.dialect.delimiter == ";" else "."
    report = Report()
    for line, cells in lines:
        if has_too_many(cells):
            report.leave(f"Line {line:,}", TOO_MANY_CELLS)
    told = ((line, picked(cells, columns)) for line, cells in lines if not has_too_many(cells))
    rows = [(line, cells) for line, cells in told if any(cells.values())]
    read_all(Reading(known(shop), rows, decimal, today, report))
    return report


def reader_of(told: set[str]) -> Callable[[Reading], None]:
    """Tell by its columns which file it is."""
    if {"sku", "units"} <= told:
        return read_orders
    if "sku" in told and told & OF_A_VARIANT:
        return read_products
    if {"supplier", "lead_time_days"} <= told:
        return read_suppliers
    raise Refused(UNKNOWN)
