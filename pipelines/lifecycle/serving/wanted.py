"""What Shopify should hold of an output, beside what it does: only the differences are told, piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from pipelines.lifecycle.serving.form import Fields, noted, product_list
from pipelines.models import Product, PublishedFields, Shop, own
from pipelines.usecases.contract import Metafields, Output, Slots, UseCase

PIECE = 5000
UNLIKE, STUCK = "", "\x1a"  # no text is told by them: what may stand or not, and what Shopify would not delete
RULE = 0  # stands for the simple rule where versions are known by their ids

Lists = dict[int, list[int]]  # product -> the products that fit it, best first


@dataclass(frozen=True)
class Change:
    """How the fields of one owner differ: what is to be sent, which fields are to go, and all that is there then."""

    owner: int
    sent: Fields
    gone: frozenset[str] = frozenset()
    values: Fields = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Return about how many bytes it takes to send it."""
        return sum(len(text) for text in self.sent.values())


@dataclass(frozen=True)
class Known:
    """What was sent of an output: it is read piece by piece, as it is compared."""

    rows: QuerySet[PublishedFields]

    @classmethod
    def of(cls, shop: Shop, case: UseCase, output: Output) -> Known:
        """Keep the rows of one output."""
        return cls(PublishedFields.objects.for_shop(shop).filter(use_case=case.slug, output=output.name))

    def of_owners(self, owners: Collection[int]) -> dict[int, Fields]:
        """Return what was sent of some owners."""
        return dict(self.rows.filter(owner_id__in=owners).values_list("owner_id", "values"))


def changes(shop: Shop, case: UseCase, output: Output, asked: Metafields) -> Iterator[Change]:
    """Yield the owners whose fields are not what the rows of an output say."""
    known, values = Known.of(shop, case, output), case.function(asked.values)
    rows = own.rows(output.table, shop).filter(**asked.rows)
    walk = rows.only(asked.unit, *asked.columns).in_pieces(PIECE)
    while piece := list(islice(walk, PIECE)):
        before = known.of_owners([getattr(row, asked.unit) for row in piece])
        for row in piece:
            owner = getattr(row, asked.unit)
            wanted = values({name: getattr(row, name) for name in asked.columns})
            yield from difference(owner, wanted, before.get(owner, {}))


def difference(owner: int, wanted: Fields, before: Fields, stays: Collection[str] = ()) -> Iterator[Change]:
    """Yield how an owner's fields differ from what was sent, if they do; fields that stay are as they were."""
    after = {key: noted(text) for key, text in wanted.items()}
    kept = {key: UNLIKE if before[key] == STUCK else before[key] for key in stays if key in before}
    sent = {key: text for key, text in wanted.items() if after[key] != before.get(key)}
    gone = before.keys() - after.keys() - kept.keys()
    if sent or is_new(before, gone):
        yield Change(owner, sent, frozenset(gone), kept | after)


def is_new(before: Fields, gone: Collection[str]) -> bool:
    """Tell whether any of these fields was not refused to be deleted lately: such a one is tried again a day later."""
    return any(before[key] != STUCK for key in gone)


def withdrawals(shop: Shop, case: UseCase, output: Output) -> Iterator[Change]:
    """Yield the owners that hold any field of an output: all of them are to go."""
    held = Known.of(shop, case, output).rows.exclude(values={})
    for row in held.only("owner_id", "values").order_by("pk").iterator(PIECE):
        if is_new(row.values, row.values):
            yield Change(row.owner_id, {}, frozenset(row.values))


# Lists in slots


def listed(shop: Shop, now: datetime) -> list[int]:
    """Name the products that visitors can see: lists stand with them, and name no others."""
    seen = Product.objects.for_shop(shop).filter(deleted_at=None, status="active", published_at__lte=now)
    return list(seen.order_by("shopify_id").values_list("shopify_id", flat=True))


def of_version(shop: Shop, output: Output, version: int, rows: Mapping[str, Any]) -> QuerySet[Any]:
    """Keep the rows that a version has in an output, or the simple rule."""
    whose = Q(version=None) if version == RULE else Q(version=version)
    return own.rows(output.table, shop).filter(whose, **rows)


def lists_of(
    shop: Shop, output: Output, asked: Metafields, slots: Slots, version: int, owners: Collection[int]
) -> Lists:
    """Read the lists that a version has for some products."""
    rows = of_version(shop, output, version, asked.rows).filter(**{f"{asked.unit}__in": owners})
    return dict(rows.values_list(asked.unit, slots.picks))


def changes_in_slots(
    shop: Shop, case: UseCase, output: Output, fills: Mapping[str, int], now: datetime
) -> Iterator[Change]:
    """Yield the products whose lists are not what the versions say whose the slots are; other slots stay as they are.

    A list names only what visitors can see, and never the product itself. Where a slot has none for a product, what
    everybody likes stands beside it.
    """
    asked = output.metafields
    assert asked and asked.slots
    slots, products, known = asked.slots, listed(shop, now), Known.of(shop, case, output)
    seen, stays = set(products), set(slots.keys) - fills.keys()
    everybody = fallback_of(shop, output, slots, fills)
    for first in range(0, len(products), PIECE):
        piece = products[first : first + PIECE]
        before = known.of_owners(piece)
        lists = {slot: lists_of(shop, output, asked, slots, version, piece) for slot, version in fills.items()}
        for product in piece:
            wanted = {}
            for slot in fills:
                if picks := shown(lists[slot].get(product, []), product, seen):
                    wanted[slot] = product_list(picks)
            if len(wanted) < len(fills) and (picks := shown(everybody, product, seen)):
                wanted[slots.fallback] = product_list(picks)
            yield from difference(product, wanted, before.get(product, {}), stays)


def fallback_of(shop: Shop, output: Output, slots: Slots, fills: Mapping[str, int]) -> list[int]:
    """Return what stands with a product that has no list of its own: what the simple rule says, else a version."""
    if slots.fallback:
        for version in sorted({RULE, *fills.values()}):
            rows = of_version(shop, output, version, slots.fallback_rows)
            if picks := rows.values_list(slots.picks, flat=True).first():
                return list(picks)
    return []


def shown(picks: list[int], product: int, seen: set[int]) -> list[int]:
    """Leave out the product itself, and what visitors cannot see."""
    return [pick for pick in picks if pick in seen and pick != product]


def forget_deleted(shop: Shop, case: UseCase, output: Output, asked: Metafields) -> None:
    """Forget what was sent of products that are gone: Shopify took their fields along."""
    if asked.owner == "Product":
        gone = Product.objects.for_shop(shop).exclude(deleted_at=None).values("shopify_id")
        Known.of(shop, case, output).rows.filter(owner_id__in=gone).delete()
