"""Who buys, where carts stop, and whether the chances hold."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import show
from dashboard.usecases.conversion.queries.page import checkouts_page


@merchant_required
@require_GET
def checkouts(request: MerchantRequest) -> HttpResponse:
    """Show visits and checkouts of the last four weeks."""
    page = checkouts_page(request.shop, request.staff, timezone.now())
    return show(request, "usecases/conversion/checkouts.html", {"page": page})
