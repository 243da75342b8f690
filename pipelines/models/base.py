"""What every table of a shop has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from pipelines.models.shops import Shop


class ShopQuerySet(models.QuerySet):
    def for_shop(self, shop: Shop | int) -> Self:
        """Keep the rows of one shop; every read of a merchant goes through here."""
        return self.filter(shop=shop)


class ShopTable(models.Model):
    """A table whose every row belongs to one shop."""

    shop = models.ForeignKey("pipelines.Shop", on_delete=models.CASCADE, related_name="+", db_index=False)

    objects = ShopQuerySet.as_manager()

    class Meta:
        abstract = True
