"""The doors of storefront and checkout are kept: pixels switched on, told of new keys; what was reserved is settled."""

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


@job(timeout=300)
def settle() -> None:
    """Count as spent what a checkout was shown, accepted and paid for, and give back what was not."""
    from django.utils import timezone

    from pipelines.models import own
    from pipelines.usecases import USE_CASES

    for case in USE_CASES.values():
        if case.till and case.till.choose:
            own.till(case.slug).settle(timezone.now())


@job(timeout=60)
def find_codes() -> None:
    """Find shops whose discount codes are to be asked about, by the database alone."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.storefront import codes

    now = timezone.now()
    for shop_id in turns.whose("codes", codes.due(now), now):
        check_codes.enqueue(shop_id)


@job(timeout=60)
def find_sales() -> None:
    """Have the discounts of every shop read that lets us."""
    from pipelines.lifecycle.storefront import sales

    for shop_id in sales.asked():
        read_sales.enqueue(shop_id)


@job(timeout=120)
def read_sales(shop_id: int) -> None:
    """Read the sales that a shop has planned; where they changed, everything answers anew."""
    from django.utils import timezone

    from pipelines.jobs import releases
    from pipelines.lifecycle.storefront import sales
    from pipelines.models import Shop

    if sales.read(Shop.objects.get(pk=shop_id), timezone.now()):
        releases.answer_anew(shop_id)


@job(timeout=120, is_found_again=True)
def check_codes(shop_id: int) -> None:
    """Ask whether the codes of a shop still work."""
    from django.utils import timezone

    from pipelines.lifecycle.storefront import codes
    from pipelines.models import Shop

    codes.check(Shop.objects.get(pk=shop_id), timezone.now())
