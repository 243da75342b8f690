"""Keys for tools of the merchant's own: made and shown once, revoked, by whoever may decide."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.guards import decider_required
from dashboard.pages import go, show
from dashboard.queries.settings.keys import keys_page
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.exports import keys as lifecycle
from pipelines.models import ShopKey


@merchant_required
@require_GET
def keys(request: MerchantRequest) -> HttpResponse:
    """Show which keys there are, and what they open."""
    return show(request, "dashboard/keys.html", {"page": keys_page(request.shop, request.staff)})


@merchant_required
@require_POST
@decider_required("keys")
def make(request: MerchantRequest) -> HttpResponse:
    """Make a key, and show it on this one answer: it is kept nowhere."""
    try:
        made = lifecycle.make(request.shop, by=request.staff.sub, now=timezone.now())
    except Refused as refusal:
        return go(reverse("keys"), refusal.sentence, refused=True)
    answer = show(request, "dashboard/keys.html", {"page": keys_page(request.shop, request.staff, made)})
    answer["Cache-Control"] = "no-store"
    return answer


@merchant_required
@require_POST
@decider_required("keys")
def revoke(request: MerchantRequest, pk: int) -> HttpResponse:
    """Let a key open nothing any more."""
    row = get_object_or_404(ShopKey.objects.for_shop(request.shop).select_related("shop"), pk=pk)
    lifecycle.revoke(row, by=request.staff.sub)
    return go(reverse("keys"), "Revoked. Tools that use this key read nothing any more")
