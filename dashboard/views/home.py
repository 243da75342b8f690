"""Home, what changed on it, and the card that follows what runs on other pages."""

import json
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import live
from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import DeliveriesForm
from dashboard.pages import show
from dashboard.queries.home import home_page
from dashboard.queries.running import running

FOLDER = "dashboard/partials/home"
HOME = live.LivePage(
    "home-changes",
    {
        "home-needs": (f"{FOLDER}/_needs.html", frozenset({"alerts", "runs", "models", "data"})),
        "home-progress": (f"{FOLDER}/_progress.html", frozenset({"runs", "progress", "models"})),
        "home-figures": (f"{FOLDER}/_figures.html", frozenset({"runs", "models", "data"})),
        "home-models": (f"{FOLDER}/_models.html", frozenset({"runs", "models", "measured"})),
    },
)
# Pages that follow what runs, besides Home, and what of their address says what they show.
FOLLOW: dict[str, tuple[str, ...]] = {
    "data": tuple(DeliveriesForm.base_fields),
    "model": (),
    "start": (),
    "versions": (),
    "release": (),
}


@merchant_required
@require_GET
def home(request: MerchantRequest) -> HttpResponse:
    """Show whether everything is healthy, and what needs the merchant."""
    now = timezone.now()
    context = {"live": live.shown(request, HOME, now), "page": home_page(request.shop, now)}
    return show(request, "dashboard/home.html", context)


@merchant_required
@require_GET
def changes(request: MerchantRequest) -> HttpResponse:
    """Answer with the parts of Home that changed."""
    now = timezone.now()
    return live.changed(request, HOME, now, lambda: {"page": home_page(request.shop, now)})


@merchant_required
@require_GET
def no_stream(request: MerchantRequest) -> HttpResponse:
    """Say that there are no streams where Django alone answers: the web process has a door for them before it."""
    return HttpResponse(status=204)


@merchant_required
@require_GET
def progress(request: MerchantRequest) -> HttpResponse:
    """Answer the poll of a page: fresh progress, or the whole page again when what runs has changed."""
    now_running = running(request.shop, timezone.now())
    response = show(request, "dashboard/partials/_progress.html", {"running": now_running})
    if now_running.mark != request.GET.get("mark"):
        again = {"path": page_that_polls(request), "target": "#page", "select": "#page", "swap": "outerHTML"}
        response["HX-Location"] = json.dumps(again | {"push": "false"})
    return response


def page_that_polls(request: MerchantRequest) -> str:
    """Return the address of the page that asks; only ours that follow progress."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    try:
        name = resolve(address.path).url_name
    except Resolver404:
        name = "home"
    if name not in FOLLOW:
        return reverse("home")
    kept = [(key, value) for key, value in parse_qsl(address.query) if key in FOLLOW[name]]
    return address.path + (f"?{urlencode(kept)}" if kept else "")
