"""Keep a month's report: provisional until its last day is known for good, then as it was claimed, for ever.

What later corrections make of a claim is listed beside it, and never in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from pipelines.lifecycle.results.months import Month, months_of
from pipelines.models import MonthReport, Shop
from pipelines.models.releases import evidence_digest

AGAIN_AFTER = timedelta(hours=20)  # a provisional report is worked out anew
RESTATED_FOR = timedelta(days=45)  # after a month's end: cancellations and returns come for 30 days
FIGURES = ("value", "low", "high", "mark")
Due = tuple[int, str]


def due(now: datetime) -> Iterator[Due]:
    """Yield shop and month of the reports that should be worked out, or looked at once more, now."""
    for shop in Shop.objects.installed():
        known = {row.month: row for row in MonthReport.objects.for_shop(shop).defer("figures", "pdf")}
        for month in months_of(shop, now):
            if is_due(known.get(month.first), month, now):
                yield shop.pk, month.first.isoformat()


def is_due(row: MonthReport | None, month: Month, now: datetime) -> bool:
    """Tell whether a month's report is missing, old, or to be compared with what is known by now."""
    if row is None:
        return True
    if not row.is_final:
        return now >= month.final_at or now - row.made_at >= AGAIN_AFTER
    return now <= month.ends_at + RESTATED_FOR and now - row.checked_at >= AGAIN_AFTER


def make(shop: Shop, month: Month, now: datetime) -> MonthReport:
    """Work a month out: a claim that is final is compared, anything else replaced. Safe to run twice."""
    from pipelines.lifecycle.results.report import report  # what is due is asked far more often, and needs none of it

    figures = report(shop, month, now)
    with transaction.atomic():
        row, is_new = MonthReport.objects.get_or_create(
            shop=shop, month=month.first, defaults=claimed(figures, month, now)
        )
        mine = MonthReport.objects.select_for_update(no_key=True).filter(pk=row.pk)
        row = mine.get()
        if row.is_final and not is_new:
            mine.update(checked_at=now, restated=changes(row.figures, figures))
        elif not is_new:
            mine.update(**claimed(figures, month, now))
    return mine.model.objects.get(pk=row.pk)


def claimed(figures: dict[str, Any], month: Month, now: datetime) -> dict[str, Any]:
    """Give the columns of a report as it is claimed now."""
    return {
        "figures": figures,
        "digest": evidence_digest(figures),
        "is_final": now >= month.final_at,
        "made_at": now,
        "checked_at": now,
    }


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    """List the claims whose figure or mark is another by now, as they were and as they are."""
    newest = {key_of(claim): claim for claim in now["claims"]}
    pairs = [(claim, newest.get(key_of(claim))) for claim in before["claims"]]
    return [
        {name: was[name] for name in ("about", "title", "key")} | {"was": figures(was), "is": figures(became)}
        for was, became in pairs
        if became and differs(was, became)
    ]


def key_of(claim: dict[str, Any]) -> tuple[str, str, str]:
    """Name a claim."""
    return claim["use_case"], claim["key"], claim["title"]


def figures(claim: dict[str, Any]) -> dict[str, Any]:
    """Give what of a claim can change."""
    return {name: claim[name] for name in FIGURES}


def differs(was: dict[str, Any], became: dict[str, Any]) -> bool:
    """Tell whether a claim is another, where a reader could see it."""
    digits = 0 if was["unit"] == "money" else 3
    shown = [tuple(rounded(each[name], digits) for name in FIGURES) for each in (was, became)]
    return shown[0] != shown[1]


def rounded(value: Any, digits: int) -> Any:
    """Round a number; words stay."""
    return round(value, digits) if isinstance(value, float) else value
