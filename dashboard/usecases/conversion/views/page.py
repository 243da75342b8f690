"""Who buys, where carts stop, whether the chances hold; and the parts of it that changed."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import live
from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import show
from dashboard.usecases.conversion.queries.page import checkouts_page

SHOWS = {
    "state": {"models", "measured", "visits", "own"},
    "figures": {"data", "models", "measured", "visits", "own"},
    "lacks": {"data", "models", "visits", "own"},
    "visits": {"visits"},
    "chances": {"models", "measured", "visits"},
    "beside": {"models", "measured", "own"},
}
CHECKOUTS = live.LivePage(
    "checkouts-changes",
    {
        f"checkouts-{name}": (f"usecases/conversion/partials/_{name}.html", frozenset(topics))
        for name, topics in SHOWS.items()
    },
)


@merchant_required
@require_GET
def checkouts(request: MerchantRequest) -> HttpResponse:
    """Show visits and checkouts of the last four weeks."""
    now = timezone.now()
    context = {"live": live.shown(request, CHECKOUTS, now)}
    page = checkouts_page(request.shop, request.staff, now)
    return show(request, "usecases/conversion/checkouts.html", context | {"page": page})


@merchant_required
@require_GET
def changes(request: MerchantRequest) -> HttpResponse:
    """Answer with the parts of the page that changed."""
    now = timezone.now()
    return live.changed(request, CHECKOUTS, now, lambda: {"page": checkouts_page(request.shop, request.staff, now)})
