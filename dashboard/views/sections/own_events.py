"""The merchant's own events, added and removed on the settings page."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.own_event import OwnEventForm
from dashboard.pages import go, local_now, show
from dashboard.queries.settings.page import settings_page
from pipelines.jobs import releases
from pipelines.lifecycle import own_events
from pipelines.lifecycle.errors import Refused
from pipelines.models import OwnEvent


@merchant_required
@require_POST
def add_event(request: MerchantRequest) -> HttpResponse:
    """Add an event, past or to come."""
    form = OwnEventForm(request.POST, today=local_now(request.shop.zone).date(), shop=request.shop)
    if form.is_valid():
        try:
            own_events.add(request.shop, form.span(), by=request.staff.sub)
        except Refused as refusal:
            form.add_error("name", refusal.sentence)
    if not form.is_valid():
        page = settings_page(request.shop.settings, event=form)
        return show(request, "dashboard/settings.html", {"page": page}, status=422)
    releases.answer_anew(request.shop.pk)
    return go(reverse("settings"), "Event added")


@merchant_required
@require_POST
def remove_event(request: MerchantRequest, pk: int) -> HttpResponse:
    """Remove an event."""
    row = get_object_or_404(OwnEvent.objects.for_shop(request.shop).select_related("shop"), pk=pk)
    if own_events.remove(row, by=request.staff.sub):
        releases.answer_anew(request.shop.pk)
    return go(reverse("settings"), "Event removed")
