"""What of our own doing may lie behind a drift: what shoppers or orders were first told, or no longer, just before it.

Only what reaches shoppers changes what they do. A version after another is none: one comes every week, so that one
would stand before each change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipelines import words
from pipelines.lifecycle.monitor.retrain import BEGAN
from pipelines.lifecycle.monitor.watch.inputs import DRIFT, KNOWN
from pipelines.lifecycle.releases.what_ran import history
from pipelines.models import Measurement, Release, Shop
from pipelines.stats.drift.findings import CHANGED
from pipelines.stats.drift.persistence import LAST
from pipelines.usecases import USE_CASES

BEFORE = timedelta(days=7)  # the first window that differs: what is shown is bought within a few days


@dataclass(frozen=True)
class Shown:
    """A time in which shoppers were shown something."""

    use_case: str
    since: datetime
    until: datetime | None  # nothing where it still is


def told(shop: Shop, use_case: str, features: Sequence[str], now: datetime) -> str:
    """Say what began or ended to be told shortly before some features changed; nothing where nothing did."""
    moves = turns(shop, [*first_seen(shop, use_case, features)])
    said = [f"{USE_CASES[shown.use_case].title}, {when(shop, shown, began, now)}" for shown, began in moves]
    return f"Our own doing is a likely cause: {'; '.join(said)}." if said else ""


def when(shop: Shop, shown: Shown, began: bool, now: datetime) -> str:
    """Say since when something is shown, from when to when it was, or when it was taken back."""
    today, first, last = ((at or now).astimezone(shop.zone).date() for at in (now, shown.since, shown.until))
    if began and shown.until is None:
        return f"shown since {words.short_day(first, today)}"
    if began and first < last:
        return f"shown from {words.day_range(first, last, today)}"
    return f"{'shown' if began else 'taken back'} on {words.short_day(last, today)}"


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


def turns(shop: Shop, firsts: Sequence[Measurement]) -> Iterator[tuple[Shown, bool]]:
    """Yield what began or ended up to a week before a window that first differed, with whether it began then."""
    reaching = [slug for slug, case in USE_CASES.items() if case.reaches_shoppers] if firsts else []
    for shown in (each for slug in reaching for each in times(shop, slug)):
        began, ended = (is_just_before(at, firsts) for at in (shown.since, shown.until))
        if began or ended:
            yield shown, began


def is_just_before(at: datetime | None, firsts: Sequence[Measurement]) -> bool:
    """Tell whether a moment is up to a week before one of some windows, or in it."""
    return at is not None and any(each.starts_at - BEFORE <= at < each.ends_at for each in firsts)


def times(shop: Shop, use_case: str) -> list[Shown]:
    """List when shoppers were shown something, by whatever version, also by one that only some saw."""
    spans = [(each.since, each.until) for each in history(shop, use_case) if each.version and each.since]
    tried = Release.objects.for_shop(shop).filter(use_case=use_case)
    for exposed_at, phase, entered_at in tried.values_list("exposed_at", "phase", "entered_at"):
        if exposed_at:
            spans.append((exposed_at, None if phase in (Release.Phase.LIVE, *Release.OPEN) else entered_at))
    found: list[Shown] = []
    for since, until in sorted(spans, key=lambda each: each[0]):
        if found and (found[-1].until is None or since <= found[-1].until):
            last = found[-1].until
            found[-1] = replace(found[-1], until=max(last, until) if last and until else None)
        else:
            found.append(Shown(use_case, since, until))
    return found
