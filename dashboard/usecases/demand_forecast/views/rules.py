"""Stock rules of vendors and variants, in place and by file."""

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.files import csv_file
from dashboard.forms.pages import RevisionForm
from dashboard.pages import go, show
from dashboard.usecases.demand_forecast import rules_file
from dashboard.usecases.demand_forecast.forms import RuleForm, UploadForm
from dashboard.usecases.demand_forecast.queries.rules import VENDORS_SHOWN, rules_page
from pipelines import words
from pipelines.jobs import releases
from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused


@merchant_required
@require_http_methods(["GET", "POST"])
def rules(request: MerchantRequest) -> HttpResponse:
    """Show what is known of vendors, or save it: every line or none."""
    if request.method == "GET":
        return show_rules(request, [])
    found, errors = read_rules(request)
    if errors:
        return show(
            request, "usecases/demand_forecast/rules.html", {"page": rules_page(request.shop, errors)}, status=422
        )
    return keep(request, found, "Saved")


def show_rules(request: MerchantRequest, errors: list[str], more_errors: int = 0) -> HttpResponse:
    """Show the rules, or what is wrong with those that were typed."""
    page = rules_page(request.shop, errors, more_errors)
    return show(request, "usecases/demand_forecast/rules.html", {"page": page}, status=422 if errors else 200)


def keep(request: MerchantRequest, found: list[preferences.Rule], said: str) -> HttpResponse:
    """Save rules, unless somebody saved others since the page was shown."""
    try:
        preferences.set_rules(request.shop, found, revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except Refused as refusal:
        return go(reverse("rules"), refusal.sentence, refused=True)
    releases.answer_anew(request.shop.pk)
    return go(reverse("rules"), said)


def read_rules(request: MerchantRequest) -> tuple[list[preferences.Rule], list[str]]:
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
def rules_csv(request: MerchantRequest) -> StreamingHttpResponse:
    """Give every vendor and variant with what is known of it, as a file to fill in."""
    return csv_file("stock-rules.csv", rules_file.COLUMNS, rules_file.rows(request.shop))


@merchant_required
@require_POST
def upload(request: MerchantRequest) -> HttpResponse:
    """Take a file of rules: all of it, or none with each wrong line named."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        problems = [str(problem) for errors in form.errors.values() for problem in errors]
        return show(
            request, "usecases/demand_forecast/rules.html", {"page": rules_page(request.shop, problems)}, status=422
        )
    reading = rules_file.read(request.shop, form.cleaned_data["rules"].read())
    if reading.errors:
        return show_rules(request, reading.errors, reading.more_errors)
    told = sum(not rule.is_empty for rule in reading.rules)  # our own file names every variant; few have a rule
    return keep(request, reading.rules, f"{words.counted(told, 'rule')} read")
