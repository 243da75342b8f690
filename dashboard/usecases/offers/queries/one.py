"""The form of one offer, and how many shoppers a result takes before it is started."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.usecases.offers.forms import KINDS, WHO, OfferForm
from dashboard.usecases.offers.queries.added import SLUG
from pipelines import words
from pipelines.lifecycle.evidence.hold_out import told
from pipelines.models import Product, Shop
from pipelines.models.usecases.offers import Offer
from pipelines.stats.inference import power

LIFT, RATES = 0.2, (0.03, 0.1)


@dataclass(frozen=True)
class OfferPage:
    """What the form shows."""

    offer: Offer | None
    values: dict[str, str]
    errors: dict[str, list[str]]
    why: str
    sizes: str
    takes: str
    symbol: str
    kinds: list[tuple[str, str]] = field(default_factory=lambda: [(str(kind), name) for kind, name in KINDS.items()])
    who: list[tuple[str, str]] = field(default_factory=lambda: list(WHO.items()))

    @property
    def heading(self) -> str:
        return self.offer.name if self.offer else "New offer"


def offer_page(
    shop: Shop, offer: Offer | None, typed: dict[str, str] | None = None, form: OfferForm | None = None, why: str = ""
) -> OfferPage:
    """Show an offer as it is stored, or as it was typed."""
    values = typed or (OfferForm.shown(offer, shop, product_of(shop, offer)) if offer else {"kind": Offer.Kind.CODE})
    standing = told.standing(shop, SLUG)
    return OfferPage(
        offer=offer,
        values=values,
        errors={name: list(map(str, errors)) for name, errors in form.errors.items()} if form else {},
        why=why,
        sizes=sizes(),
        takes=told.takes(standing.proof) if standing else "",
        symbol=words.symbol(shop.currency),
    )


def product_of(shop: Shop, offer: Offer) -> str:
    """Name the product that an offer adds."""
    if offer.product_id is None:
        return ""
    titles = Product.objects.for_shop(shop).filter(shopify_id=offer.product_id).values_list("title", flat=True)
    return titles.first() or ""


def sizes() -> str:
    """Say how many shoppers it takes to tell two offers apart."""
    each = [
        f"{words.number(round(power.units_per_arm(rate, LIFT), -2))} where {100 * rate:.0f} of 100 accept"
        for rate in RATES
    ]
    return (
        f"To tell apart two offers of which one is accepted a fifth more often, each is shown to {' or '.join(each)}."
    )
