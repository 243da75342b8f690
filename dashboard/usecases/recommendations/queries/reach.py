"""Where shoppers see it and what they do with it: what the block told us, what is missing, clicks and orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from dashboard.queries.experiments import Measured, measured
from dashboard.usecases.recommendations.queries.lists import SLUG, Speakers
from pipelines.lifecycle.evidence.windows import STABLE
from pipelines.lifecycle.storefront.pixel import SCOPES
from pipelines.models import Order, Release, ServingWindow, Shop, StorefrontEvent
from pipelines.shopify.domains import admin_page

LATELY = timedelta(days=7)
BLOCK = "bought-together"  # the file of the block in the theme extension
CLICKED = StorefrontEvent.Kind.BLOCK_CLICKED


@dataclass(frozen=True)
class Reach:
    """What is known of the storefront in the last days."""

    editor: str  # where the block is put on product pages
    heard_at: datetime | None  # the end of the last hour in which the block was shown or asked
    shown: int  # shoppers, each once an hour
    tells_clicks: bool
    clicks: int
    clickers: int
    orders: int
    marked: int  # orders whose cart carried who saw the block
    after_click: int
    compared: Measured | None

    @property
    def scopes(self) -> str:
        """Return what the merchant is asked for, so that clicks are told."""
        return ",".join(SCOPES)

    @property
    def is_seen(self) -> bool:
        return self.heard_at is not None or bool(self.clicks)


def reach(shop: Shop, who: Speakers, now: datetime) -> Reach:
    """Read what storefront and orders told."""
    since = now - LATELY
    windows = ServingWindow.objects.for_shop(shop).filter(use_case=SLUG, starts_at__gt=since, arm=STABLE, units__gt=0)
    heard = windows.aggregate(at=Max("ends_at"), units=Sum("units"))
    clicks = StorefrontEvent.objects.for_shop(shop).filter(kind=CLICKED, use_case=SLUG, at__gt=since)
    clicked = clicks.aggregate(n=Count("pk"), who=Count("unit", distinct=True))
    before = StorefrontEvent.objects.filter(
        shop=OuterRef("shop"), unit=OuterRef("unit"), kind=CLICKED, use_case=SLUG, at__lt=OuterRef("processed_at")
    )
    placed = Order.objects.for_shop(shop).filter(
        processed_at__gt=since, deleted_at=None, cancelled_at=None, is_test=False
    )
    marked = Q(unit__isnull=False)
    orders = placed.aggregate(
        n=Count("pk"), marked=Count("pk", filter=marked), after=Count("pk", filter=marked & Q(Exists(before)))
    )
    release = who.release
    return Reach(
        editor=editor(shop),
        heard_at=heard["at"],
        shown=heard["units"] or 0,
        tells_clicks=all(map(shop.has_scope, SCOPES)),
        clicks=clicked["n"],
        clickers=clicked["who"],
        orders=orders["n"],
        marked=orders["marked"],
        after_click=orders["after"],
        compared=comparison(release) if release else None,
    )


def comparison(release: Release) -> Measured | None:
    """Return what was counted of shoppers who see the new version, and of those who do not yet."""
    found = measured(release, {"plan": release.evidence.get("plan") or {}} | release.analysis)
    return found if found.arms else None


def editor(shop: Shop) -> str:
    """Return where Shopify's theme editor opens with the block already put on product pages."""
    block = f"{settings.SHOPIFY_API_KEY}/{BLOCK}"
    told = {"template": "product", "addAppBlockId": block, "target": "newAppsSection"}
    return f"{admin_page(shop.domain, 'themes/current/editor')}?{urlencode(told, safe='/')}"
