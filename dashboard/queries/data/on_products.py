"""What of each model stands on the shop's products at Shopify: whether all of it is there, and what was not taken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from dashboard.queries.words import Badge
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.serving import form, publish, standard
from pipelines.models import Publication, PublishedFields, Shop, StandardField
from pipelines.usecases import USE_CASES

REASONS_SHOWN = 3


@dataclass(frozen=True)
class Refusal:
    """Why Shopify did not take what is said of some products."""

    why: str
    products: int


@dataclass(frozen=True)
class OnProducts:
    """One model whose lists visitors see, as far as Shopify has them."""

    slug: str
    title: str
    row: Publication
    may_publish: bool
    is_off: bool  # by the people who run the app
    published_at: datetime | None
    is_whole: bool
    still_holds: bool  # something that we wrote, though it is off
    stopped_because: str
    refusals: list[Refusal]
    has_standard: bool  # a field of Shopify's own could be filled, too
    fills_standard: bool
    left: int  # products whose field of Shopify's own holds what we wrote

    @property
    def badge(self) -> Badge:
        """Say how it stands in a word."""
        if self.is_off:
            return Badge("Being taken back", "info") if self.still_holds else Badge("Switched off")
        if not self.may_publish:
            return Badge("Off")
        if self.stopped_because:
            return Badge("Stopped", "critical")
        return Badge("On", "success") if self.is_whole else Badge("Being written", "info")


def on_products(shop: Shop) -> list[OnProducts]:
    """Read how far every model is whose lists visitors see."""
    return [of(shop, slug) for slug, case in USE_CASES.items() if case.slotted]


def of(shop: Shop, slug: str) -> OnProducts:
    """Read how far one model is."""
    slotted, is_off = USE_CASES[slug].slotted, not switches.lets_write(shop, slug)
    row = Publication.objects.for_shop(shop).filter(use_case=slug).first() or Publication()
    return OnProducts(
        slug=slug,
        title=USE_CASES[slug].title,
        row=row,
        may_publish=shop.has_scope(form.SCOPE),
        is_off=is_off,
        published_at=row.published_at,
        is_whole=row.is_whole,
        still_holds=is_off and publish.still_holds(shop, slug),
        stopped_because=row.stopped_because,
        refusals=refusals(shop, slug),
        has_standard=bool(slotted and slotted[2].standard),
        fills_standard=row.fills_standard,
        left=standard.left(shop, slug),
    )


def refusals(shop: Shop, slug: str) -> list[Refusal]:
    """Name why products were not taken, the most frequent reason first."""
    found: Counter[str] = Counter()
    for table in (PublishedFields, StandardField):
        rows = table.objects.for_shop(shop).filter(use_case=slug).exclude(refused="")
        found.update(dict(rows.values("refused").annotate(products=Count("pk")).values_list("refused", "products")))
    often = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return [Refusal(why, products) for why, products in often[:REASONS_SHOWN]]
