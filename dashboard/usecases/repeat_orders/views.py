"""Who is about to order again."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import show
from dashboard.usecases.repeat_orders.due import due_page


@merchant_required
@require_GET
def customers_due(request: MerchantRequest) -> HttpResponse:
    """Show the customers of whom most is expected this week."""
    return show(request, "usecases/repeat_orders/due.html", {"page": due_page(request.shop)})
