"""What the live versions say to others: what Shopify holds of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pipelines.models.base import ShopTable


class PublishedFields(ShopTable):
    """What Shopify's metafields hold of what is said of a variant, so that only changes are sent."""

    variant_id = models.BigIntegerField()
    values = models.JSONField(default=dict)  # key -> text, as sent
    operation = models.CharField(max_length=80)  # the bulk operation that carries them
    is_confirmed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "variant_id"], name="published_once")]
        indexes = [models.Index(fields=["operation"], condition=Q(is_confirmed=False), name="published_pending")]
