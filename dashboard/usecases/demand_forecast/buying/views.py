"""Orders to suppliers: drafted from the advice, sent, received in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.files import csv_file, major
from dashboard.forms.pages import RevisionForm
from dashboard.pages import go, local_now, show
from dashboard.usecases.demand_forecast.buying import list_file
from dashboard.usecases.demand_forecast.buying.budgets import filled
from dashboard.usecases.demand_forecast.buying.dealing import lines_elsewhere
from dashboard.usecases.demand_forecast.buying.forms import (
    ArrivalForm,
    BudgetForm,
    CostsForm,
    DayForm,
    DraftForm,
    LinesForm,
    ListForm,
    ReceiptForm,
    SentForm,
    UnitsForm,
)
from dashboard.usecases.demand_forecast.buying.queries import order_page, orders_page
from dashboard.usecases.demand_forecast.buying.to_order import wanted_rows
from dashboard.usecases.demand_forecast.queries.forecasts import USE_CASE
from pipelines import words
from pipelines.jobs import releases, results
from pipelines.lifecycle.buying import dealing, orders
from pipelines.lifecycle.buying.lists import mark_ordered
from pipelines.lifecycle.buying.printing import file_of, name_of
from pipelines.lifecycle.errors import Refused
from pipelines.models import OrderPaper, PurchaseLine, PurchaseOrder, Supplier
from pipelines.words import to_minor

HEADER = (
    "Order",
    "Vendor",
    "Product",
    "Option",
    "SKU",
    "Units",
    "Pack size",
    "Unit cost",
    "Cost",
    "Currency",
    "Received",
)
NO_DAY = "Choose a day. Nothing was saved."
NO_COSTS = "Costs are amounts of money. Nothing was saved."
NO_UNITS = "Units are whole numbers. Nothing was saved."


@merchant_required
@require_GET
def listed(request: MerchantRequest) -> HttpResponse:
    """Show what to order from whom, and what is on its way."""
    page = orders_page(request.shop, local_now(request.shop.zone).date())
    return show(request, "usecases/demand_forecast/orders.html", {"page": page})


@merchant_required
@require_POST
def draft(request: MerchantRequest) -> HttpResponse:
    """Draft an order to one supplier or vendor from the advice of today."""
    form = DraftForm(request.POST)
    if not form.is_valid():
        return go(reverse("orders"), "This vendor is not known.", refused=True)
    vendor, supplier = form.cleaned_data["vendor"], None
    if number := form.cleaned_data["supplier"]:
        supplier = Supplier.objects.for_shop(request.shop).filter(pk=number).first()
        if supplier is None:
            return go(reverse("orders"), "This supplier is not known any more.", refused=True)
    try:
        rows = wanted_rows(request.shop, vendor, supplier)
        order = orders.draft_from(request.shop, vendor, rows, supplier=supplier, by=request.staff.sub)
    except Refused as refusal:
        return go(reverse("orders"), refusal.sentence, refused=True)
    results.print_order.enqueue(order.pk)
    return go(reverse("order", args=[order.pk]))


@merchant_required
@require_POST
def mark(request: MerchantRequest) -> HttpResponse:
    """Write down what was ordered by a list that was downloaded."""
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return go(reverse("orders"), form.sentence, refused=True)
    told, today = form.cleaned_data, local_now(request.shop.zone).date()
    try:
        lists = list_file.read(request.shop, told["file"].read(), told["only"])
        on = told["sent_on"] or today
        made = mark_ordered(request.shop, lists, today, on, told["day"], besides=form.besides, by=request.staff.sub)
    except Refused as refusal:
        return go(reverse("orders"), refusal.sentence, refused=True)
    for order in made:
        results.print_order.enqueue(order.pk)
    releases.refresh.enqueue(request.shop.pk, USE_CASE)
    return go(reverse("orders"), f"{words.counted(len(made), 'order')} marked as sent. Their units count as on the way")


@merchant_required
@require_GET
def one(request: MerchantRequest, pk: int) -> HttpResponse:
    """Show one order, or one page of its lines."""
    page = order_page(find(request, pk), local_now(request.shop.zone).date(), LinesForm.number(request.GET))
    return show(request, "usecases/demand_forecast/order.html", {"page": page})


@merchant_required
@require_GET
def paper(request: MerchantRequest, pk: int) -> HttpResponse:
    """Give the button of the printed order, or go on asking for it while it is printed."""
    return show(request, "usecases/demand_forecast/partials/_paper_asked.html", {"order": find(request, pk)})


@merchant_required
@require_GET
def pdf(request: MerchantRequest, pk: int) -> HttpResponse:
    """Give one order as it was printed by a worker."""
    order = find(request, pk)
    printed = OrderPaper.objects.for_shop(request.shop).filter(order=order).select_related("shop").first()
    if printed is None:
        return refused(request, pk, "This order is being printed. Try again in a moment.")
    response = HttpResponse(file_of(printed), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name_of(order)}.pdf"'
    return response


@merchant_required
@require_GET
def download(request: MerchantRequest, pk: int) -> StreamingHttpResponse:
    """Give one order as a file."""
    order = find(request, pk)
    return csv_file(
        f"{name_of(order)}.csv", HEADER, (cells(order, line) for line in order.lines.order_by("title", "pk"))
    )


def cells(order: PurchaseOrder, line: PurchaseLine) -> Iterator[Any]:
    """Return one line of the file."""
    yield from (name_of(order), order.vendor, line.title, line.subtitle, line.sku, line.units, line.pack_size)
    yield from (major(line.unit_cost_minor, order.currency), major(line.cost_minor, order.currency), order.currency)
    yield line.received


@merchant_required
@require_POST
def change(request: MerchantRequest, pk: int) -> HttpResponse:
    """Put other units and costs on the lines of a draft."""
    units, costs = UnitsForm(request.POST), CostsForm(request.POST)
    if not units.is_valid() or not costs.is_valid():
        return refused(request, pk, NO_COSTS if units.is_valid() else NO_UNITS)
    return moved(request, pk, "Saved", orders.change, units.units, costs.costs(find(request, pk).currency))


@merchant_required
@require_POST
def deal(request: MerchantRequest, pk: int) -> HttpResponse:
    """Move lines of a draft to the drafts of who delivers them now."""
    order = find(request, pk)
    try:
        revision = RevisionForm.read(request.POST)
        drafts, stood = dealing.deal(order, lines_elsewhere(order), revision=revision, by=request.staff.sub)
    except Refused as refusal:
        return refused(request, pk, refusal.sentence)
    for each in [order, *drafts]:
        results.print_order.enqueue(each.pk)
    said = f"Moved to {words.counted(len(drafts), 'draft')}"
    if stood:
        said += f". {words.counted(stood, 'variant')} stood there already and stayed as there"
    return go(reverse("order", args=[drafts[0].pk]), said)


@merchant_required
@require_POST
def budget(request: MerchantRequest, pk: int) -> HttpResponse:
    """Fill a draft again from today's advice, up to a budget."""
    form, order = BudgetForm(request.POST), find(request, pk)
    if not form.is_valid():
        return refused(request, pk, "A budget is an amount of money. Nothing was changed.")
    typed = form.cleaned_data["budget"]
    money = None if typed is None else to_minor(typed, order.currency)
    try:
        lines = filled(order, money)
    except Refused as refusal:
        return refused(request, pk, refusal.sentence)
    return moved(request, pk, "Filled again", orders.refill, lines, money)


@merchant_required
@require_POST
def send(request: MerchantRequest, pk: int) -> HttpResponse:
    """Say when it was sent, and when it is expected."""
    form = SentForm(request.POST)
    if not form.is_valid():
        return refused(request, pk, NO_DAY)
    send_then = partial(orders.send, on=form.cleaned_data["sent_on"])
    return on_a_day(request, pk, "Sent. Its units count as on the way", send_then)


@merchant_required
@require_POST
def expect(request: MerchantRequest, pk: int) -> HttpResponse:
    """Say on which other day it is expected."""
    return on_a_day(request, pk, "Saved", orders.expect)


def on_a_day(request: MerchantRequest, pk: int, said: str, move: Callable[..., object]) -> HttpResponse:
    """Make a move that takes the day and the place at which an order is expected."""
    form = ArrivalForm(request.POST)
    if not form.is_valid():
        return refused(request, pk, NO_DAY)
    day, place = form.cleaned_data["day"], form.cleaned_data["place"]
    return moved(request, pk, said, move, local_now(request.shop.zone).date(), day, place)


@merchant_required
@require_POST
def receive(request: MerchantRequest, pk: int) -> HttpResponse:
    """Write down what came."""
    day, units = DayForm(request.POST), UnitsForm(request.POST)
    if not day.is_valid() or not units.is_valid():
        return refused(request, pk, NO_UNITS if day.is_valid() else NO_DAY)
    today = local_now(request.shop.zone).date()
    return moved(request, pk, "Written down", orders.receive, units.units, today, day.cleaned_data["day"])


@merchant_required
@require_POST
def receive_all(request: MerchantRequest, pk: int) -> HttpResponse:
    """Write down that all came that was still to come."""
    day = DayForm(request.POST)
    if not day.is_valid():
        return refused(request, pk, NO_DAY)
    today = local_now(request.shop.zone).date()
    return moved(request, pk, "Written down: all of it came", orders.receive_all, today, day.cleaned_data["day"])


@merchant_required
@require_POST
def take_back(request: MerchantRequest, pk: int) -> HttpResponse:
    """Take a delivery back that was written down by mistake."""
    form = ReceiptForm(request.POST)
    if not form.is_valid():
        return refused(request, pk, "This delivery is not known. Nothing was changed.")
    return moved(request, pk, "Taken back", orders.take_back, form.cleaned_data["receipt"], form.cleaned_data["whole"])


@merchant_required
@require_POST
def cancel(request: MerchantRequest, pk: int) -> HttpResponse:
    """End an order."""
    return moved(request, pk, "Ended. Nothing more of it is expected", orders.cancel)


def moved(request: MerchantRequest, pk: int, said: str, move: Callable[..., object], *told: Any) -> HttpResponse:
    """Move an order as its page showed it, and have the advice worked out again where what is on the way changed."""
    order = find(request, pk)
    before = order.state
    try:
        move(order, *told, revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except Refused as refusal:
        return refused(request, pk, refusal.sentence)
    results.print_order.enqueue(pk)
    order.refresh_from_db(fields=["state"])
    if PurchaseOrder.State.SENT in (before, order.state):
        releases.refresh.enqueue(request.shop.pk, USE_CASE)
    return go(page_of(request, pk), said)


def refused(request: MerchantRequest, pk: int, why: str) -> HttpResponse:
    """Go back to an order, and say why nothing was changed."""
    return go(page_of(request, pk), why, refused=True)


def page_of(request: MerchantRequest, pk: int) -> str:
    """Return the address of the page of an order that a form was sent from."""
    number = LinesForm.number(request.POST)
    return reverse("order", args=[pk]) + (f"?page={number}" if number > 1 else "")


def find(request: MerchantRequest, pk: int) -> PurchaseOrder:
    """Return one of the shop's own orders, or 404."""
    return get_object_or_404(PurchaseOrder.objects.for_shop(request.shop).select_related("shop", "supplier"), pk=pk)
