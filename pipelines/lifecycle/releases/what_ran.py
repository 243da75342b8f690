"""Which version ran when, who approved it and on what evidence: read off the ledger, which cannot change unseen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from pipelines.models import LifecycleEvent, Release, Shop
from pipelines.models.prepared import prepared

KINDS = ("approval.given", "release.live", "release.restored", "release.rolled_back")


@dataclass(frozen=True)
class Approved:
    """A yes, by Shopify's number of the person or an operator's name."""

    by: str
    at: datetime
    evidence_digest: str


@dataclass(frozen=True)
class Ran:
    """What answered for a use case from one moment to another; without a version it was the simple rule."""

    use_case: str
    since: datetime | None  # nothing before the first entry of the ledger
    until: datetime | None = None
    version: int | None = None
    release: int | None = None
    because: str = ""
    approvals: tuple[Approved, ...] = ()

    def covers(self, moment: datetime) -> bool:
        """Tell whether it ran at a moment; at the moment of a change, what came after it did."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)


def what_ran(shop: Shop | int, use_case: str, moment: datetime) -> Ran:
    """Return what ran at a moment."""
    return next(span for span in history(shop, use_case) if span.covers(moment))


def evidence_on(shop: Shop | int, ran: Ran) -> dict[str, Any]:
    """Return the card that the version was decided on, or nothing for the simple rule."""
    row = Release.objects.for_shop(shop).filter(pk=ran.release).first() if ran.release else None
    return row.evidence if row else {}


def history(shop: Shop | int, use_case: str) -> list[Ran]:
    """List everything that ever ran, the oldest first; the last one still runs."""
    return spans(use_case, moves(shop, use_case))


@prepared
def moves(shop: Shop | int, use_case: str) -> QuerySet[LifecycleEvent]:
    """Read what was approved, went live and was taken back, in its order."""
    return LifecycleEvent.objects.for_shop(shop).filter(use_case=use_case, kind__in=KINDS).order_by("seq")


def spans(use_case: str, events: Iterable[LifecycleEvent]) -> list[Ran]:
    """Put the moves of one use case, in their order, together to what ran from when to when."""
    told = [Ran(use_case, since=None)]
    given: dict[int | None, tuple[Approved, ...]] = {}
    for event in events:
        release = event.release_id_seen
        if event.kind == "approval.given":
            approved = Approved(event.by, event.at, event.details.get("evidence_digest", ""))
            given[release] = (*given.get(release, ()), approved)
        elif event.kind == "release.restored":  # in the transaction of the way back: the simple rule never answered
            told[-1] = replace(begun(event, given.get(release, ())), since=told[-1].since)
        elif event.kind == "release.live" or event.version_number == told[-1].version:
            told[-1] = replace(told[-1], until=event.at)
            told.append(begun(event, given.get(release, ())))
    return told


def begun(event: LifecycleEvent, approvals: tuple[Approved, ...]) -> Ran:
    """Return what began with a move: a version, or the simple rule until something else is said."""
    if event.kind == "release.rolled_back":
        return Ran(event.use_case, event.at, because=event.because)
    return Ran(
        event.use_case,
        event.at,
        version=event.version_number,
        release=event.release_id_seen,
        because=event.because,
        approvals=approvals,
    )
