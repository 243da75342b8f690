"""What shoppers see, and why."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import show
from dashboard.usecases.recommendations.forms import WishForm
from dashboard.usecases.recommendations.queries.page import recommendations_page


@merchant_required
@require_GET
def recommendations(request: MerchantRequest) -> HttpResponse:
    """Show what a shopper sees beside one product."""
    page = recommendations_page(request.shop, request.staff, WishForm.read(request.GET), timezone.now())
    return show(request, "usecases/recommendations/recommendations.html", {"page": page})
