"""Lead times, packs and costs of another app's files, as rules of vendors and variants."""

from __future__ import annotations

from typing import Any

from dashboard.usecases.demand_forecast.brought.cells import Unreadable, whole
from dashboard.usecases.demand_forecast.brought.files import Cells, Reading, cost_of
from pipelines.lifecycle.preferences import Rule
from pipelines.models import StockRule

LONGEST_LEAD = 365


def read_suppliers(reading: Reading) -> None:
    """Read how long each supplier takes, where a vendor of the shop is called so."""
    reading.report.kind = "Suppliers"
    vendors = reading.known.vendors
    for line, cells in reading.rows:
        vendor = vendors.get(cells["supplier"].casefold())
        if vendor is None:
            reading.report.leave(f"Line {line:,}", f"no product is from the vendor “{cells['supplier']}”")
        else:
            with_rule(reading, line, cells, vendor, None)


def read_products(reading: Reading) -> None:
    """Read what is told of each variant."""
    reading.report.kind = "Products"
    for line, cells in reading.rows:
        try:
            variant = reading.known.variant(cells["sku"])
        except Unreadable as problem:
            reading.report.leave(f"Line {line:,}", str(problem))
            continue
        with_rule(reading, line, cells, "", variant.shopify_id)


def with_rule(reading: Reading, line: int, cells: Cells, vendor: str, variant_id: int | None) -> None:
    """Add a rule of a vendor or variant; the first line of each stands."""
    report = reading.report
    if (vendor, variant_id) in report.rules:
        report.leave(f"Line {line:,}", "it tells of the same once more; the first line stands")
        return
    try:
        report.rules[vendor, variant_id] = Rule(vendor, variant_id, values_of(reading, cells, vendor))
    except Unreadable as problem:
        report.leave(f"Line {line:,}", str(problem))


def values_of(reading: Reading, cells: Cells, vendor: str) -> dict[str, Any]:
    """Read the columns of a rule; what is 0 or empty is not known."""
    found: dict[str, Any] = dict.fromkeys(StockRule.FIELDS)
    for name in ("lead_time_days", "pack_size", "minimum_order"):
        found[name] = whole(cells.get(name, ""), reading.decimal) or None
    if (found["lead_time_days"] or 0) > LONGEST_LEAD:
        raise Unreadable(f"a lead time of {found['lead_time_days']} days is longer than a year")
    if not vendor:
        found["unit_cost_minor"] = cost_of(reading, cells)
    return found
