"""How many shoppers are shown nothing by a model, chosen on the settings page."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.hold_out import HoldOutForm
from dashboard.guards import decider_required
from dashboard.pages import go
from pipelines.jobs import releases
from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused

INCOMPLETE = "The form was incomplete. Nothing was done."


@merchant_required
@require_POST
@decider_required("settings")
def choose(request: MerchantRequest) -> HttpResponse:
    """Let another share hold for whoever is first seen from now on, and tell the storefront."""
    form = HoldOutForm(request.POST)
    if not form.is_valid():
        return go(reverse("settings"), INCOMPLETE, refused=True)
    try:
        preferences.say(request.shop, form.chosen, revision=form.cleaned_data["revision"], by=request.staff.sub)
    except Refused as refusal:
        return go(reverse("settings"), refusal.sentence, refused=True)
    releases.publish.enqueue(request.shop.pk, form.chosen.use_case)
    return go(reverse("settings"), "Saved")
