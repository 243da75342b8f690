"""Settings of the shop, and stock rules of vendors in place and by file."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard import rules_file
from dashboard.embedding import merchant_required
from dashboard.files import csv_file
from dashboard.forms import FreezeForm, RevisionForm, RuleForm, SettingsForm, SettleForm, UploadForm
from dashboard.guards import decider_required, refuse_unless_decider
from dashboard.pages import go, local_now, show
from dashboard.queries.settings import VENDORS_SHOWN, rules_page, settings_page, traffics_of
from pipelines import words
from pipelines.jobs import releases
from pipelines.jobs import releases as release_jobs
from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import freezes
from pipelines.models import Deployment, FreezeWindow, Shop
from pipelines.stats.clock import midnight


@merchant_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
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
    advise_again(request.shop)
    return go(reverse("settings"), "Saved")


def save(request: HttpRequest, form: SettingsForm) -> None:
    """Save the settings; what a yes is worth is changed only by those who may give one."""
    changes = form.changes()
    if form.cleaned_data["revision"] != request.shop.settings.revision:
        raise Refused(preferences.CHANGED)
    if any(changes[name] != getattr(request.shop.settings, name) for name in SettingsForm.DECIDED):
        refuse_unless_decider(request)
    preferences.change_settings(request.shop, changes, revision=form.cleaned_data["revision"], by=request.staff.sub)


@merchant_required
@require_POST
@decider_required("settings")
def add_freeze(request: HttpRequest) -> HttpResponse:
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
def settle_freeze(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a freeze or dismiss it."""
    window = get_object_or_404(FreezeWindow.objects.for_shop(request.shop).select_related("shop"), pk=pk)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return go(reverse("settings"), "The form was incomplete. Nothing was done.", refused=True)
    if freezes.settle(window, by=request.staff.sub, **form.cleaned_data):
        release_jobs.look_at_open(request.shop.pk)
    return go(reverse("settings"), "Kept" if form.cleaned_data["keeps"] else "Dismissed")


@merchant_required
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """Show what is known of vendors, or save it: every line or none."""
    if request.method == "GET":
        return show(request, "dashboard/rules.html", {"page": rules_page(request.shop, [])})
    found, errors = read_rules(request)
    if errors:
        return show(request, "dashboard/rules.html", {"page": rules_page(request.shop, errors)}, status=422)
    return keep(request, found, "Saved")


def keep(request: HttpRequest, found: list[preferences.Rule], said: str) -> HttpResponse:
    """Save rules, unless somebody saved others since the page was shown."""
    try:
        preferences.set_rules(request.shop, found, revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except Refused as refusal:
        return go(reverse("rules"), refusal.sentence, refused=True)
    advise_again(request.shop)
    return go(reverse("rules"), said)


def read_rules(request: HttpRequest) -> tuple[list[preferences.Rule], list[str]]:
    """Read the vendors' fields that a form carries."""
    found, errors, known = [], [], set(rules_file.vendors(request.shop))
    for number in range(VENDORS_SHOWN):
        vendor = request.POST.get(f"vendor-{number}")
        if vendor is None:
            break
        form = RuleForm({name: request.POST.get(f"{name}-{number}", "") for name in RuleForm.base_fields})
        if not form.is_valid() or vendor not in known:
            errors.append(f"{vendor}: {form.sentence() or 'no product is from this vendor.'}")
        else:
            found.append(preferences.Rule(vendor, None, form.values(request.shop.currency)))
    return found, errors


@merchant_required
@require_GET
def rules_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Give every vendor and variant with what is known of it, as a file to fill in."""
    return csv_file("stock-rules.csv", rules_file.COLUMNS, rules_file.rows(request.shop))


@merchant_required
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file of rules: all of it, or none with each wrong line named."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        problems = [problem for errors in form.errors.values() for problem in errors]
        return show(request, "dashboard/rules.html", {"page": rules_page(request.shop, problems)}, status=422)
    reading = rules_file.read(request.shop, form.cleaned_data["rules"].read())
    if reading.errors:
        page = rules_page(request.shop, reading.errors, reading.more_errors)
        return show(request, "dashboard/rules.html", {"page": page}, status=422)
    told = sum(not rule.is_empty for rule in reading.rules)  # our own file names every variant; few have a rule
    return keep(request, reading.rules, f"{words.counted(told, 'rule')} read")


def advise_again(shop: Shop) -> None:
    """Have the advice worked out anew with what the merchant changed."""
    for use_case in Deployment.objects.for_shop(shop).values_list("use_case", flat=True):
        releases.refresh.enqueue(shop.pk, use_case)
