"""The shop's peak hours, chosen by the merchant or given back to what orders say."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.peak_hours import PeakHoursForm
from dashboard.guards import decider_required
from dashboard.pages import go, show
from dashboard.queries.settings.page import settings_page
from pipelines.lifecycle.evidence import peaks


@merchant_required
@require_POST
@decider_required("settings")
def choose(request: MerchantRequest) -> HttpResponse:
    """Let the hours hold that were typed."""
    form = PeakHoursForm(request.POST)
    if not form.is_valid():
        page = settings_page(request.shop.settings, peaks=form)
        return show(request, "dashboard/settings.html", {"page": page}, status=422)
    peaks.choose(request.shop, form.cleaned_data, timezone.now(), by=request.staff.sub)
    return go(reverse("settings"), "Peak hours saved")


@merchant_required
@require_POST
@decider_required("settings")
def reset(request: MerchantRequest) -> HttpResponse:
    """Let what orders say hold again."""
    done = peaks.reset(request.shop, timezone.now(), by=request.staff.sub)
    return go(reverse("settings"), "Peak hours are learned from your orders" if done else "Nothing was chosen")
