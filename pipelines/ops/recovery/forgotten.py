"""Who asked to be forgotten after the moment to which a database went back is forgotten again."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing

import psycopg2

from pipelines.lifecycle.ingest import privacy
from pipelines.models import ForgottenCustomer, Order, Shop

PIECE = 5000


def forget_again(later: str) -> int:
    """Read from a database that knows of later, and forget shops and customers here; return how many that were."""
    with closing(psycopg2.connect(later)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM pipelines_shop WHERE redacted_at IS NOT NULL")
        erased = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT shop_id, digest FROM pipelines_forgottencustomer")
        asked = defaultdict[int, set[bytes]](set)
        for shop_id, digest in cursor.fetchall():
            asked[shop_id].add(bytes(digest))
    count = 0
    for shop in Shop.objects.filter(pk__in=erased, redacted_at=None):
        privacy.redact_shop(shop)
        count += 1
    for shop in Shop.objects.filter(pk__in=asked, redacted_at=None):
        count += forget_customers(shop, asked[shop.pk])
    return count


def forget_customers(shop: Shop, digests: set[bytes]) -> int:
    """Forget whom these digests name; who has no order here yet is remembered for when one comes."""
    here = {bytes(digest) for digest in ForgottenCustomer.objects.for_shop(shop).values_list("digest", flat=True)}
    missing = digests - here
    refs, order_ids = set[bytes](), list[int]()
    for order in Order.objects.for_shop(shop).only("shopify_id", "customer_ref").in_pieces(PIECE) if missing else ():
        if privacy.order_digest(order.shopify_id) in missing:
            order_ids.append(order.shopify_id)
        if order.customer_ref and privacy.customer_digest(bytes(order.customer_ref)) in missing:
            refs.add(bytes(order.customer_ref))
    for ref in refs:
        privacy.redact_customer(shop, ref, [])
    if order_ids:
        privacy.redact_customer(shop, None, order_ids)
    rows = [ForgottenCustomer(shop=shop, digest=digest) for digest in missing]
    ForgottenCustomer.objects.bulk_create(rows, ignore_conflicts=True)
    return len(missing)
