"""Suppliers: listed, added, changed, deleted."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import RevisionForm
from dashboard.pages import go, show
from dashboard.usecases.demand_forecast.buying.forms import SupplierForm
from dashboard.usecases.demand_forecast.buying.supplier_queries import (
    delivered,
    skus_of,
    supplier_page,
    suppliers_page,
    vendors_of,
)
from pipelines import words
from pipelines.jobs import releases
from pipelines.lifecycle.buying import suppliers
from pipelines.lifecycle.errors import Refused
from pipelines.models import Supplier

TEMPLATE = "usecases/demand_forecast/supplier.html"


@merchant_required
@require_GET
def listed(request: MerchantRequest) -> HttpResponse:
    """Show whom the shop buys from."""
    return show(request, "usecases/demand_forecast/suppliers.html", {"page": suppliers_page(request.shop)})


@merchant_required
@require_http_methods(["GET", "POST"])
def add(request: MerchantRequest) -> HttpResponse:
    """Show the form of a new supplier, or keep it."""
    return typed(request, None)


@merchant_required
@require_http_methods(["GET", "POST"])
def one(request: MerchantRequest, pk: int) -> HttpResponse:
    """Show one supplier, or save what was changed."""
    return typed(request, find(request, pk))


def typed(request: MerchantRequest, supplier: Supplier | None) -> HttpResponse:
    """Show a supplier; what was typed is kept whole, or not at all."""
    if request.method == "GET":
        return show(request, TEMPLATE, {"page": supplier_page(request.shop, supplier)})
    known = {*(vendor for vendor, _ in vendors_of(request.shop)), *delivered(supplier)}
    form = SupplierForm(request.POST, vendors=known, skus=skus_of(request.shop))
    if not form.is_valid():
        return show(request, TEMPLATE, {"page": supplier_page(request.shop, supplier, form)}, status=422)
    try:
        keep(request, supplier, form.told)
    except Refused as refusal:
        form.add_error("name", refusal.sentence)
        return show(request, TEMPLATE, {"page": supplier_page(request.shop, supplier, form)}, status=422)
    releases.answer_anew(request.shop.pk)
    return go(reverse("suppliers"), "Saved. Advice is worked out again")


def keep(request: MerchantRequest, supplier: Supplier | None, told: suppliers.Told) -> None:
    """Add a supplier, or change the one that was shown."""
    if supplier is None:
        suppliers.add(request.shop, told, by=request.staff.sub)
    else:
        suppliers.change(supplier, told, revision=RevisionForm.read(request.POST), by=request.staff.sub)


@merchant_required
@require_POST
def remove(request: MerchantRequest, pk: int) -> HttpResponse:
    """Delete a supplier with its address."""
    supplier = find(request, pk)
    try:
        under_way = suppliers.remove(supplier, revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except Refused as refusal:
        return go(reverse("supplier", args=[pk]), refusal.sentence, refused=True)
    releases.answer_anew(request.shop.pk)
    kept = f". Its name stays on {words.counted(under_way, 'order')} under way" if under_way else ""
    return go(reverse("suppliers"), f"Deleted, with its address{kept}")


def find(request: MerchantRequest, pk: int) -> Supplier:
    """Return one of the shop's own suppliers, or 404."""
    return get_object_or_404(Supplier.objects.for_shop(request.shop).select_related("shop"), pk=pk)
