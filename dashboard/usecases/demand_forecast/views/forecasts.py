"""The list of variants, and its files."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.files import csv_file, major
from dashboard.pages import local_now, show
from dashboard.usecases.demand_forecast.forms import WishForm
from dashboard.usecases.demand_forecast.lines import lines_as_html
from dashboard.usecases.demand_forecast.queries.forecasts import (
    STATUSES,
    Besides,
    export_rows,
    forecasts_page,
    order_list,
    told_besides,
)
from pipelines.models.usecases.demand_forecast import StockAdvice

FORECAST_HEADER = (
    "Product", "Option", "SKU", "Barcode", "Vendor", "Status", "Sold, last 28 days", "Forecast, next 28 days",
    "Forecast low (8 of 10 times)", "Forecast high (8 of 10 times)", "Your own number", "Your note", "In stock",
    "Incoming", "At another place", "Runs out", "Order by", "Order quantity", "Order cost", "Sales at risk", "Currency",
)  # fmt: skip
ORDER_HEADER = (
    "Vendor", "Product", "Option", "SKU", "Barcode", "Order quantity", "Pack size", "Unit cost", "Cost is estimated",
    "Order cost", "Currency", "Order by", "In stock", "Incoming", "Forecast, next 28 days", "Your own number",
    "Your note", "Variant",
)  # fmt: skip


@merchant_required
@require_GET
def forecasts(request: MerchantRequest) -> HttpResponse:
    """Show what will sell and what to reorder."""
    today = local_now(request.shop.zone).date()
    page = forecasts_page(request.shop, WishForm.read(request.GET), today)
    lines = lines_as_html(page, request.shop.currency)
    return show(request, "usecases/demand_forecast/forecasts.html", {"page": page, "lines": lines})


@merchant_required
@require_GET
def download(request: MerchantRequest) -> StreamingHttpResponse:
    """Give the whole list, as it is filtered and sorted, as a file."""
    rows, told = export_rows(request.shop, WishForm.read(request.GET)), told_besides(request.shop)
    name = f"forecasts-{local_now(request.shop.zone):%Y-%m-%d}.csv"
    return csv_file(name, FORECAST_HEADER, (forecast_cells(row, told, request.shop.currency) for row in rows))


@merchant_required
@require_GET
def order_list_csv(request: MerchantRequest) -> StreamingHttpResponse:
    """Give what should be ordered today, vendor by vendor, as a file."""
    rows, told = order_list(request.shop, WishForm.read(request.GET).location), told_besides(request.shop)
    name = f"order-list-{local_now(request.shop.zone):%Y-%m-%d}.csv"
    return csv_file(name, ORDER_HEADER, (order_cells(row, told, request.shop.currency) for row in rows))


def forecast_cells(row: StockAdvice, told: Besides, currency: str) -> Iterator[Any]:
    """Return one line of the forecast file."""
    yield from (row.title, row.subtitle, row.sku, told.barcode(row), row.vendor, STATUSES[row.status].words)
    yield from (round(row.sold_28), round(row.forecast_28), round(row.low_28), round(row.high_28))
    yield from (*own_number(row, told), row.stock, row.incoming, row.from_elsewhere or "", row.runs_out, row.order_by)
    yield from (row.order_quantity, major(row.order_cost_minor, currency), major(row.at_risk_minor, currency), currency)


def order_cells(row: StockAdvice, told: Besides, currency: str) -> Iterator[Any]:
    """Return one line of the order list."""
    yield from (row.vendor, row.title, row.subtitle, row.sku, told.barcode(row), row.order_quantity)
    yield from (round(row.rule.get("pack_size") or 1), major(row.unit_cost_minor, currency))
    yield from ("yes" if row.cost_is_estimated else "", major(row.order_cost_minor, currency), currency)
    yield from (row.order_by, row.stock, row.incoming, round(row.forecast_28), *own_number(row, told), row.variant_id)


def own_number(row: StockAdvice, told: Besides) -> tuple[str, str]:
    """Mark a forecast that is the merchant's own, with their note."""
    return ("yes", told.note(row)) if row.is_overridden else ("", "")
