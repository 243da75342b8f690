"""Write what bundles are made of, as exports tell it: by the parts of each variant, which are nodes of their own.

What a bundle was made of before is kept: what it sold then was sold of those parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection, transaction

from pipelines.lifecycle.ingest.facts import PARTS, staged
from pipelines.models import BundlePart
from pipelines.shopify.reading import shapes

KEEP_FORMER = """
    INSERT INTO pipelines_formerpart (shop_id, bundle_id, part_id, quantity, since, until)
    SELECT old.shop_id, old.bundle_id, old.part_id, old.quantity, old.since,
"""


@transaction.atomic
def write(parts: Iterable[shapes.Part]) -> None:
    """Write parts as they were just read, and keep how many of each there were before."""
    newest = {part[:3]: part for part in parts}
    if not newest:
        return
    columns = ", ".join(PARTS.columns)
    with connection.cursor() as cursor, staged(cursor, PARTS, newest.values()) as incoming:
        cursor.execute(
            f"{KEEP_FORMER} new.read_at FROM {PARTS.name} AS old JOIN {incoming} AS new"
            " USING (shop_id, bundle_id, part_id) WHERE old.quantity <> new.quantity"
        )
        cursor.execute(
            f"INSERT INTO {PARTS.name} AS old ({columns}) SELECT {columns} FROM {incoming}"
            " ON CONFLICT (shop_id, bundle_id, part_id) DO UPDATE SET quantity = excluded.quantity,"
            " read_at = excluded.read_at,"
            " since = CASE WHEN old.quantity = excluded.quantity THEN old.since ELSE excluded.since END"
        )


@transaction.atomic
def forget(shop_id: int, listed: Collection[int], before: str) -> None:
    """Close the parts of variants that were listed without them."""
    gone = BundlePart.objects.for_shop(shop_id).filter(bundle_id__in=listed, read_at__lt=before)
    numbers = list(gone.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(f"{KEEP_FORMER} %s FROM {PARTS.name} AS old WHERE id = ANY(%s)", [before, numbers])
    BundlePart.objects.for_shop(shop_id).filter(pk__in=numbers).delete()
