"""What every table of a shop has in common."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model, covariant=True)


class ShopQuerySet(models.QuerySet[Row]):
    def for_shop(self, shop: models.Model | int) -> Self:
        """Keep the rows of one shop; every read of a merchant goes through here."""
        return self.filter(shop=shop)

    def as_of(self, moment: datetime, last_day: date) -> Self:
        """Keep what stood at a moment, when a day was the last; rows that never end are all kept, oldest first."""
        return self.order_by("pk")

    def in_pieces(self, size: int = 2000) -> Iterator[Row]:
        """Walk through the rows in their order without holding them all: their keys first, then so many rows at a time.

        Cursors on the server do not live through pgbouncer's transactions, and without them `iterator` loads all.
        """
        keys = list(self.values_list("pk", flat=True))
        for first in range(0, len(keys), size):
            piece = keys[first : first + size]
            rows = {row.pk: row for row in self.filter(pk__in=piece).order_by()}
            yield from (rows[key] for key in piece if key in rows)


FromQuerySet = models.Manager.from_queryset(ShopQuerySet)


class ShopManager(FromQuerySet[Row]):
    """The same by name: mypy forgets a class that nobody defined when it reads a module again."""


class ShopTable(models.Model):
    """A table whose every row belongs to one shop."""

    shop = models.ForeignKey("pipelines.Shop", on_delete=models.CASCADE, related_name="+", db_index=False)

    objects: ClassVar[ShopManager[Self]] = ShopManager()

    class Meta:
        abstract = True


class Followed(ShopTable):
    """A few rows of a shop, whose every change is told to who looks at a page (`lifecycle/pages/changes.py`)."""

    class Meta:
        abstract = True


class ShopSums(ShopTable):
    """A table of sums over a shop's rows in another, written with them."""

    class Meta:
        abstract = True

    @classmethod
    def sum_up(cls, shop: models.Model | int) -> None:
        """Put the sums of a shop's rows in the place of those before."""
        raise NotImplementedError


class Coded(ShopTable):
    """A table of a use case whose rows may name a discount code of the shop's, with what Shopify says of it."""

    class Code(models.TextChoices):
        UNCHECKED = ""
        ACTIVE = "active"
        LATER = "later"  # it is to begin
        ENDED = "ended"
        DELETED = "deleted"
        NOBODY = "nobody"  # it is active, and was used as often as it may be
        SOME = "some"  # it is active for some customers or markets: who that is, nobody here knows
        UNKNOWN = "unknown"  # we may not read discounts

    GIVES_NOTHING = (Code.LATER, Code.ENDED, Code.DELETED, Code.NOBODY)

    code = models.CharField(max_length=120, blank=True)
    code_state = models.CharField(max_length=8, choices=Code, blank=True, default=Code.UNCHECKED)
    code_ends_at = models.DateTimeField(null=True)
    code_checked_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @classmethod
    def checked(cls) -> models.QuerySet[Any]:
        """Keep the rows whose codes matter."""
        return cls.objects.exclude(code="")


class Ending(ShopTable):
    """A table of a use case whose rows end by themselves; with a column `unit` they go with who asks to be forgotten.

    Keys without constraints: a row that nobody waits for must not wait for a lock on its shop.
    """

    LIFE: ClassVar[timedelta]

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()

    class Meta:
        abstract = True
