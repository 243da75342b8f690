"""Suppliers of another app's files, and its lead times, packs and costs, as rules of vendors and variants."""

from __future__ import annotations

import re
from typing import Any

from dashboard.files import Cells
from dashboard.usecases.demand_forecast.brought.cells import Unreadable, lead_time, name, whole
from dashboard.usecases.demand_forecast.brought.files import Reading, cost_of
from pipelines.lifecycle.buying.suppliers import Told
from pipelines.lifecycle.preferences import Rule
from pipelines.models import StockRule

LONGEST_LEAD, LONGEST_NAME, LONGEST_ADDRESS = 365, 255, 2000
TWICE = "it tells of the same once more; the first line stands"


def read_suppliers(reading: Reading) -> None:
    """Read each supplier once, and what is to be kept to when its vendors are ordered from."""
    report = reading.report
    report.kind = "Suppliers"
    for line, cells in reading.rows:
        try:
            told = supplier_of(reading, cells)
            values = values_of(reading, cells) | {"lead_time_days": None, "unit_cost_minor": None}
        except Unreadable as problem:
            report.leave(f"Line {line:,}", str(problem))
            continue
        if told.name.casefold() in report.suppliers:
            report.leave(f"Line {line:,}", TWICE)
            continue
        report.suppliers[told.name.casefold()] = told
        if any(values.values()):
            report.rules |= {(vendor, None): Rule(vendor, None, values) for vendor in told.vendors}


def supplier_of(reading: Reading, cells: Cells) -> Told:
    """Read what a line tells of a supplier; it delivers the vendors that are called as it is."""
    called, shop = name(cells["supplier"]), reading.known.shop
    currency = cells.get("currency", "").upper() or shop.currency
    if not 0 < len(called) <= LONGEST_NAME:
        raise Unreadable("the name is too long" if called else "it has no name")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Unreadable(f"“{currency[:20]}” is not a currency like {shop.currency}")
    address = cells.get("address", "")
    return Told(
        name=called,
        currency=currency,
        lead_time_days=lead_time_of(reading, cells),
        smallest_minor=0,
        order_weekdays=[],
        address="" if "@" in address else address[:LONGEST_ADDRESS],
        vendors=reading.known.vendors.get(called.casefold(), []),
        variant_ids=[],
    )


def read_products(reading: Reading) -> None:
    """Read what is told of each variant; the first line of each stands."""
    report = reading.report
    report.kind = "Products"
    for line, cells in reading.rows:
        try:
            variant_id = reading.known.variant(cells["sku"]).shopify_id
            if ("", variant_id) in report.rules:
                raise Unreadable(TWICE)
            report.rules["", variant_id] = Rule("", variant_id, values_of(reading, cells))
        except Unreadable as problem:
            report.leave(f"Line {line:,}", str(problem))


def values_of(reading: Reading, cells: Cells) -> dict[str, Any]:
    """Read the columns of a rule; what is 0 or empty is not known."""
    found: dict[str, Any] = dict.fromkeys(StockRule.FIELDS)
    for column in ("pack_size", "minimum_order"):
        found[column] = reading.number(cells, column, whole) or None
    return found | {"lead_time_days": lead_time_of(reading, cells), "unit_cost_minor": cost_of(reading, cells)}


def lead_time_of(reading: Reading, cells: Cells) -> int | None:
    """Read how long a delivery takes; 0 or nothing is not known."""
    days = reading.number(cells, "lead_time_days", lead_time) or None
    if (days or 0) > LONGEST_LEAD:
        raise Unreadable(f"a lead time of {days} days is longer than a year")
    return days
