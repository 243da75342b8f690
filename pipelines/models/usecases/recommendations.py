"""What recommendations say and are told: a list for each product, shopper or everybody, and the merchant's rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from pipelines.models.base import ShopTable
from pipelines.models.ledger import Noted
from pipelines.models.shops import Shop

EVERYBODY = 0  # whom a list is for that is for nobody in particular


class RecommendationList(ShopTable):
    """One list of one version, the best pick first; the simple rule has no version."""

    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)  # page, cart, similar: of a product; again: of a shopper; best
    unit_id = models.BigIntegerField()  # the product, or the first eight bytes of a shopper's pseudonym
    picks = ArrayField(models.BigIntegerField())  # products
    scores = ArrayField(models.FloatField())
    reasons = ArrayField(models.SmallIntegerField())  # wording.REASONS
    details = ArrayField(models.IntegerField())  # what belongs to the reason: baskets with both …
    origin = models.DateField()  # the last day of orders that is in it
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "version", "kind", "unit_id"], nulls_distinct=False, name="recommendations_once"
            )
        ]
        indexes = [models.Index(fields=["shop", "kind", "unit_id"], name="recommendations_by_unit")]


class PickRule(ShopTable):
    """What a merchant says of picks; no version stands above it."""

    class Rule(models.TextChoices):
        PIN = "pin"  # shown first on a product
        BLOCK = "block"  # never shown; with a product: not there
        NEVER_TOGETHER = "never_together"

    rule = models.CharField(max_length=16, choices=Rule)
    product_id = models.BigIntegerField(null=True)
    pick_id = models.BigIntegerField()
    sub = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "rule", "product_id", "pick_id"], nulls_distinct=False, name="pick_rule_once"
            )
        ]


@dataclass(frozen=True)
class OwnPick:
    """What the merchant wants of a pick from now on."""

    rule: PickRule.Rule
    pick_id: int
    product_id: int | None = None

    def keep(self, shop: Shop, *, by: str) -> Noted | None:
        """Write it down, once."""
        _, is_new = PickRule.objects.get_or_create(shop=shop, **self.as_dict(), defaults={"sub": by})
        return Noted("pick_rule.set", "The merchant set a rule for what is shown", self.as_dict()) if is_new else None

    def as_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {"rule": str(self.rule), "pick_id": self.pick_id, "product_id": self.product_id}


@dataclass(frozen=True)
class NoOwnPick:
    """That the merchant takes a rule back."""

    number: int

    def keep(self, shop: Shop, *, by: str) -> Noted | None:
        """Forget it, if it stands."""
        row = PickRule.objects.for_shop(shop).filter(pk=self.number).first()
        if row is None:
            return None
        told = {"rule": row.rule, "pick_id": row.pick_id, "product_id": row.product_id}
        row.delete()
        return Noted("pick_rule.removed", "The merchant took back a rule for what is shown", told)
