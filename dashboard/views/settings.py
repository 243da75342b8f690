"""Settings of the shop, and the times in which nothing new goes live."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import FreezeForm, SettingsForm, SettleForm, decided
from dashboard.guards import decider_required, refuse_unless_decider
from dashboard.pages import go, local_now, show
from dashboard.queries.settings.page import settings_page, traffics_of
from pipelines.jobs import releases as release_jobs
from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import freezes
from pipelines.models import FreezeWindow
from pipelines.stats.clock import midnight


@merchant_required
@require_http_methods(["GET", "POST"])
def settings(request: MerchantRequest) -> HttpResponse:
    """Show the settings, or save them."""
    if request.method == "GET":
        return show(request, "dashboard/settings.html", {"page": settings_page(request.shop.settings)})
    traffics = [known for _, known in traffics_of(request.shop)]
    people = preferences.may_be_named(request.shop)
    form = SettingsForm(request.POST, currency=request.shop.currency, traffics=traffics, people=people)
    if not form.is_valid():
        page = settings_page(request.shop.settings, form)
        return show(request, "dashboard/settings.html", {"page": page}, status=422)
    try:
        save(request, form)
    except Refused as refusal:
        return go(reverse("settings"), refusal.sentence, refused=True)
    release_jobs.answer_anew(request.shop.pk)
    return go(reverse("settings"), "Saved")


def save(request: MerchantRequest, form: SettingsForm) -> None:
    """Save the settings; what a yes is worth is changed only by those who may give one."""
    changes = form.changes()
    if form.cleaned_data["revision"] != request.shop.settings.revision:
        raise Refused(preferences.CHANGED)
    if any(changes[name] != getattr(request.shop.settings, name) for name in decided()):
        refuse_unless_decider(request)
    preferences.change_settings(request.shop, changes, revision=form.cleaned_data["revision"], by=request.staff.sub)


@merchant_required
@require_POST
@decider_required("settings")
def add_freeze(request: MerchantRequest) -> HttpResponse:
    """Set a time in which nothing new goes live, from the first midnight to the last on the shop's clock."""
    form = FreezeForm(request.POST, today=local_now(request.shop.zone).date())
    if not form.is_valid():
        page = settings_page(request.shop.settings, freeze=form)
        return show(request, "dashboard/settings.html", {"page": page}, status=422)
    first, last, zone = form.cleaned_data["first_day"], form.cleaned_data["last_day"], request.shop.zone
    span = {"starts_at": midnight(first, zone), "ends_at": midnight(last + timedelta(days=1), zone)}
    try:
        freezes.add(request.shop, name=form.cleaned_data["name"], by=request.staff.sub, **span)
    except Refused as refusal:
        return go(reverse("settings"), refusal.sentence, refused=True)
    release_jobs.look_at_open(request.shop.pk)
    return go(reverse("settings"), "Freeze added")


@merchant_required
@require_POST
@decider_required("settings")
def settle_freeze(request: MerchantRequest, pk: int) -> HttpResponse:
    """Keep a freeze or dismiss it."""
    window = get_object_or_404(FreezeWindow.objects.for_shop(request.shop).select_related("shop"), pk=pk)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return go(reverse("settings"), "The form was incomplete. Nothing was done.", refused=True)
    if freezes.settle(window, by=request.staff.sub, **form.cleaned_data):
        release_jobs.look_at_open(request.shop.pk)
    return go(reverse("settings"), "Kept" if form.cleaned_data["keeps"] else "Dismissed")
