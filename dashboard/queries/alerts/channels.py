"""Who is told of alerts, by which way, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from dashboard.queries.alerts.log import KINDS, Line, line_of
from pipelines.lifecycle import approvers
from pipelines.lifecycle.alerts import channels
from pipelines.models import AlertChannel, AlertDelivery, Shop, Staff
from pipelines.shopify.vault import CannotUnseal

LEAST = {"critical": "“Act now” only", "warning": "“Look at this” and “Act now”", "info": "Everything"}
UNREADABLE = "It cannot be read any more. Remove it and add it again."


@dataclass(frozen=True)
class Channel:
    """One channel as the page shows it: where it leads to is seen by those alone who may change it."""

    row: AlertChannel
    kind: str
    least: str
    target: str
    key: str
    last: Line | None

    @property
    def quiet(self) -> str:
        """Say when it is quiet."""
        if self.row.quiet_from is None or self.row.quiet_until is None:
            return "At any hour"
        return f"Quiet {self.row.quiet_from:%H:%M} to {self.row.quiet_until:%H:%M}"


@dataclass(frozen=True)
class ChannelsPage:
    """Everything on the page."""

    channels: list[Channel]
    may_change: bool
    why_not: str
    mail_works: bool
    values: dict[str, Any]
    errors: dict[str, list[str]]
    kinds = tuple((kind, name) for kind, name in KINDS.items() if kind != AlertChannel.Kind.LOST)
    leasts = tuple(LEAST.items())


def channels_page(shop: Shop, viewer: Staff, form: Any = None) -> ChannelsPage:
    """Read the channels of a shop."""
    why_not = approvers.why_not_allowed(shop, viewer.sub)
    rows = list(AlertChannel.objects.for_shop(shop).of_alerts().order_by("pk"))
    newest = last_lines(shop)
    first = {"kind": "email", "least": "warning", "target": "", "quiet_from": "", "quiet_until": ""}
    return ChannelsPage(
        channels=[shown(row, newest.get(row.pk), not why_not) for row in rows],
        may_change=not why_not,
        why_not=why_not,
        mail_works=settings.MAIL_WORKS,
        values=first | (form.data.dict() if form else {}),
        errors=form.errors if form else {},
    )


def last_lines(shop: Shop) -> dict[int | None, Line]:
    """Read what became of the newest message of each channel."""
    newest = AlertDelivery.objects.for_shop(shop).exclude(channel=None).select_related("alert")
    return {
        each.channel_id: line_of(each) for each in newest.order_by("channel", "-made_at", "-pk").distinct("channel")
    }


def shown(row: AlertChannel, last: Line | None, sees_target: bool) -> Channel:
    """Bring a channel into the form of the page."""
    target, key = opened(row) if sees_target else ("", "")
    return Channel(row, KINDS[row.kind], LEAST[row.least], target, key, last)


def opened(row: AlertChannel) -> tuple[str, str]:
    """Open where a channel leads to, and with what its messages are signed."""
    try:
        return channels.target_of(row), channels.key_of(row)
    except CannotUnseal:
        return UNREADABLE, ""


def export(shop: Shop) -> list[dict[str, Any]]:
    """Return all that is stored of whom to tell, as it was typed."""
    rows = AlertChannel.objects.for_shop(shop).of_alerts().order_by("pk")
    return [
        {
            "kind": row.kind,
            "address": opened(row)[0],
            "least": row.least,
            "gets_report": row.gets_report,
            "quiet_from": row.quiet_from and f"{row.quiet_from:%H:%M}",
            "quiet_until": row.quiet_until and f"{row.quiet_until:%H:%M}",
            "added_at": row.made_at.isoformat(),
        }
        for row in rows
    ]
