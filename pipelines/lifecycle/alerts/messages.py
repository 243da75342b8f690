"""What is said of an alert, the same for every channel: one sentence, one next step, where to read more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings

from pipelines import words
from pipelines.lifecycle.alerts import lives
from pipelines.models import AlertDelivery, MonthReport, Shop
from pipelines.shopify.domains import admin_page

SEVERITIES = {"critical": "Act now", "warning": "Look at this", "info": "Good to know"}
TEST_TITLE = "This is a test: alerts of your shop arrive here"
LONGEST_SUMMARY = 1500
REPORT = "report"
REPORT_TITLE = "Your results for {month} are ready"
REPORT_STEP = "Read what is proven and what is not; the report is attached."
TEST_STEP = "Nothing to do. You can change who is told, and when, on the Alerts page."


@dataclass(frozen=True)
class Message:
    """One message, before a channel gives it a form."""

    id: str  # the same at every try
    at: datetime
    what: str  # opened, worse, unanswered, over, test, summary
    shop: str
    name: str
    title: str
    text: str
    next_step: str
    severity: str
    currency: str
    minor_per_hour: int | None
    opened_at: datetime
    url: str
    attached: tuple[str, bytes] | None = None  # a PDF with its name
    facts: Mapping[str, Any] | None = None  # of a checkout

    @property
    def headline(self) -> str:
        """Return the first line: what it is, before what it is about."""
        begins = {
            "over": "Over",
            "test": "Test",
            "summary": "While it was quiet",
            REPORT: "Results",
            "unanswered": f"Still unanswered. {SEVERITIES[self.severity]}",
            "worse": f"Became worse. {SEVERITIES[self.severity]}",
        }
        return f"{begins.get(self.what, SEVERITIES[self.severity])}: {self.title}"

    @property
    def lines(self) -> list[str]:
        """Return the sentences below the headline."""
        risk = f"At risk: {words.money(self.minor_per_hour, self.currency)} an hour." if self.minor_per_hour else ""
        if self.what == "over":
            return ["This is over; there is nothing left to do."]
        return [line for line in (self.text, risk, f"Next step: {self.next_step}") if line]

    def as_dict(self) -> dict[str, Any]:
        """Return the message as machines read it."""
        return {
            "id": self.id,
            "what": self.what,
            "sent_at": self.at.isoformat(),
            "shop": self.shop,
            "title": self.title,
            "text": self.text,
            "next_step": self.next_step,
            "severity": self.severity,
            "opened_at": self.opened_at.isoformat(),
            "at_risk_per_hour": None
            if self.minor_per_hour is None
            else str(words.to_major(self.minor_per_hour, self.currency)),
            "currency": self.currency,
            "url": self.url,
        }


def message_of(delivery: AlertDelivery, now: datetime) -> Message:
    """Return what a delivery says."""
    alert, shop = delivery.alert, delivery.shop
    told: dict[str, Any] = {
        "title": TEST_TITLE,
        "text": "",
        "next_step": TEST_STEP,
        "severity": "info",
        "minor_per_hour": None,
        "opened_at": delivery.made_at,
    }
    what = delivery.occasion.partition(":")[0].partition(" ")[0]
    if alert is not None:
        told = {name: getattr(alert, name) for name in told}
    elif what == REPORT:
        told |= of_report(delivery)
    return Message(
        id=f"alert-{delivery.pk}",
        at=now,
        what=what,
        shop=shop.domain,
        name=shop.name or shop.domain,
        currency=shop.currency,
        url=page_of(shop, "results" if what == REPORT else "alerts"),
        facts=delivery.facts,
        **told,
    )


def of_all(taken: list[AlertDelivery], now: datetime) -> Message:
    """Return what one delivery says, or what several that quiet hours held back say together: the gravest leads."""
    if len(taken) == 1:
        return message_of(taken[0], now)
    each = [message_of(delivery, now) for delivery in taken]
    gravest = max(each, key=lambda one: (lives.RANK[one.severity], one.minor_per_hour or 0))
    open_ones = [one for one in each if one.what != "over"]
    return replace(
        gravest,
        id=f"{each[0].id}-summary",
        what="summary",
        title=f"{words.counted(len(each), 'message')} came while you wanted quiet",
        text=" ".join(f"{one.headline}." for one in each)[:LONGEST_SUMMARY],
        minor_per_hour=max((one.minor_per_hour or 0 for one in open_ones), default=0) or None,
    )


def of_report(delivery: AlertDelivery) -> dict[str, Any]:
    """Return what the mail with a month's report says: what the report itself says first, and the file."""
    month = date.fromisoformat(delivery.occasion.partition(":")[2])
    row = MonthReport.objects.for_shop(delivery.shop_id).get(month=month)
    return {
        "title": REPORT_TITLE.format(month=f"{month:%B %Y}"),
        "text": row.figures["said"],
        "next_step": REPORT_STEP,
        "attached": (f"results-{month:%Y-%m}.pdf", bytes(row.pdf)),
    }


def page_of(shop: Shop, page: str = "alerts") -> str:
    """Return where a page of ours is read, inside the shop's admin."""
    return admin_page(shop.domain, f"apps/{settings.SHOPIFY_APP_HANDLE}/{page}")
