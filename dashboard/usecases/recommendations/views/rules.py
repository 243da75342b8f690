"""What the merchant wants shown and not shown."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import RevisionForm
from dashboard.pages import go
from dashboard.usecases.recommendations.forms import PickRuleForm, WishForm
from pipelines.jobs import releases
from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.storefront.named import product_called
from pipelines.models import Product, Shop
from pipelines.models.usecases.recommendations import NoOwnPick, OwnPick, PickRule

SOON = "It holds from the next lists on; they are written within minutes"


@merchant_required
@require_POST
def add(request: MerchantRequest) -> HttpResponse:
    """Keep a rule, and have the lists written anew."""
    form = PickRuleForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(" ".join(str(error) for errors in form.errors.values() for error in errors))
        wanted = own_pick(request.shop, form)
    except Refused as refusal:
        return go(here(request), refusal.sentence, refused=True)
    return changed(request, wanted, f"Saved. {SOON}")


@merchant_required
@require_POST
def remove(request: MerchantRequest, pk: int) -> HttpResponse:
    """Take a rule back, and have the lists written anew."""
    get_object_or_404(PickRule.objects.for_shop(request.shop), pk=pk)
    return changed(request, NoOwnPick(pk), "Removed. The next lists do without it; they are written within minutes")


def changed(request: MerchantRequest, said: preferences.Saying, told: str) -> HttpResponse:
    """Write down what the merchant says, unless somebody changed something since the page was shown."""
    try:
        preferences.say(request.shop, said, revision=RevisionForm.read(request.POST), by=request.staff.sub)
    except Refused as refusal:
        return go(here(request), refusal.sentence, refused=True)
    releases.answer_anew(request.shop.pk)
    return go(here(request), told)


def own_pick(shop: Shop, form: PickRuleForm) -> OwnPick:
    """Return what a form asks for; two products that are kept apart are one rule, whichever was named first."""
    told = form.cleaned_data
    pick = meant(shop, told["pick_id"], told["pick"])
    beside = meant(shop, told["product_id"], told["product"]) if told["product_id"] or told["product"] else None
    if pick == beside:
        raise Refused("A product is never shown beside itself. Name two products.")
    if told["rule"] == PickRule.Rule.NEVER_TOGETHER and beside is not None:
        pick, beside = max(pick, beside), min(pick, beside)
    return OwnPick(PickRule.Rule(told["rule"]), pick, beside)


def meant(shop: Shop, number: int | None, text: str) -> int:
    """Return the product that is meant: by the number that a button carries, else by what somebody typed."""
    if number:
        row = get_object_or_404(Product.objects.for_shop(shop), shopify_id=number)
        if row.deleted_at is not None:
            raise Refused(f"“{row.title}” is no longer in your shop.")
        return number
    return product_called(shop, text)


def here(request: MerchantRequest) -> str:
    """Return the page with the product and the cart that were looked at."""
    wish = WishForm.read(QueryDict(request.POST.get("here", "")[:400]))
    return f"{reverse('recommendations')}{'?' if wish.here else ''}{wish.here}"
