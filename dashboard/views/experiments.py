"""Experiments: two versions beside each other."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import show
from dashboard.queries.experiments import experiments_page


@merchant_required
@require_GET
def experiments(request: MerchantRequest) -> HttpResponse:
    """Show every comparison of two versions."""
    return show(request, "dashboard/experiments.html", {"page": experiments_page(request.shop, timezone.now())})
