"""An offer is defined, changed, started and stopped."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import RevisionForm
from dashboard.pages import go, show
from dashboard.usecases.offers.forms import OfferForm, SwitchForm
from dashboard.usecases.offers.queries.added import SLUG
from dashboard.usecases.offers.queries.one import offer_page
from pipelines.lifecycle import preferences
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.monitor.watch import costing
from pipelines.lifecycle.storefront.named import product_called
from pipelines.models import Product, Shop
from pipelines.models.usecases.offers import Offer, SwitchedOffer
from pipelines.usecases.offers.eligible.whom import NotAllowed

STARTED = "Started. Shoppers may see it within a minute"
STOPPED = "Stopped. Nobody sees it within a minute; codes already given stay valid"


@merchant_required
@require_http_methods(["GET", "POST"])
def new(request: MerchantRequest) -> HttpResponse:
    """Define an offer; it runs once it is started."""
    return described(request, None)


@merchant_required
@require_http_methods(["GET", "POST"])
def change(request: MerchantRequest, pk: int) -> HttpResponse:
    """Change an offer."""
    return described(request, get_object_or_404(Offer.objects.for_shop(request.shop), pk=pk))


def described(request: MerchantRequest, offer: Offer | None) -> HttpResponse:
    """Show the form of an offer, or keep what was typed."""
    template = "usecases/offers/offer.html"
    if request.method == "GET":
        return show(request, template, {"page": offer_page(request.shop, offer)})
    form, why = OfferForm(request.POST), ""
    if form.is_valid():
        try:
            own = form.own(request.shop, product_meant(request.shop, form, offer), offer.pk if offer else None)
            revision = RevisionForm.read(request.POST)
            preferences.say(request.shop, own, revision=revision, by=request.staff.sub)
            return go(here(), saved(request, offer))
        except (NotAllowed, Refused) as refusal:
            why = str(refusal)
    page = offer_page(request.shop, offer, request.POST.dict(), form, why)
    return show(request, template, {"page": page}, status=422)


def saved(request: MerchantRequest, offer: Offer | None) -> str:
    """Say that an offer is kept; one on other terms is no more what it was told to be."""
    if offer is None:
        return "Saved as a draft. Start it when you are ready"
    before = offer.terms_at
    offer.refresh_from_db()
    if offer.terms_at == before:
        return "Saved"
    board.close(request.shop, costing.key_of(SLUG, offer.pk), timezone.now(), by=request.staff.sub)
    return "Saved. What it brings is counted anew from tomorrow on"


@merchant_required
@require_POST
def switch(request: MerchantRequest, pk: int) -> HttpResponse:
    """Start an offer, or stop it."""
    get_object_or_404(Offer.objects.for_shop(request.shop), pk=pk)
    form = SwitchForm(request.POST)
    if not form.is_valid():
        return go(here(), "Say whether it is to start or to stop. Nothing was changed.", refused=True)
    said = SwitchedOffer(pk, form.cleaned_data["is_live"])
    try:
        preferences.say(request.shop, said, revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except (NotAllowed, Refused) as refusal:
        return go(here(), str(refusal), refused=True)
    if not said.is_live:
        board.close(request.shop, costing.key_of(SLUG, pk), timezone.now(), by=request.staff.sub)
    return go(here(), STARTED if said.is_live else STOPPED)


def product_meant(shop: Shop, form: OfferForm, offer: Offer | None) -> int | None:
    """Return the product that somebody typed, by SKU or title; the one that an offer has already goes first."""
    text = form.cleaned_data["product"].strip()
    if form.cleaned_data["kind"] != Offer.Kind.PRODUCT or not text:
        return None
    known = offer.product_id if offer else None
    mine = Product.objects.for_shop(shop).filter(deleted_at=None, title=text)
    if known is not None and mine.filter(shopify_id=known).exists():
        return known
    return product_called(shop, text)


def here() -> str:
    """Return where offers are shown."""
    return reverse("checkouts")
