"""The doors of the storefront are kept open: pixels switched on where merchants allow it, and told of new keys."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=60)
def keep_pixels() -> None:
    """Find shops whose pixel is not as it should be, by the database alone."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.storefront import pixel

    pixel.forget_lost()
    for shop_id in turns.whose("pixel", pixel.due(), timezone.now()):
        switch_on_pixel.enqueue(shop_id)


@job(timeout=120, is_found_again=True)
def switch_on_pixel(shop_id: int) -> None:
    """Give a shop its pixel."""
    from pipelines.lifecycle.storefront import pixel
    from pipelines.models import Shop

    pixel.switch_on(Shop.objects.get(pk=shop_id))
