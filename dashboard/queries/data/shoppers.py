"""What shoppers do: whether we are told, how much came, and what of it was not taken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Sum

from pipelines.lifecycle.storefront.pixel import SCOPES
from pipelines.models import IgnoredEvents, Shop, StorefrontEvent, StorefrontPixel

A_DAY = timedelta(days=1)
Reason = IgnoredEvents.Reason
WORDS = {
    Reason.REPLAY: "sent more than once",
    Reason.BOT: "from robots",
    Reason.NO_CONSENT: "of visitors who did not agree",
    Reason.FORGED: "not from your shop",
    Reason.TOO_MANY: "too many at once",
    Reason.FUTURE: "at impossible times",
    Reason.OLD: "too late",
    Reason.CLOCK: "at impossible times",
    Reason.UNKNOWN: "of no use to us",
    Reason.UNREADABLE: "unreadable",
}


@dataclass(frozen=True)
class Shoppers:
    """What the data page says of shoppers."""

    is_allowed: bool
    is_on: bool
    events: int  # of the last 24 hours
    visitors: int
    newest: datetime | None
    ignored: list[tuple[int, str]]  # since yesterday, most first

    @property
    def scopes(self) -> str:
        """Return what the merchant is asked for."""
        return ",".join(SCOPES)


def shoppers(shop: Shop, now: datetime) -> Shoppers:
    """Read what the shop's pixel told."""
    seen = StorefrontEvent.objects.for_shop(shop).filter(at__gt=now - A_DAY)
    told = seen.aggregate(n=Count("pk"), visitors=Count("unit", distinct=True), at=Max("at"))
    days = IgnoredEvents.objects.for_shop(shop).filter(day__gte=(now - A_DAY).date())
    ignored: Counter[str] = Counter()
    for reason, events in days.values_list("reason").annotate(n=Sum("events")):
        ignored[WORDS[Reason(reason)]] += events
    return Shoppers(
        is_allowed=all(map(shop.has_scope, SCOPES)),
        is_on=StorefrontPixel.objects.for_shop(shop).exists(),
        events=told["n"],
        visitors=told["visitors"],
        newest=told["at"],
        ignored=[(events, words) for words, events in ignored.most_common()],
    )
