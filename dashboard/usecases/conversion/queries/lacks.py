"""What is missing for this page, and what can be done about each: permission, events, history, a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Sum
from django.urls import reverse

from dashboard.brought import Lack
from dashboard.usecases.conversion.queries.chances import SLUG, Chances
from dashboard.usecases.conversion.queries.hours import DAYS, Hours
from pipelines import words
from pipelines.lifecycle.storefront.pixel import SCOPES
from pipelines.models import Deployment, IgnoredEvents, Shop, StorefrontEvent
from pipelines.shopify.domains import admin_page

VISITS = "What shoppers do in your store"
WHOLE = timedelta(days=28)
SILENT = timedelta(days=2)  # after which a store that was heard of is called silent


@dataclass(frozen=True)
class Heard:
    """What the storefront told."""

    newest: datetime | None
    without_consent: int  # events, in four weeks
    live: int | None  # the number of the version that runs


def heard(shop: Shop, now: datetime) -> Heard:
    """Read when the storefront was last heard of, and what was left out."""
    events = StorefrontEvent.objects.for_shop(shop).order_by("-at").values_list("at", flat=True)
    left_out = IgnoredEvents.objects.for_shop(shop).filter(
        reason=IgnoredEvents.Reason.NO_CONSENT, day__gte=(now - WHOLE).date()
    )
    running = Deployment.objects.for_shop(shop).filter(use_case=SLUG).values_list("active__number", flat=True)
    return Heard(events.first(), left_out.aggregate(n=Sum("events"))["n"] or 0, running.first())


def wants(shop: Shop) -> tuple[Lack, ...]:
    """Say what turns it on: checkouts and orders are told by themselves, visits once the merchant allows it."""
    return tuple(of_permission(shop))


def lacks(shop: Shop, told: Heard, hours: Hours, chances: Chances, more: Iterable[Lack], now: datetime) -> list[Lack]:
    """List what is missing, what others say of theirs among it, and mark the first that can be done."""
    found = [
        *of_events(shop, told, hours, now),
        *more,
        *of_history(told, hours, chances, now.astimezone(shop.zone).date()),
    ]
    first = next((place for place, lack in enumerate(found) if lack.scopes), None)
    return [replace(lack, is_primary=place == first) for place, lack in enumerate(found)]


def of_events(shop: Shop, told: Heard, hours: Hours, now: datetime) -> Iterator[Lack]:
    """Say what shoppers do in the store reaches us, and what does not."""
    if denied := list(of_permission(shop)):
        yield from denied
        return
    part, kind = VISITS, "events"
    if told.newest is None:
        means = "The first visit with consent is told within a minute. Until then checkouts and orders speak alone."
        yield Lack(part, kind, "Nothing yet", means)
        return
    is_silent = now - told.newest > SILENT
    newest = words.moment(told.newest.astimezone(shop.zone), now.astimezone(shop.zone))
    means = f"Newest {newest}. Visits without consent are not told and not scored"
    means += f"; {words.counted(told.without_consent, 'event')} left out in 28 days." if told.without_consent else "."
    if is_silent:
        yield Lack(
            part, kind, "Silent", f"{means} Nothing was heard since.", "warning", "", reverse("data"), "Look at data"
        )
    else:
        yield Lack(part, kind, "Received", means, "success")
    if hours.all.visits and not hours.all.searched:
        means = "No visit told of a search. Chances are said without; they may be a little better with them."
        editor = admin_page(shop.domain, "themes/current/editor")
        yield Lack("Searches in the store", kind, "Not received", means, "", "", editor, "Open the theme editor")


def of_permission(shop: Shop) -> Iterator[Lack]:
    """Say that we may not be told what shoppers do, where that is so."""
    if not all(map(shop.has_scope, SCOPES)):
        means = "Visits and carts are not known. Chances and counts are then of checkouts and orders alone, and work."
        scopes = f"permissions {' and '.join(SCOPES)}"
        yield Lack(VISITS, scopes, "Not allowed yet", means, "warning", ",".join(SCOPES))


def of_history(told: Heard, hours: Hours, chances: Chances, today: date) -> Iterator[Lack]:
    """Say what only time brings; every hour counts, whether anybody came or not."""
    days = (today - hours.each[0].day).days if hours.each else 0
    if days < DAYS:
        means = (
            "An hour is counted when it is 27 hours old, so that its orders are known. Ranges narrow with every day."
        )
        yield Lack("Visits and checkouts", "history", f"{days} of {DAYS} days", means)
    if told.live is None:
        means = "Nobody is told a chance of an order before a version is live. You decide when one is ready."
        yield Lack(
            "Chances of an order",
            "model",
            "No version is live",
            means,
            "",
            "",
            reverse("model", args=[SLUG]),
            "How far it is",
        )
    elif not chances.is_known:
        means = f"Version {told.live} is live. Its first day is judged when orders of a day after it are read."
        yield Lack("Chances of an order", "history", "First day not over", means)
