"""What of our own doing may lie behind a drift: what shoppers or orders were first told, or no longer, just before it.

Only what reaches shoppers changes what they do. A version after another is none: one comes every week, so that one
would stand before each change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from pipelines import words
from pipelines.lifecycle.monitor.retrain import BEGAN
from pipelines.lifecycle.monitor.watch.inputs import DRIFT, KNOWN
from pipelines.lifecycle.releases.what_ran import Ran, history
from pipelines.models import Measurement, Shop
from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.persistence import LAST
from pipelines.usecases import USE_CASES

BEFORE = timedelta(days=7)  # the first window that differs: what is shown is bought within a few days
CHANGED = (Finding.DRIFT, Finding.BREACH)


def told(shop: Shop, use_case: str, features: Sequence[str], now: datetime) -> str:
    """Say what began or ended to be told shortly before some features changed; nothing where nothing did."""
    said, today = [], now.astimezone(shop.zone).date()
    for move, at in turns(shop, [*first_seen(shop, use_case, features)]):
        day = words.short_day(at.astimezone(shop.zone).date(), today)
        said.append(f"{USE_CASES[move.use_case].title}, {'shown since' if move.version else 'taken back on'} {day}")
    return f"Our own doing is a likely cause: {'; '.join(said)}." if said else ""


def first_seen(shop: Shop, use_case: str, features: Sequence[str]) -> Iterator[Measurement]:
    """Yield the first of the windows by which each feature's drift was found to last."""
    mine = Measurement.objects.for_shop(shop).filter(use_case=use_case, version=None, release=None)
    for feature in features:
        began = mine.filter(metric=BEGAN, segment=feature).order_by("starts_at").last()
        if began:
            found = mine.filter(metric=DRIFT, segment=feature, starts_at__lte=began.starts_at)
            decided = found.filter(verdict__in=[each.value for each in KNOWN]).order_by("-starts_at")[:LAST]
            changed = [row for row in decided if row.verdict in CHANGED]
            yield from changed[-1:]


def turns(shop: Shop, firsts: Sequence[Measurement]) -> Iterator[tuple[Ran, datetime]]:
    """Yield what began to answer where nothing had, or ended, up to a week before a window that first differed."""
    reaching = [slug for slug, case in USE_CASES.items() if case.reaches_shoppers] if firsts else []
    for slug in reaching:
        for before, after in pairwise(history(shop, slug)):
            at, has_turned = after.since, (before.version is None) != (after.version is None)
            if at and has_turned and any(each.starts_at - BEFORE <= at < each.ends_at for each in firsts):
                yield after, at
