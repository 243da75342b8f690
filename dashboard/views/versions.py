"""Versions: the list, one version's card, two side by side, and a training on demand."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import AnnotateForm, CompareForm, DayForm
from dashboard.pages import go, show
from dashboard.queries.compare import compare_page
from dashboard.queries.then import then_page
from dashboard.queries.versions import version_page, versions_page
from pipelines.jobs import training
from pipelines.lifecycle import due
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.versions import registry, runs
from pipelines.lifecycle.versions.model_card import model_card
from pipelines.models import ModelVersion
from pipelines.usecases import USE_CASES


@merchant_required
@require_GET
def versions(request: MerchantRequest) -> HttpResponse:
    """Show what could run."""
    page = versions_page(request.shop, request.staff, timezone.now())
    return show(request, "dashboard/versions.html", {"page": page})


@merchant_required
@require_GET
def version(request: MerchantRequest, use_case: str, number: int) -> HttpResponse:
    """Show one version's card."""
    page = version_page(request.shop, find(request, use_case, number))
    return show(request, "dashboard/version.html", {"page": page})


@merchant_required
@require_GET
def card(request: MerchantRequest, use_case: str, number: int) -> HttpResponse:
    """Give one version's model card as a Markdown file."""
    text = model_card(find(request, use_case, number))
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{use_case}-version-{number}.md"'
    return response


@merchant_required
@require_GET
def compare(request: MerchantRequest, use_case: str) -> HttpResponse:
    """Show two versions side by side."""
    form = CompareForm(request.GET)
    if not form.is_valid():
        raise Http404("two version numbers")
    left, right = (find(request, use_case, form.cleaned_data[side]) for side in "ab")
    return show(request, "dashboard/compare.html", {"page": compare_page(request.shop, left, right)})


@merchant_required
@require_POST
def annotate(request: MerchantRequest, use_case: str, number: int) -> HttpResponse:
    """Keep a version's tags and note; the same ones again change nothing."""
    row, here = find(request, use_case, number), reverse("version", args=[use_case, number])
    form = AnnotateForm(request.POST)
    if not form.is_valid():
        return go(here, "Tags take up to 500 characters, a note up to 1,000. Nothing was changed.", refused=True)
    try:
        is_new = registry.annotate(row, **form.cleaned_data, by=request.staff.sub)
    except Refused as refusal:
        return go(here, refusal.sentence, refused=True)
    return go(here, "Saved" if is_new else "Nothing had changed")


@merchant_required
@require_POST
def train(request: MerchantRequest, use_case: str) -> HttpResponse:
    """Train a new version now, unless one is being trained."""
    if use_case not in USE_CASES:
        raise Http404(use_case)
    if not runs.queue(request.shop.pk, use_case, due.BY_MERCHANT):
        return go(reverse("versions"), "A version is being trained already.", refused=True)
    training.begin(request.shop.pk, use_case, due.BY_MERCHANT)
    return go(reverse("versions"), "Training starts")


def find(request: MerchantRequest, use_case: str, number: int) -> ModelVersion:
    """Return one of the shop's own versions, or 404."""
    mine = ModelVersion.objects.for_shop(request.shop).select_related("dataset", "shop")
    return get_object_or_404(mine, use_case=use_case, number=number)


@merchant_required
@require_GET
def then(request: MerchantRequest) -> HttpResponse:
    """Show what was live on a day; today's where none is asked for, or what is no day."""
    today = timezone.now().astimezone(request.shop.zone).date()
    form = DayForm(request.GET, today=today)
    is_asked = "day" in request.GET
    day = form.cleaned_data["day"] if form.is_valid() else today
    error = form.errors["day"][0] if is_asked and not form.is_valid() else ""
    return show(request, "dashboard/then.html", {"page": then_page(request.shop, request.staff, day), "error": error})
