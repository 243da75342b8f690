"""Write what bundles are made of, as exports tell it: by the parts of each variant, which are nodes of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection

from pipelines.lifecycle.ingest.facts import PARTS, staged
from pipelines.models import BundlePart
from pipelines.shopify.reading import shapes


def write(parts: Iterable[shapes.Part]) -> None:
    """Write parts as they were just read."""
    newest = {part[:3]: part for part in parts}
    if not newest:
        return
    columns = ", ".join(PARTS.columns)
    with connection.cursor() as cursor, staged(cursor, PARTS, newest.values()) as incoming:
        cursor.execute(
            f"INSERT INTO {PARTS.name} AS old ({columns}) SELECT {columns} FROM {incoming}"
            f" ON CONFLICT (shop_id, bundle_id, part_id) DO UPDATE SET {PARTS.assignments}"
        )


def forget(shop_id: int, listed: Collection[int], before: str) -> None:
    """Forget the parts of variants that were listed without them."""
    BundlePart.objects.for_shop(shop_id).filter(bundle_id__in=listed, read_at__lt=before).delete()
