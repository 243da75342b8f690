"""A shop and its test store part: nothing that was copied stays, whoever left first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from pipelines.models import LifecycleEvent, Shop, StagedField, StagingRun, StoreLink

SYSTEM = "system"


def leave(shop: Shop, *, by: str = SYSTEM, because: str, now: datetime) -> bool:
    """End every link of a shop, and empty what was copied; say whether there was one."""
    links = StoreLink.objects.filter(Q(shop=shop) | Q(test_shop=shop)).order_by("pk")
    return sum(end(link, by=by, because=because, now=now) for link in links) > 0


def end(link: StoreLink, *, by: str, because: str, now: datetime) -> bool:
    """Delete a link with the results that it made, and hand the fields to the test store, to be taken back there."""
    with transaction.atomic():
        Shop.objects.lock_all(link.shop_id, *filter(None, [link.test_shop_id]))
        if not StoreLink.objects.filter(pk=link.pk, test_shop=link.test_shop_id).delete()[0]:
            return False
        if link.test_shop_id:
            runs = StagingRun.objects.for_shop(link.shop_id).select_for_update().order_by("pk")
            fields = StagedField.objects.for_shop(link.shop_id).filter(run__in=[run.pk for run in runs])
            fields.update(shop=link.test_shop_id, run=None, unlinked_at=now)
        StagingRun.objects.for_shop(link.shop_id).delete()
        record_for_both(link, "test_store.unlinked", by=by, because=because)
    return True


def record_for_both(link: StoreLink, kind: str, *, by: str, because: str, **facts: Any) -> None:
    """Write into the ledgers of both shops; each names the other by number, which outlives no erasure."""
    pairs = {link.shop_id: link.test_shop_id, link.test_shop_id: link.shop_id}
    shops = Shop.objects.filter(pk__in=[pk for pk in pairs if pk], redacted_at=None)
    for shop in shops.order_by("pk"):
        LifecycleEvent.record(shop, kind, by=by, because=because, other_shop=pairs[shop.pk], **facts)
