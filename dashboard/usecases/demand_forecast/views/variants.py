"""One variant, and what the merchant says of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import RevisionForm
from dashboard.pages import go, show
from dashboard.usecases.demand_forecast.forms import OddOrderForm, OverrideForm, RuleForm
from dashboard.usecases.demand_forecast.queries.forecasts import USE_CASE
from dashboard.usecases.demand_forecast.queries.own_numbers import is_recalculating
from dashboard.usecases.demand_forecast.queries.variants import variant_page
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.jobs import releases
from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused
from pipelines.models.usecases.demand_forecast import NoOwnNumber, OddDay, OwnNumber, StockAdvice


@merchant_required
@require_GET
def variant(request: MerchantRequest, variant_id: int) -> HttpResponse:
    """Show one variant."""
    page = variant_page(request.shop, find(request, variant_id), timezone.now())
    return show(request, "usecases/demand_forecast/variant.html", {"page": page})


@merchant_required
@require_GET
def variant_settled(request: MerchantRequest, variant_id: int) -> HttpResponse:
    """Answer the poll of a page whose advice is being worked out again: the page once that is done."""
    row = find(request, variant_id)
    response = show(request, "usecases/demand_forecast/partials/_recalculating.html", {"row": row})
    if not is_recalculating(request.shop, row.updated_at):
        again = {"path": reverse("variant", args=[variant_id]), "target": "#page", "select": "#page"}
        response["HX-Location"] = json.dumps(again | {"swap": "outerHTML", "push": "false"})
    return response


@merchant_required
@require_GET
def variant_figure(request: MerchantRequest, variant_id: int) -> JsonResponse:
    """Give what plotly draws of a variant, when it is asked for."""
    figure = variant_page(request.shop, find(request, variant_id), timezone.now()).figure
    if figure is None:
        raise Http404("no forecast")
    return JsonResponse(figure.plotly)


@merchant_required
@require_POST
def override(request: MerchantRequest, variant_id: int) -> HttpResponse:
    """Use the merchant's own number."""
    row = find(request, variant_id)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        page = variant_page(request.shop, row, timezone.now())
        return show(request, "usecases/demand_forecast/variant.html", {"page": page, "override_form": form}, status=422)
    own = OwnNumber(variant_id, **form.cleaned_data)
    return changed(request, variant_id, "Your number is used", partial(preferences.say, request.shop, own))


@merchant_required
@require_POST
def end_override(request: MerchantRequest, variant_id: int) -> HttpResponse:
    """Return to the forecast."""
    find(request, variant_id)
    change = partial(preferences.say, request.shop, NoOwnNumber(variant_id))
    return changed(request, variant_id, "Back to the forecast", change)


@merchant_required
@require_POST
def odd_order(request: MerchantRequest, variant_id: int) -> HttpResponse:
    """Count an unusual day in full, leave it out of learning, or let us weigh it again."""
    find(request, variant_id)
    form = OddOrderForm(request.POST)
    if not form.is_valid():
        return go(reverse("variant", args=[variant_id]), "That day is not known.", refused=True)
    say = partial(preferences.say, request.shop, OddDay(variant_id, form.cleaned_data["day"], form.counts))
    return changed(request, variant_id, "Learned from with your answer", say)


@merchant_required
@require_POST
def rule(request: MerchantRequest, variant_id: int) -> HttpResponse:
    """Save what the merchant knows of a variant: lead time, pack size and so on."""
    row = find(request, variant_id)
    form = RuleForm(request.POST)
    if not form.is_valid():
        page = replace(variant_page(request.shop, row, timezone.now()), rule=request.POST.dict())
        return show(request, "usecases/demand_forecast/variant.html", {"page": page, "rule_form": form}, status=422)
    known = preferences.Rule("", variant_id, form.values(request.shop.currency))
    return changed(request, variant_id, "Saved", partial(preferences.set_rules, request.shop, [known]))


def changed(request: MerchantRequest, variant_id: int, said: str, change: Callable[..., object]) -> HttpResponse:
    """Make a change to what the page showed, and have the advice worked out again."""
    here = reverse("variant", args=[variant_id])
    try:
        change(revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except Refused as refusal:
        return go(here, refusal.sentence, refused=True)
    releases.refresh.enqueue(request.shop.pk, USE_CASE)
    return go(here, said)


def find(request: MerchantRequest, variant_id: int) -> StockAdvice:
    """Return the total row of one of the shop's own variants, or 404."""
    mine = StockAdvice.objects.for_shop(request.shop).select_related("version")
    return get_object_or_404(mine, variant_id=variant_id, location_id=TOTAL)
