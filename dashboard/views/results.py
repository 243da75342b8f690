"""Results: the page, and its files."""

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.files import csv_file
from dashboard.forms.pages import MonthForm
from dashboard.pages import show
from dashboard.queries.results import as_rows, results_page
from pipelines.models import MonthReport

HEAD = ("part", "what", "figure", "low", "high", "how sure", "n", "on what ground")


@merchant_required
@require_GET
def results(request: MerchantRequest) -> HttpResponse:
    """Show what a month brought."""
    page = results_page(request.shop, MonthForm.read(request.GET))
    return show(request, "dashboard/results.html", {"page": page})


@merchant_required
@require_GET
def csv(request: MerchantRequest, month: str) -> HttpResponseBase:
    """Give a month's report as a table."""
    row = find(request, month)
    return csv_file(f"results-{row.month:%Y-%m}.csv", HEAD, as_rows(row))


@merchant_required
@require_GET
def pdf(request: MerchantRequest, month: str) -> HttpResponse:
    """Give a month's report as a worker printed it."""
    row = find(request, month)
    if not row.pdf:
        raise Http404("not printed yet")
    response = HttpResponse(bytes(row.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="results-{row.month:%Y-%m}.pdf"'
    return response


def find(request: MerchantRequest, month: str) -> MonthReport:
    """Return one of the shop's own reports, or 404."""
    first = MonthForm.read({"month": month})
    if first is None:
        raise Http404(month)
    return get_object_or_404(MonthReport.objects.for_shop(request.shop), month=first)
