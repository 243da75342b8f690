"""The delivery log in plain words: what was sent, how, and what came of it; no address stands in it."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.queries.words import Badge
from pipelines import words
from pipelines.models import AlertDelivery, Shop

SHOWN, OF_CHECKOUTS = 50, 20  # a shop may have many checkouts a day: they crowd no alert out
KINDS = {
    "email": "E-mail",
    "slack": "Slack",
    "teams": "Microsoft Teams",
    "webhook": "Own server",
    "flow": "Shopify Flow",
    "lost": "Shopify Flow",
}
STATES = {
    "sent": Badge("Sent", "success"),
    "failed": Badge("Failed", "critical"),
    "waiting": Badge("On the way", "info"),
    "dropped": Badge("Not needed"),
}
OCCASIONS = {
    "opened": "It opened",
    "worse": "It became worse",
    "unanswered": "Nobody had answered",
    "over": "It is over",
    "test": "A test",
    "report": "A month is over",
    "lost": "An order is less likely than you set",
}

TITLES = {"test": "Test of this channel", "report": "The month’s report", "lost": "Checkout likely to be lost"}


@dataclass(frozen=True)
class Line:
    """One message of the log."""

    delivery: AlertDelivery
    title: str
    occasion: str
    by: str
    badge: Badge
    how: str

    @property
    def state(self) -> str:
        return self.delivery.state


def lines(shop: Shop) -> list[Line]:
    """Read the newest messages of a shop."""
    newest = AlertDelivery.objects.for_shop(shop).select_related("alert").order_by("-made_at", "-pk")
    of_alerts = newest.filter(checkout_key=None)[:SHOWN]
    of_checkouts = newest.exclude(checkout_key=None)[:OF_CHECKOUTS]
    return [line_of(delivery) for delivery in (*of_alerts, *of_checkouts)]


def line_of(delivery: AlertDelivery) -> Line:
    """Say of one message what came of it."""
    what = delivery.occasion.partition(":")[0].partition(" ")[0]
    return Line(
        delivery,
        title=delivery.alert.title if delivery.alert else TITLES[what],
        occasion=OCCASIONS[what],
        by=KINDS[delivery.kind],
        badge=STATES[delivery.state],
        how=how(delivery),
    )


def how(delivery: AlertDelivery) -> str:
    """Say how a message fared."""
    tries = words.counted(delivery.attempts, "try", "tries")
    if delivery.state == "sent":
        assert delivery.settled_at
        took = words.duration(max(1.0, (delivery.settled_at - delivery.made_at).total_seconds()))
        at_try = f", at try {delivery.attempts}" if delivery.attempts > 1 else ""
        return f"Arrived after {took}{at_try}. {delivery.problem}".rstrip()
    if delivery.state == "failed":
        return f"{tries}. {delivery.problem}"
    if delivery.state == "dropped":
        return delivery.problem
    if not delivery.attempts:
        return "Waits for its turn."
    return f"{tries} so far. {delivery.problem} We try again by ourselves."
