"""Monitoring: how a model is doing right now, whole or in the parts that change."""

from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.change_form import ChangeForm
from dashboard.embedding import merchant_required
from dashboard.pages import show
from dashboard.queries.monitoring.change import change_page
from dashboard.queries.monitoring.page import FIGURES, monitored, monitoring_page

NAMES = ("now", "answers", "accuracy", "drift", "events")
PARTS = {name: f"dashboard/partials/_monitoring_{name}.html" for name in NAMES}


@merchant_required
@require_GET
def monitoring(request: MerchantRequest, use_case: str = "") -> HttpResponse:
    """Show how a model does; asked for one part (?part=now), that part alone."""
    slug = watched(use_case) if use_case else next(iter(monitored()), "")
    if not slug:
        raise Http404("nothing is watched")
    page = monitoring_page(request.shop, slug, timezone.now())
    template = PARTS.get(request.GET.get("part", ""), "dashboard/monitoring.html")
    return show(request, template, {"page": page})


@merchant_required
@require_GET
def figure(request: MerchantRequest, use_case: str, name: str) -> JsonResponse:
    """Give what plotly draws of one chart, when it is asked for."""
    drawn = FIGURES[name](monitoring_page(request.shop, watched(use_case), timezone.now())) if name in FIGURES else None
    if not drawn:
        raise Http404("no figure")
    return JsonResponse(drawn.plotly)


@merchant_required
@require_GET
def change(request: MerchantRequest, use_case: str) -> HttpResponse:
    """Show the two distributions behind one figure of change."""
    form = ChangeForm(request.GET)
    page = change_page(request.shop, watched(use_case), **form.cleaned_data) if form.is_valid() else None
    if page is None:
        raise Http404("no such window")
    return show(request, "dashboard/monitoring_change.html", {"page": page})


def watched(use_case: str) -> str:
    """Return the slug of a use case that is watched, or 404."""
    if use_case not in monitored():
        raise Http404(use_case)
    return use_case
