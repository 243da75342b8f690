"""What visitors did is counted once it is known what came of it, so that no page has to read all of it."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=120)
def keep() -> None:
    """Find the shops of which hours can be counted, and the chances that have matured."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.evidence.asked import matured
    from pipelines.lifecycle.storefront import visits

    now = timezone.now()
    for shop_id in turns.whose("visits", visits.due(now), now):
        count.enqueue(shop_id)
    for shop_id, use_case in turns.whose("matured chances", matured.due(now), now):
        count_chances.enqueue(shop_id, use_case)


@job(timeout=600, is_found_again=True)
def count(shop_id: int) -> None:
    """Count the hours of a shop that are a day old."""
    from django.utils import timezone

    from pipelines.lifecycle.storefront import visits
    from pipelines.models import Shop

    visits.count(Shop.objects.get(pk=shop_id), timezone.now())


@job(timeout=600, is_found_again=True)
def count_chances(shop_id: int, use_case: str) -> None:
    """Count what was said on days that have matured, and what came of it."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence.asked import matured
    from pipelines.models import Shop

    matured.count(Shop.objects.get(pk=shop_id), use_case, timezone.now())
