"""Everything on the page of visits and checkouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dashboard.brought import AtCheckout, Lack, all_brought
from dashboard.usecases.conversion.queries.chances import Chances, chances
from dashboard.usecases.conversion.queries.clock import Clock, by_clock
from dashboard.usecases.conversion.queries.funnel import Funnel, funnel
from dashboard.usecases.conversion.queries.hours import Hours, hours, peaks_in_words
from dashboard.usecases.conversion.queries.lacks import VISITS, Heard, heard, lacks
from dashboard.usecases.conversion.queries.now import Now, in_checkout
from pipelines import words
from pipelines.models import Shop, Staff


@dataclass(frozen=True)
class CheckoutsPage:
    """What the page shows."""

    hours: Hours
    funnel: Funnel
    clock: Clock
    chances: Chances
    now: Now
    heard: Heard
    lacks: list[Lack]
    beside: list[AtCheckout]  # what other use cases say here
    peaks: str
    currency: str
    today: date

    @property
    def counted_days(self) -> str:
        """Say of which days visits are counted, and which hours are peak hours."""
        span = words.day_range(self.hours.first_day, self.hours.last_day, self.today)
        return f"{span}.{f' Peak hours: {self.peaks}.' if self.peaks else ''}"

    @property
    def judged_days(self) -> str:
        """Say of which days it is known whether chances came true."""
        first, last = self.chances.first_day, self.chances.last_day
        span = words.day_range(first, last, self.today) if first and last else ""
        return f"{span}; later ones can still end in an order."

    @property
    def bought(self) -> float:
        """Give the share of visits that ended in an order."""
        return self.hours.all.orders / self.hours.all.visits

    @property
    def finished(self) -> float:
        """Give the share of checkouts that were finished."""
        return self.hours.all.finished / self.hours.all.started

    @property
    def unseen(self) -> int:
        """Count the checkouts of which no visit was told, where visits are."""
        return max(0, self.hours.all.started - self.hours.all.checkouts) if self.hours.all.visits else 0

    @property
    def worth(self) -> str:
        """Say what peak hours would be worth if they did like the others, where they are weaker beyond chance."""
        return self.funnel.weak.worth(self.currency) if self.funnel.weak else ""

    @property
    def has_lacks(self) -> bool:
        return any(lack.tone != "success" for lack in self.lacks)

    @property
    def are_visits_allowed(self) -> bool:
        """Tell whether we may be told what shoppers do."""
        return not any(lack.part == VISITS and lack.scopes for lack in self.lacks)

    @property
    def missing(self) -> int:
        """Count what somebody can do something about."""
        return sum(bool(lack.scopes) for lack in self.lacks)


def checkouts_page(shop: Shop, viewer: Staff, now: datetime) -> CheckoutsPage:
    """Read the page."""
    counted, said, told = hours(shop, now), chances(shop, now), heard(shop, now)
    others = [brought.at_checkout(shop, viewer, now) for brought in all_brought()]
    beside = [each for each in others if each]
    more = [lack for each in beside for lack in each.lacks]
    return CheckoutsPage(
        hours=counted,
        funnel=funnel(counted),
        clock=by_clock(counted),
        chances=said,
        now=in_checkout(shop, now),
        heard=told,
        lacks=lacks(shop, told, counted, said, more, now),
        beside=beside,
        peaks=peaks_in_words(shop.settings.peak_hours),
        currency=shop.currency,
        today=now.astimezone(shop.zone).date(),
    )
