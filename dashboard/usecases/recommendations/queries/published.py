"""What of the lists lies at Shopify, where product pages read it without asking us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from dashboard.queries.words import Badge
from dashboard.usecases.recommendations.queries.lists import SLUG, Speakers
from pipelines.lifecycle.serving import standard
from pipelines.lifecycle.serving.form import SCOPE
from pipelines.lifecycle.serving.wanted import RULE
from pipelines.models import Publication, PublishedFields, Shop


@dataclass(frozen=True)
class Published:
    """How far the lists are at Shopify."""

    may_publish: bool
    stopped_because: str
    at: datetime | None  # when all was last there
    is_whole: bool
    products: int
    refused: int
    live: str  # what product pages read, by name
    beside: str  # what lies ready beside it
    fills_standard: bool
    standard: int  # products whose list of Shopify's own is ours

    @property
    def badge(self) -> Badge:
        if not self.may_publish:
            return Badge("Off")
        if self.stopped_because:
            return Badge("Stopped", "critical")
        return Badge("On", "success") if self.is_whole and self.products else Badge("On its way", "info")

    @property
    def sentence(self) -> str:
        """Say whose lists product pages read, and whose lie ready."""
        if not self.live:
            return ""
        beside = f"; {self.beside} {lie(self.beside)} ready beside it" if self.beside else ""
        return f"Product pages read {self.live}{beside}."


def published(shop: Shop, who: Speakers) -> Published:
    """Read how far the lists are at Shopify."""
    row = Publication.objects.for_shop(shop).filter(use_case=SLUG).first() or Publication(shop=shop, use_case=SLUG)
    fields = PublishedFields.objects.for_shop(shop).filter(use_case=SLUG)
    counts = fields.aggregate(n=Count("pk"), refused=Count("pk", filter=~Q(refused="")))
    live = str(row.pointer.get("live", ""))
    beside = next((slot for slot in row.slots if slot != live and row.is_full(slot)), "")
    return Published(
        may_publish=shop.has_scope(SCOPE),
        stopped_because=row.stopped_because,
        at=row.published_at,
        is_whole=row.is_whole,
        products=counts["n"],
        refused=counts["refused"],
        live=name_of(row.version_in(live), who),
        beside=name_of(row.version_in(beside), who),
        fills_standard=row.fills_standard,
        standard=standard.left(shop, SLUG),
    )


def name_of(version: int | None, who: Speakers) -> str:
    """Name whose lists lie in a slot; nothing where there is none."""
    if version is None:
        return ""
    if version == RULE:
        return "your best sellers"
    known = [each for each in (who.live, who.release.version if who.release else None) if each]
    return next((f"version {each.number}" for each in known if each.pk == version), "another version")


def lie(name: str) -> str:
    """Return the verb that goes with a name."""
    return "lie" if name.endswith("s") else "lies"
