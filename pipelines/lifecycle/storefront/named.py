"""The product that somebody means by what they typed."""

from __future__ import annotations

from django.db.models import Q

from pipelines.lifecycle.errors import Refused
from pipelines.models import Product, Shop, Variant


def product_called(shop: Shop, text: str) -> int:
    """Find the product that has an SKU or, if none has, a title; refuse where that is none or several."""
    skus = Variant.objects.for_shop(shop).filter(deleted_at=None, sku__iexact=text).values("product_id")
    mine = Product.objects.for_shop(shop).filter(deleted_at=None).order_by("shopify_id")
    for means in (Q(shopify_id__in=skus), Q(title__iexact=text)):
        found = list(mine.filter(means).values_list("shopify_id", flat=True)[:2])
        if len(found) > 1:
            raise Refused(f"Several products are called “{text}”. Type the SKU of the one you mean.")
        if found:
            return found[0]
    raise Refused(f"No product is called “{text}”, and none has this SKU.")
