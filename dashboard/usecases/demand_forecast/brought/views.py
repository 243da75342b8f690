"""Bring along what was bought with before, by the files that the other app gave."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.files import LARGEST_FILE
from dashboard.forms.pages import RevisionForm
from dashboard.pages import local_now, show
from dashboard.usecases.demand_forecast.brought.files import Report
from dashboard.usecases.demand_forecast.brought.reading import MOST_LINES, read
from dashboard.usecases.demand_forecast.queries.forecasts import USE_CASE
from pipelines.jobs import releases
from pipelines.lifecycle import preferences
from pipelines.lifecycle.buying import brought
from pipelines.lifecycle.buying.suppliers import Told
from pipelines.lifecycle.errors import Refused
from pipelines.words import counted

TEMPLATE = "usecases/demand_forecast/brought.html"


class FileForm(forms.Form):
    """A file of another app."""

    file = forms.FileField(max_length=200)

    def clean_file(self) -> Any:
        """Refuse a file that is larger than any of them."""
        if self.cleaned_data["file"].size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 4 MB. Bring it along in parts.")
        return self.cleaned_data["file"]


@merchant_required
@require_http_methods(["GET", "POST"])
def bring(request: MerchantRequest) -> HttpResponse:
    """Show what can be brought along, or take a file and say what of it was read, what was not, and why."""
    if request.method == "GET":
        return answer(request)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return answer(request, refused=" ".join(str(each) for errors in form.errors.values() for each in errors))
    try:
        report = read(request.shop, form.cleaned_data["file"].read(), local_now(request.shop.zone).date())
        keep(request, report)
    except Refused as refusal:
        return answer(request, refused=refusal.sentence)
    return answer(request, report)


def answer(request: MerchantRequest, report: Report | None = None, refused: str = "") -> HttpResponse:
    """Show the page, with what became of a file."""
    facts = {"report": report, "refused": refused, "most_lines": MOST_LINES}
    return show(request, TEMPLATE, facts, status=422 if refused else 200)


@transaction.atomic
def keep(request: MerchantRequest, report: Report) -> None:
    """Write down what was read, and have the advice worked out again where it learned something."""
    by = request.staff.sub
    orders = brought.take_over(request.shop, report.orders, by=by)
    new = brought.take_over_suppliers(request.shop, report.suppliers.values(), by=by)
    revision = RevisionForm.read(request.POST)
    rules = preferences.fill_gaps(request.shop, report.rules.values(), revision=revision, by=by)
    if report.orders:
        report.read.insert(0, f"{counted(len(orders), 'order')} on the way, {units_to_come(report):,} units to come.")
    if report.suppliers:
        report.read += told_of(new, len(report.suppliers))
    if report.rules:
        report.read.append(f"{counted(len(report.rules), 'line')} read; {counted(rules, 'rule')} learned something.")
    if orders or new or rules:
        releases.refresh.enqueue(request.shop.pk, USE_CASE)


def told_of(new: list[Told], found: int) -> list[str]:
    """Say how many suppliers are new, and which of them deliver something."""
    silent = sum(not told.vendors for told in new)
    delivers = counted(len(new) - silent, "delivers", "deliver")
    said = [f"{counted(found, 'supplier')} read, {len(new):,} new; {delivers} the vendor of that name."]
    if found > len(new):
        said.append(f"{counted(found - len(new), 'supplier')} here already: what you set stays.")
    if silent:
        said.append(f"{counted(silent, 'new supplier')} without a vendor of that name: say what they deliver.")
    return said


def units_to_come(report: Report) -> int:
    """Count the units that are on their way by the orders of a file."""
    return sum(
        max(0, line.units - order.came.get(line.variant_id, 0)) for order in report.orders for line in order.lines
    )
