"""What is said of customers: how likely each orders again, and what a merchant reads beside it."""

from django.db import models

from pipelines.models.base import ShopTable


class RepeatChance(ShopTable):
    """One version's chances of one customer from one origin; the simple rule has no version."""

    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    customer = models.BigIntegerField()  # the first eight bytes of the pseudonym
    origin = models.DateField()  # the last day of orders that is in it
    within_1 = models.FloatField()  # the chance of an order on the day after it …
    within_7 = models.FloatField()  # … within a week,
    within_28 = models.FloatField()  # and within four
    orders = models.IntegerField()  # so far, several of a day as one
    since = models.IntegerField()  # days since the last
    usual = models.IntegerField()  # days between two, drawn towards the shop's
    worth = models.BigIntegerField()  # of an order, in minor units, drawn towards the shop's
    last_order = models.BigIntegerField()  # Shopify's id

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "version", "origin", "customer"], nulls_distinct=False, name="repeat_chance_once"
            )
        ]
        indexes = [models.Index(fields=["shop", "customer"], name="repeat_chances_by_customer")]
