"""See what a merchant sees: without changing anything, for a quarter of an hour, and written into the shop's ledger."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.html import format_html

from dashboard.framing import UNFRAMED
from pipelines.lifecycle import approvers
from pipelines.models import LifecycleEvent, Shop, Staff

LASTS = timedelta(minutes=15)
PAGES = "dashboard.urls"
LINK = re.compile(r'(href=")/(?!static/|/)')
SCRIPT = re.compile(r"<script\b[^>]*>.*?</script>", re.DOTALL)
NAVIGATION = (  # Shopify's admin shows it beside a page
    ("<s-app-nav>", '<nav class="looking">'),
    ("</s-app-nav>", "</nav>"),
    ("<s-link ", "<a "),
    ("</s-link>", "</a>"),
)
POLICY = UNFRAMED.replace("script-src 'self'", "script-src 'none'")


def look(request: HttpRequest, pk: int, inner: str = "") -> HttpResponse:
    """Begin to look by POST; show a page by GET while that lasts."""
    if not request.user.has_perm("pipelines.change_shop"):
        raise PermissionDenied
    shop = get_object_or_404(Shop.objects.installed().select_related("settings"), pk=pk)
    if request.method == "POST" and not inner:
        return begin(request, shop)
    if request.method != "GET":
        return HttpResponse("Nothing can be changed here.", status=405, content_type="text/plain")
    until = looking_until(request, shop)
    if until is None:
        messages.warning(request, "The quarter of an hour is over. Begin again if you still have to look.")
        return HttpResponseRedirect(reverse("admin:pipelines_shop_change", args=[shop.pk]))
    return shown(request, shop, inner, until)


def begin(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Write down who looks, and let them for a while."""
    until = timezone.now() + LASTS
    by = f"{approvers.OPERATOR}{request.user.get_username()}"
    LifecycleEvent.record(
        shop, "operator.looked", by=by, because="an operator looked at the merchant's pages", until=until.isoformat()
    )
    request.session[key_of(shop)] = until.isoformat()
    return HttpResponseRedirect(reverse("admin:look", args=[shop.pk]))


def looking_until(request: HttpRequest, shop: Shop) -> datetime | None:
    """Return until when somebody may look; nothing where that is over, or never began."""
    told = request.session.get(key_of(shop), "")
    until = datetime.fromisoformat(told) if told else None
    return until if until and until > timezone.now() else None


def key_of(shop: Shop) -> str:
    return f"looking:{shop.pk}"


def shown(request: Any, shop: Shop, inner: str, until: datetime) -> HttpResponse:
    """Return a merchant's page as this shop's people see it; what it writes on the way is taken back."""
    try:
        found = resolve(f"/{inner}", urlconf=PAGES)
    except Resolver404:
        raise Http404(inner) from None
    request.shop, request.is_looked_at = shop, True
    owner = Staff.objects.for_shop(shop).filter(is_owner=True).first()
    request.staff = owner or Staff(shop=shop, sub="", is_owner=True, is_collaborator=False)
    with transaction.atomic():
        answer = found.func(request, *found.args, **found.kwargs)
        transaction.set_rollback(True)
    if (
        answer.status_code != 200
        or answer.streaming
        or not answer.headers.get("Content-Type", "").startswith("text/html")
    ):
        raise Http404("no page")
    answer.content = rewritten(answer.content.decode(), shop, until)
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "no-store"
    return HttpResponse(answer.content, headers=answer.headers)


def rewritten(page: str, shop: Shop, until: datetime) -> str:
    """Let links lead on to where operators look, show the navigation that Shopify would, and say what this is."""
    for shopifys, plain in NAVIGATION:
        page = page.replace(shopifys, plain)
    page = LINK.sub(rf"\g<1>{reverse('admin:look', args=[shop.pk])}", SCRIPT.sub("", page))
    told = format_html(
        '<p role="status" class="looking">You see what {}’s people see, until '
        '{} UTC. Nothing can be changed here. <a href="{}">Back to the fleet</a></p>',
        shop.name or shop.domain,
        f"{until:%H:%M}",
        reverse("admin:pipelines_shop_change", args=[shop.pk]),
    )
    return re.sub(r"(<body\b[^>]*>)", lambda found: found[1] + told, page, count=1)
