"""Monitoring: how a model is doing right now, and what of it changed."""

from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import live
from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.change import ChangeForm
from dashboard.pages import show
from dashboard.queries.monitoring.change import change_page
from dashboard.queries.monitoring.page import FIGURES, monitored, monitoring_page

SHOWS = {
    "now": {"measured", "alerts", "models"},
    "answers": {"measured", "alerts", "models"},
    "accuracy": {"measured", "models"},
    "drift": {"measured"},
    "events": {"measured", "alerts", "models"},
}
PARTS = {
    f"monitoring-{name}": (f"dashboard/partials/_monitoring_{name}.html", frozenset(topics))
    for name, topics in SHOWS.items()
}
MONITORING = live.LivePage("monitoring-changes", PARTS)


@merchant_required
@require_GET
def monitoring(request: MerchantRequest, use_case: str = "") -> HttpResponse:
    """Show how a model does."""
    slug = watched(use_case) if use_case else next(iter(monitored()), "")
    if not slug:
        raise Http404("nothing is watched")
    now = timezone.now()
    context = {"live": live.shown(request, MONITORING, now, use_case=slug)}
    return show(request, "dashboard/monitoring.html", context | {"page": monitoring_page(request.shop, slug, now)})


@merchant_required
@require_GET
def changes(request: MerchantRequest, use_case: str) -> HttpResponse:
    """Answer with the parts of the page that changed."""
    slug, now = watched(use_case), timezone.now()
    return live.changed(
        request, MONITORING, now, lambda: {"page": monitoring_page(request.shop, slug, now)}, use_case=slug
    )


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
