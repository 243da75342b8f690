"""What of the lists lies at Shopify, where product pages read it without asking us."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.queries.data import on_products
from dashboard.queries.data.on_products import OnProducts
from dashboard.usecases.recommendations.queries.lists import SLUG, Speakers
from pipelines.lifecycle.serving.wanted import RULE
from pipelines.models import PublishedFields, Shop


@dataclass(frozen=True)
class Published:
    """How far the lists are at Shopify, and whose lie there."""

    on: OnProducts
    products: int
    live: str  # what product pages read, by name
    beside: str  # what lies ready beside it

    @property
    def refused(self) -> int:
        """Count the products whose lists Shopify did not take."""
        return sum(each.products for each in self.on.refusals)

    @property
    def sentence(self) -> str:
        """Say whose lists product pages read, and whose lie ready."""
        if not self.live:
            return ""
        lies = "lie" if self.beside.endswith("s") else "lies"
        return f"Product pages read {self.live}{f'; {self.beside} {lies} ready beside it' if self.beside else ''}."


def published(shop: Shop, who: Speakers) -> Published:
    """Read how far the lists are at Shopify."""
    on = on_products.of(shop, SLUG)
    live = str(on.row.pointer.get("live", ""))
    beside = next((slot for slot in on.row.slots if slot != live and on.row.is_full(slot)), "")
    return Published(
        on=on,
        products=PublishedFields.objects.for_shop(shop).filter(use_case=SLUG).count(),
        live=name_of(on.row.version_in(live), who),
        beside=name_of(on.row.version_in(beside), who),
    )


def name_of(version: int | None, who: Speakers) -> str:
    """Name whose lists lie in a slot; nothing where there is none."""
    if version is None:
        return ""
    if version == RULE:
        return "your best sellers"
    known = [each for each in (who.live, who.release.version if who.release else None) if each]
    return next((f"version {each.number}" for each in known if each.pk == version), "another version")
