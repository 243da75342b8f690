"""The list of variants, and its files."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.embedding import merchant_required
from dashboard.files import csv_file, major
from dashboard.forms import OddOrderForm, OverrideForm, RevisionForm, RuleForm, WishForm
from dashboard.lines import lines_as_html
from dashboard.pages import go, local_now, show
from dashboard.queries.forecasts import (
    STATUSES,
    TOTAL,
    USE_CASE,
    Besides,
    export_rows,
    forecasts_page,
    order_list,
    told_besides,
)
from dashboard.queries.own_numbers import is_recalculating
from dashboard.queries.variants import variant_page
from pipelines.jobs import releases
from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused
from pipelines.models.demand_forecast import StockAdvice

FORECAST_HEADER = (
    "Product", "Option", "SKU", "Barcode", "Vendor", "Status", "Sold, last 28 days", "Forecast, next 28 days",
    "Forecast low (8 of 10 times)", "Forecast high (8 of 10 times)", "Your own number", "Your note", "In stock",
    "Incoming", "At another place", "Runs out", "Order by", "Order quantity", "Order cost", "Sales at risk", "Currency",
)  # fmt: skip
ORDER_HEADER = (
    "Vendor", "Product", "Option", "SKU", "Barcode", "Order quantity", "Pack size", "Unit cost", "Cost is estimated",
    "Order cost", "Currency", "Order by", "In stock", "Incoming", "Forecast, next 28 days", "Your own number",
    "Your note",
)  # fmt: skip


@merchant_required
@require_GET
def forecasts(request: HttpRequest) -> HttpResponse:
    """Show what will sell and what to reorder."""
    today = local_now(request.shop.zone).date()
    page = forecasts_page(request.shop, WishForm.read(request.GET), today)
    lines = lines_as_html(page, request.shop.currency)
    return show(request, "dashboard/forecasts.html", {"page": page, "lines": lines})


@merchant_required
@require_GET
def download(request: HttpRequest) -> StreamingHttpResponse:
    """Give the whole list, as it is filtered and sorted, as a file."""
    rows, told = export_rows(request.shop, WishForm.read(request.GET)), told_besides(request.shop)
    name = f"forecasts-{local_now(request.shop.zone):%Y-%m-%d}.csv"
    return csv_file(name, FORECAST_HEADER, (forecast_cells(row, told, request.shop.currency) for row in rows))


@merchant_required
@require_GET
def order_list_csv(request: HttpRequest) -> StreamingHttpResponse:
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
    yield from (row.order_by, row.stock, row.incoming, round(row.forecast_28), *own_number(row, told))


def own_number(row: StockAdvice, told: Besides) -> tuple[str, str]:
    """Mark a forecast that is the merchant's own, with their note."""
    return ("yes", told.note(row)) if row.is_overridden else ("", "")


@merchant_required
@require_GET
def variant(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Show one variant."""
    page = variant_page(request.shop, find(request, variant_id), timezone.now())
    return show(request, "dashboard/variant.html", {"page": page})


@merchant_required
@require_GET
def variant_settled(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Answer the poll of a page whose advice is being worked out again: the page once that is done."""
    row = find(request, variant_id)
    response = show(request, "dashboard/partials/_recalculating.html", {"row": row})
    if not is_recalculating(request.shop, row.updated_at):
        again = {"path": reverse("variant", args=[variant_id]), "target": "#page", "select": "#page"}
        response["HX-Location"] = json.dumps(again | {"swap": "outerHTML", "push": "false"})
    return response


@merchant_required
@require_GET
def variant_figure(request: HttpRequest, variant_id: int) -> JsonResponse:
    """Give what plotly draws of a variant, when it is asked for."""
    figure = variant_page(request.shop, find(request, variant_id), timezone.now()).figure
    if figure is None:
        raise Http404("no forecast")
    return JsonResponse(figure.plotly)


@merchant_required
@require_POST
def override(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Use the merchant's own number."""
    row = find(request, variant_id)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        page = variant_page(request.shop, row, timezone.now())
        return show(request, "dashboard/variant.html", {"page": page, "override_form": form}, status=422)
    own = preferences.OwnNumber(variant_id, **form.cleaned_data)
    return changed(request, variant_id, "Your number is used", partial(preferences.override, request.shop, own))


@merchant_required
@require_POST
def end_override(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Return to the forecast."""
    find(request, variant_id)
    change = partial(preferences.end_override, request.shop, variant_id)
    return changed(request, variant_id, "Back to the forecast", change)


@merchant_required
@require_POST
def odd_order(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Count an unusual day in full, leave it out of learning, or let us weigh it again."""
    find(request, variant_id)
    form = OddOrderForm(request.POST)
    if not form.is_valid():
        return go(reverse("variant", args=[variant_id]), "That day is not known.", refused=True)
    say = partial(preferences.say_of_odd_order, request.shop, variant_id, form.cleaned_data["day"], form.counts)
    return changed(request, variant_id, "Learned from with your answer", say)


@merchant_required
@require_POST
def rule(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Save what the merchant knows of a variant: lead time, pack size and so on."""
    row = find(request, variant_id)
    form = RuleForm(request.POST)
    if not form.is_valid():
        page = replace(variant_page(request.shop, row, timezone.now()), rule=form.data.dict())
        return show(request, "dashboard/variant.html", {"page": page, "rule_form": form}, status=422)
    known = preferences.Rule("", variant_id, form.values(request.shop.currency))
    return changed(request, variant_id, "Saved", partial(preferences.set_rules, request.shop, [known]))


def changed(request: HttpRequest, variant_id: int, said: str, change: Callable[..., object]) -> HttpResponse:
    """Make a change to what the page showed, and have the advice worked out again."""
    here = reverse("variant", args=[variant_id])
    try:
        change(revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except Refused as refusal:
        return go(here, refusal.sentence, refused=True)
    releases.refresh.enqueue(request.shop.pk, USE_CASE)
    return go(here, said)


def find(request: HttpRequest, variant_id: int) -> StockAdvice:
    """Return the total row of one of the shop's own variants, or 404."""
    mine = StockAdvice.objects.for_shop(request.shop).select_related("version")
    return get_object_or_404(mine, variant_id=variant_id, location_id=TOTAL)
