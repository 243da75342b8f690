"""Look back at rollbacks: did going back help, and what was not lost? Said with the release, and alerted where not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pipelines.charts import experiments as charts
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.evidence import kinds
from pipelines.lifecycle.evidence.recovery import DAY, LOOKED_AT_FOR
from pipelines.models import Release

SENTENCES = {
    "recovered": "Orders are back where they were before the version was shown.",
    "still_failing": "Orders are still lower than before the version was shown: something else is wrong, too.",
    "not_proven": "Not proven yet that orders are back where they were.",
    "not_measured": "Not measured: errors of this model reach orders only weeks later.",
}


def due(now: datetime) -> Iterator[Release]:
    """Yield the releases that were rolled back lately, after shoppers had seen them."""
    lately = Release.objects.filter(phase=Release.Phase.ROLLED_BACK, entered_at__gte=now - LOOKED_AT_FOR - DAY)
    yield from lately.exclude(exposed_at=None).select_related("shop", "version")


def look_back(row: Release, now: datetime) -> dict[str, Any]:
    """Say what a rollback did, and keep it with the release."""
    found = kinds.of(row.use_case).look_back(row, now)
    found |= {"sentence": sentence_of(found), "at": now.isoformat()}
    Release.objects.filter(pk=row.pk).update(analysis=row.analysis | {"recovery": found})
    if found["verdict"] == "still_failing":
        board.tell(
            row.shop,
            f"release:{row.pk}:still_failing",
            title="Rolling back did not bring orders back",
            text=found["sentence"],
            next_step="Look for what else changed on that day: prices, stock, ads, your theme.",
            severity="critical",
            use_case=row.use_case,
            release=row,
            now=now,
        )
    return found


def sentence_of(found: dict[str, Any]) -> str:
    """Say what was found, with its figure and range where there is one."""
    said, change = SENTENCES[found["verdict"]], found.get("change")
    if not change:
        return said
    against = f"the same hours of {found['weeks']} weeks before, which differ among themselves"
    range_ = charts.change_range(change["low"], change["high"])
    return f"{said} Per visitor {charts.change(change['value'])} than in {against} (19 of 20 times {range_})."
