"""Whether Shopify's own list of complementary products is filled, too."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.guards import decider_required
from dashboard.pages import go
from dashboard.usecases.recommendations.forms import StandardForm
from dashboard.usecases.recommendations.queries.lists import SLUG
from pipelines.jobs import releases
from pipelines.lifecycle.serving import standard

FILLS = "Shopify’s own list is filled from now on, where you left it empty"
GIVES_BACK = "What stood in Shopify’s own list comes back"


@merchant_required
@require_POST
@decider_required("recommendations")
def standard_list(request: MerchantRequest) -> HttpResponse:
    """Fill Shopify's own list from now on, or give back what stood there."""
    form, here = StandardForm(request.POST), reverse("recommendations")
    if not form.is_valid():
        return go(here, "The form was incomplete. Nothing was done.", refused=True)
    fills = form.cleaned_data["fills"] == "yes"
    standard.choose(request.shop, SLUG, fills=fills, by=request.staff.sub)
    releases.publish.enqueue(request.shop.pk, SLUG)
    return go(here, FILLS if fills else GIVES_BACK)
