"""What of our own doing may lie behind a drift: what shoppers or orders were first told, or no longer, just before it.

Only what reaches shoppers changes what they do. A version after another is none: one comes every week, so that one
would stand before each change. What we do is trained for once, however many features follow it and however often one
of them comes and goes while it is compared with days before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from pipelines import words
from pipelines.lifecycle.monitor.retrain import BEGAN, OURS
from pipelines.lifecycle.monitor.watch.inputs import DRIFT, KNOWN
from pipelines.lifecycle.releases.what_ran import history
from pipelines.models import Measurement, Release, Shop, TrainingRun
from pipelines.stats.drift.findings import CHANGED
from pipelines.stats.drift.persistence import LAST
from pipelines.stats.drift.windows import WEEKS
from pipelines.usecases import USE_CASES

BEFORE = timedelta(days=7)  # the first window that differs: what is shown is bought within a few days
COMPARED_WITH = timedelta(weeks=WEEKS)  # so long a window has days before what we did among those it is compared with


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
    """Yield the first of the windows by which each feature's drift was found to last, and of what it came back from."""
    for feature in features:
        rows = began(shop, use_case).filter(segment=feature)
        if newest := rows.last():
            reach = COMPARED_WITH if newest.metric == OURS else timedelta(0)
            for row in rows.filter(starts_at__gte=newest.starts_at - reach):
                yield from first_window(row)


def began(shop: Shop, use_case: str) -> QuerySet[Measurement]:
    """Give the drifts that began, the oldest first."""
    mine = Measurement.objects.for_shop(shop).filter(use_case=use_case, version=None, release=None)
    return mine.filter(metric__in=(BEGAN, OURS)).order_by("starts_at")


def first_window(drift: Measurement) -> list[Measurement]:
    """Give the first of the windows by which a drift was found to last, where one is known."""
    mine = Measurement.objects.for_shop(drift.shop_id).filter(use_case=drift.use_case, version=None, release=None)
    found = mine.filter(metric=DRIFT, segment=drift.segment, starts_at__lte=drift.starts_at)
    decided = found.filter(verdict__in=[each.value for each in KNOWN]).order_by("-starts_at")[:LAST]
    return [row for row in decided if row.verdict in CHANGED][-1:]


def is_trained_for(drift: Measurement) -> bool:
    """Tell whether what lies behind a drift that begins is our own doing, for which a version was trained already.

    One that comes back is what it was before, as long as it is compared with days before what we did.
    """
    earlier = began(drift.shop, drift.use_case).filter(starts_at__lt=drift.starts_at)
    lately = [(row, causes(row)) for row in earlier.filter(starts_at__gte=drift.starts_at - COMPARED_WITH)]
    trained = newest_training(drift)
    known = {at for row, ours in lately if row.metric == BEGAN and trained and row.made_at <= trained for at in ours}
    again = {at for row, ours in lately if row.segment == drift.segment for at in ours}
    ours = causes(drift) | {at for at in again if at > drift.starts_at - COMPARED_WITH}
    return bool(ours) and ours <= known


def newest_training(drift: Measurement) -> datetime | None:
    """Return when the newest training was asked for that made a version; nothing where none did."""
    done = TrainingRun.objects.for_shop(drift.shop_id).filter(use_case=drift.use_case, state=TrainingRun.State.DONE)
    newest: datetime | None = done.aggregate(at=Max("created_at"))["at"]
    return newest


def comes_back(shop: Shop, use_case: str, features: Sequence[str]) -> bool:
    """Tell whether all that some features follow is what was trained for already."""
    newest = (began(shop, use_case).filter(segment=each).last() for each in features)
    return all(row is not None and row.metric == OURS for row in newest)


def causes(drift: Measurement) -> set[datetime]:
    """Give when what may lie behind a drift began or ended to be told."""
    firsts = first_window(drift)
    ends = (at for shown in reaching(drift.shop, firsts) for at in (shown.since, shown.until))
    return {at for at in ends if at is not None and is_just_before(at, firsts)}


def turns(shop: Shop, firsts: Sequence[Measurement]) -> Iterator[tuple[Shown, bool]]:
    """Yield what began or ended up to a week before a window that first differed, with whether it began then."""
    for shown in reaching(shop, firsts):
        began, ended = (is_just_before(at, firsts) for at in (shown.since, shown.until))
        if began or ended:
            yield shown, began


def reaching(shop: Shop, firsts: Sequence[Measurement]) -> Iterator[Shown]:
    """Yield all that shoppers were ever shown, where a window differs at all."""
    families = [slug for slug, case in USE_CASES.items() if case.reaches_shoppers] if firsts else []
    return (shown for slug in families for shown in times(shop, slug))


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
