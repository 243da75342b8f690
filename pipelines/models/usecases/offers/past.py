"""What was decided and what came of it, as the frame `decisions` reads it; a day that is not over tells nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from pipelines.models.base import ShopManager, ShopQuerySet

if TYPE_CHECKING:
    from pipelines.models.usecases.offers.tables import OfferDecision

A_DAY = timedelta(days=1)


class DecisionQuerySet(ShopQuerySet["OfferDecision"]):
    def as_of(self, moment: datetime, last_day: date) -> Self:
        """Keep what was decided up to a day, oldest first."""
        return self.order_by("at", "pk")


FromDecisionQuerySet = ShopManager.from_queryset(DecisionQuerySet)


class DecisionManager(FromDecisionQuerySet["OfferDecision"]):
    """All decisions, by name for mypy."""
