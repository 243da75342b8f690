"""What accepted offers cost beyond what is gone from sales already."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Sum
from django.db.models.functions import Coalesce

from pipelines.lifecycle.evidence.hold_out.told import Standing
from pipelines.models import Shop
from pipelines.models.usecases.offers import Offer, OfferReservation
from pipelines.stats import clock


def beyond_sales(shop: Shop, standing: Standing) -> float:
    """Add up what was spent in the days that are compared and the margin of their sales does not hold yet.

    A code lowers sales by what it gives, and the margin by that times the margin's share: what is left is the share of
    costs. All else is given beside the sales, and counts in full.
    """
    if standing.first_day is None or standing.last_day is None:
        return 0.0
    since = clock.midnight(standing.first_day, shop.zone)
    until = clock.midnight(standing.last_day + timedelta(days=1), shop.zone)
    spent = OfferReservation.objects.for_shop(shop).filter(
        state=OfferReservation.State.SPENT, at__gte=since, at__lt=until
    )
    sums = spent.order_by().values_list("offer__kind").annotate(minor=Sum(Coalesce("paid_minor", "cost_minor")))
    of_codes = float(shop.settings.cost_share)
    return float(sum(minor * (of_codes if kind == Offer.Kind.CODE else 1.0) for kind, minor in sums))
