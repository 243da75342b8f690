"""Shopify's own field of products: filled with what a model says, or given back."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.standard_field import StandardFieldForm
from dashboard.guards import decider_required
from dashboard.pages import go
from pipelines.jobs import releases as jobs
from pipelines.lifecycle.serving import standard
from pipelines.usecases import USE_CASES

BROKEN = "The form was incomplete. Nothing was done."
FILLED = "Empty lists of complementary products are being filled"
GIVEN_BACK = "What stood there before is being put back"


@merchant_required
@require_POST
@decider_required("settings")
def choose(request: MerchantRequest, use_case: str) -> HttpResponse:
    """Have the field filled from now on, or what stood there put back."""
    case = USE_CASES.get(use_case)
    if case is None or case.slotted is None or case.slotted[2].standard is None:
        raise Http404
    form = StandardFieldForm(request.POST)
    if not form.is_valid():
        return go(reverse("settings"), BROKEN, refused=True)
    fills = form.cleaned_data["fills"]
    standard.choose(request.shop, use_case, fills=fills, by=request.staff.sub)
    jobs.publish.enqueue(request.shop.pk, use_case)
    return go(reverse("settings"), FILLED if fills else GIVEN_BACK)
