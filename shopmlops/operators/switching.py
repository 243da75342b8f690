"""Switch something off in one shop, or on again: by POST, with the operator's name in the shop's ledger."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from pipelines.jobs import releases
from pipelines.lifecycle import approvers
from pipelines.lifecycle.operating import switches
from pipelines.models import Shop


@require_POST
def turn(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Turn one switch of a shop, and say whether it was turned."""
    if not request.user.has_perm("pipelines.change_shop"):
        raise PermissionDenied
    to = request.POST.get("to")
    if name not in switches.names() or to not in ("on", "off"):
        raise Http404(name)
    shop = get_object_or_404(Shop, pk=pk)
    by = f"{approvers.OPERATOR}{request.user.get_username()}"
    is_turned = switches.turn(shop, name, is_on=to == "on", by=by)
    for use_case in switches.writers(name) if is_turned else ():
        releases.publish.enqueue(shop.pk, use_case)
    said = f"{name} is {to} in {shop.domain}." if is_turned else f"{name} was {to} already."
    messages.info(
        request, f"{said} Doors follow within a second, products within minutes, and the shop's merchant is told."
    )
    return HttpResponseRedirect(reverse("admin:pipelines_shop_change", args=[pk]))
