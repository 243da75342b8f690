"""What was live when: for one day or moment of the past, what ran, who approved it, and on what evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pipelines.lifecycle.releases.what_ran import Ran, evidence_on, history
from pipelines.models import Shop, Staff
from pipelines.usecases import USE_CASES


@dataclass(frozen=True)
class Then:
    """What ran of one model for a part of the day."""

    ran: Ran
    approved: list[tuple[str, datetime]]
    gates: list[dict[str, str]]  # what was checked, and what came out, as the card showed it


@dataclass(frozen=True)
class ThenPage:
    """A day, and what ran on it of every model, the earliest first."""

    day: date
    models: list[tuple[str, str, list[Then]]]


def then_page(shop: Shop, viewer: Staff, day: date) -> ThenPage:
    """Read what ran on a day of the shop's own clock."""
    start, end = (datetime.combine(each, time.min, tzinfo=shop.zone) for each in (day, day + timedelta(days=1)))
    models = []
    for slug, use_case in USE_CASES.items():
        of_the_day = [ran for ran in history(shop, slug) if overlaps(ran, start, end)]
        models.append((slug, use_case.title, [told(shop, viewer, ran) for ran in of_the_day]))
    return ThenPage(day=day, models=models)


def overlaps(ran: Ran, start: datetime, end: datetime) -> bool:
    """Tell whether something ran at any moment of a time."""
    return (ran.since is None or ran.since < end) and (ran.until is None or ran.until > start)


def told(shop: Shop, viewer: Staff, ran: Ran) -> Then:
    """Bring what ran into the form of the page."""
    gates = evidence_on(shop, ran).get("gates", [])
    return Then(ran, [(who(given.by, viewer), given.at) for given in ran.approvals], gates)


def who(by: str, viewer: Staff) -> str:
    """Name who said yes; no names of people are kept, only Shopify's numbers."""
    if by.startswith("operator:"):
        return f"us ({by.removeprefix('operator:')})"
    return "you" if by == viewer.sub else f"staff member {by}"
