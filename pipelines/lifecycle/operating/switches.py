"""What the people who run this app have switched off in a shop: read here alone, told to its merchant, in the ledger.

A family that is switched off learns nothing by itself, answers nobody, and what it wrote to products is taken back; a
door that is switched off is not there.
What a shopper says of themselves is heard all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q

from pipelines.models import LifecycleEvent, Publication, Shop
from pipelines.usecases import USE_CASES

TRAINING, PUBLISHING, PROXY, PIXEL, CHECKOUT = "training", "publishing", "proxy", "pixel", "checkout"
SENTENCES = {
    TRAINING: "Learning by itself is switched off by the people who run this app. You can still start it yourself.",
    PUBLISHING: "Writing to your products is switched off by the people who run this app. What it wrote is taken back.",
    PROXY: "What the app shows in your storefront is switched off by the people who run this app.",
    PIXEL: "Counting of visits is switched off by the people who run this app.",
    CHECKOUT: "What the app does in your checkout is switched off by the people who run this app.",
}
FAMILY = "family:{slug}"


def names() -> dict[str, str]:
    """Return every switch with what a merchant is told where it is off."""
    off = "{title}: switched off by the people who run this app."
    told = {False: off, True: f"{off} What it wrote to your products is taken back."}
    families = {slug: told[bool(case.published)].format(title=case.title) for slug, case in USE_CASES.items()}
    return SENTENCES | {family(slug): sentence for slug, sentence in families.items()}


def family(slug: str) -> str:
    """Name the switch of a use case."""
    return FAMILY.format(slug=slug)


def is_off(shop: Shop, *asked: str) -> bool:
    """Tell whether any of these switches is off in a shop."""
    return any(name in shop.switched_off for name in asked)


def any_off(*asked: str) -> Q:
    """Select the shops in which any of these switches is off."""
    return Q(*(Q(switched_off__contains=[name]) for name in asked), _connector=Q.OR)


def lets_write(shop: Shop, use_case: str) -> bool:
    """Tell whether what a use case says may stand on a shop's products; where not, what stands there is taken back."""
    return not is_off(shop, PUBLISHING, family(use_case))


def writers(name: str) -> list[str]:
    """List the use cases that write to products and that a switch keeps from it."""
    return [slug for slug, case in USE_CASES.items() if case.published and name in (PUBLISHING, family(slug))]


def told(shop: Shop, use_case: str = "") -> Iterator[str]:
    """Yield what a merchant is told: on a use case's own page of that one alone, and of what all have in common."""
    for name, sentence in names().items():
        concerns = not use_case or name in SENTENCES or name == family(use_case)
        if concerns and name in shop.switched_off:
            yield sentence


def turn(shop: Shop, name: str, *, is_on: bool, by: str) -> bool:
    """Turn a switch, with a line in the shop's ledger; tell whether it was turned."""
    with transaction.atomic():
        row = Shop.objects.lock(shop)
        if name not in names() or (name not in row.switched_off) == is_on:
            return False
        row.switched_off = sorted({*row.switched_off} ^ {name})
        row.save(update_fields=["switched_off"])
        Publication.ask(row, *writers(name))
        because = f"{name} was switched {'on' if is_on else 'off'} by the people who run this app"
        LifecycleEvent.record(row, "switch.on" if is_on else "switch.off", by=by, because=because, switch=name)
    return True
