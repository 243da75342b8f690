"""The start guide."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import go, show
from dashboard.queries.start import start_page
from pipelines.models import ShopSettings


@merchant_required
@require_GET
def start(request: MerchantRequest) -> HttpResponse:
    """Show the four steps and how far the shop has come."""
    return show(request, "dashboard/start.html", {"page": start_page(request.shop, timezone.now())})


@merchant_required
@require_POST
def hide(request: MerchantRequest) -> HttpResponse:
    """Take the guide out of the menu."""
    ShopSettings.objects.filter(shop=request.shop).update(guide_hidden=True)
    return go(reverse("home"), "The guide is hidden")
