"""How one arm did, window by window: hours, or days where answers come in batches (METHODS 4f).

A window without a row is a window without data. What units it should have had is worked out once, from the same hours
of past weeks, and kept with it. The web process counts into these windows, so this module loads nothing heavy.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum

from pipelines.lifecycle.ingest import freshness
from pipelines.models import CronSlot, Release, ServingWindow, SyncRun
from pipelines.stats import clock
from pipelines.stats.clock import Span
from pipelines.strategies import Health, Step, Window
from pipelines.usecases import USE_CASES

CANARY, STABLE = "canary", "stable"
LOOKS_BACK = timedelta(days=28)
A_DAY = timedelta(days=1)
WEEKS = 4
LEAST_EXPECTED = 5  # fewer units are quiet, not missing
ERRORS_ALLOWED = 0.01  # of units
SLOW_ALLOWED = 0.05  # of units: the 95th percentile lies over the objective
# Of windows `w`: those whose answers were shown to somebody. A version that only runs alongside counts the same again.
SHOWN = """
    (w.arm = 'stable' OR EXISTS (
        SELECT FROM pipelines_release r WHERE r.shop_id = w.shop_id AND r.use_case = w.use_case
            AND r.version_id = w.version_id AND r.exposed_at <= w.starts_at))
"""
FALSE_BREACHES = 0.01  # of windows, shared by errors and slow answers
SEVERE = 5  # times what is allowed
SUMS_UP = "answers: sum up"  # on the clock of jobs/schedule, which keeps its ticks for as long as is looked back


@dataclass(frozen=True)
class Count:
    """What was counted of one arm in one window."""

    units: int = 0
    errors: int = 0
    slow: int = 0
    heartbeats: int = 0
    broken: str = ""
    expected: float | None = None

    @property
    def is_seen(self) -> bool:
        """Tell whether the arm was heard of at all."""
        return bool(self.units or self.heartbeats or self.broken)

    def plus(self, other: Count) -> Count:
        """Add what another version of the same arm counted."""
        return Count(
            self.units + other.units,
            self.errors + other.errors,
            self.slow + other.slow,
            self.heartbeats + other.heartbeats,
            self.broken or other.broken,
        )


NOTHING = Count()


@dataclass(frozen=True)
class Usual:
    """What share of units fails or waits anyway: what is allowed, or what the version before was used to."""

    errors: float = ERRORS_ALLOWED
    slow: float = SLOW_ALLOWED
    beats: bool = False  # an arm is heard of whether anybody asks or not, so silence is telling
    least: int = LEAST_EXPECTED  # units that a window speaks from


def answers_in_batches(use_case: str) -> bool:
    """Tell whether a use case answers once a day for everything, and nobody asks."""
    return not USE_CASES[use_case].is_asked


def window_at(use_case: str, zone: ZoneInfo, moment: datetime) -> Span:
    """Return the window in which an answer of this moment counts."""
    return clock.day_of(moment, zone) if answers_in_batches(use_case) else clock.hour_of(moment, zone)


def length_of(release: Release) -> timedelta:
    """Return how long a window of a release lasts."""
    return A_DAY if answers_in_batches(release.use_case) else clock.HOUR


def windows_of(release: Release, now: datetime) -> tuple[Window, ...]:
    """Judge the complete windows of a release's version since its step began, oldest first."""
    if not is_answering(release):
        return ()
    since = max(release.entered_at, now - LOOKS_BACK)
    mine, others = counted(release, clock.day_of(since, release.shop.zone).starts_at, now)
    if answers_in_batches(release.use_case):
        spans = list(batch_spans(release, since, now, mine))
        mine = {
            start: replace(mine.get(start, NOTHING), expected=others.get(start, NOTHING).units) for start, _ in spans
        }
        usual = replace(usual_of(release, since), beats=True, least=1)
    else:
        spans = list(clock.hours_between(since, now, release.shop.zone))
        mine |= expect(release, spans, mine)
        beats = any(count.heartbeats for count in (*mine.values(), *others.values()))
        usual = replace(usual_of(release, since), beats=beats)
    found = [judged(span, mine.get(span[0], NOTHING), others.get(span[0], NOTHING), usual) for span in spans]
    without_ours = without_old_data if answers_in_batches(release.use_case) else without_our_absence
    return tuple(without_ours(release, found))


def without_old_data(release: Release, found: Sequence[Window]) -> list[Window]:
    """Call a day quiet on which nobody answered because orders had not been read: that is told by itself."""
    if not any(window.health is Health.DOWN for window in found):
        return [*found]
    done = SyncRun.objects.for_shop(release.shop_id).filter(kind__in=freshness.ORDER_PULLS, state=SyncRun.State.DONE)
    read = list(done.filter(finished_at__gte=found[0].starts_at - A_DAY).values_list("finished_at", flat=True))
    return [
        replace(window, health=Health.QUIET) if window.health is Health.DOWN and not is_fresh(window, read) else window
        for window in found
    ]


def is_fresh(window: Window, read: Iterable[datetime | None]) -> bool:
    """Tell whether orders were read on a day or on the one before: then an answer was due."""
    return any(at is not None and window.starts_at - A_DAY <= at < window.ends_at for at in read)


def without_our_absence(release: Release, found: Sequence[Window]) -> list[Window]:
    """Call an hour quiet in which nothing was heard of either arm because we did not run ourselves.

    Once we are back it says nothing of a version. What lies before the first tick that is kept stands.
    """
    if not any(window.health is Health.DOWN for window in found):
        return [*found]
    ticks = list(CronSlot.objects.filter(job=SUMS_UP).order_by("slot").values_list("slot", flat=True))
    return [
        replace(window, health=Health.QUIET) if window.health is Health.DOWN and is_between(window, ticks) else window
        for window in found
    ]


def is_between(window: Window, ticks: Sequence[datetime]) -> bool:
    """Tell whether a window lies between two ticks that follow each other."""
    place = bisect_left(ticks, window.starts_at)
    return 0 < place < len(ticks) and ticks[place] >= window.ends_at


def is_answering(release: Release) -> bool:
    """Say whether the version should be heard of: it is shown, or it answers unseen."""
    step = Step.from_dict(release.steps[release.step]) if release.steps else Step("")
    return release.phase != Release.Phase.STAGED and bool(release.weight or step.mirrors)


def arm_of(release: Release) -> str:
    """Name the arm under which the version answers: everybody's, once it is live."""
    return STABLE if release.phase == Release.Phase.LIVE else CANARY


def counted(release: Release, since: datetime, now: datetime) -> tuple[dict[datetime, Count], dict[datetime, Count]]:
    """Read what this version's arm and the other arm counted, by window."""
    mine: dict[datetime, Count] = {}
    others: dict[datetime, Count] = {}
    rows = ServingWindow.objects.for_shop(release.shop_id).filter(
        use_case=release.use_case, starts_at__gte=since, starts_at__lte=now
    )
    facts = ("starts_at", "arm", "version_id", "units", "errors", "slow", "heartbeats", "broken", "expected")
    for start, arm, version, *figures in rows.values_list(*facts):
        if (arm, version) == (arm_of(release), release.version_id):
            mine[start] = Count(*figures)
        elif arm != arm_of(release):
            others[start] = others.get(start, NOTHING).plus(Count(*figures))
    return mine, others


def batch_spans(release: Release, since: datetime, now: datetime, mine: dict[datetime, Count]) -> Iterator[Span]:
    """Walk through the days: a day is over for us once it is answered, else when it ends."""
    day = clock.day_of(since, release.shop.zone)
    while day.starts_at <= now:
        if day.starts_at in mine or (since <= day.starts_at and day.ends_at <= now):
            yield day
        day = clock.day_of(day.ends_at, release.shop.zone)


# What a window should have had


def expect(release: Release, spans: Iterable[Span], mine: dict[datetime, Count]) -> dict[datetime, Count]:
    """Work out the expected units of windows that were never asked for, and keep them."""
    asked = [span for span in spans if mine.get(span[0], NOTHING).expected is None]
    if not asked:
        return {}
    zone, share = release.shop.zone, share_of(release)
    past = {start: [same_hour(start, weeks, zone) for weeks in range(1, WEEKS + 1)] for start, _ in asked}
    known = units_at(release, {moment for moments in past.values() for moment in moments})
    found = {}
    for start, _ in asked:
        seen = [known[moment] for moment in past[start] if moment in known]
        expected = share * sum(seen) / len(seen) if seen else 0.0
        found[start] = replace(mine.get(start, NOTHING), expected=expected)
    keep(release, [(span, found[span[0]].expected) for span in asked])
    return found


def same_hour(start: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """Return when the same hour of the shop's clock began so many weeks before."""
    return clock.hour_of((start.astimezone(zone) - timedelta(weeks=weeks)).astimezone(UTC), zone).starts_at


def share_of(release: Release) -> float:
    """Return the share of units that the version answers for: all while it only runs alongside, and when it is live."""
    return release.weight / 100 if 0 < release.weight < 100 else 1.0


def units_at(release: Release, moments: set[datetime]) -> dict[datetime, int]:
    """Count the units that everybody's arm answered in windows of the past; an arm alongside counts the same again."""
    rows = ServingWindow.objects.for_shop(release.shop_id).filter(
        Q(units__gt=0) | Q(heartbeats__gt=0), use_case=release.use_case, arm=STABLE, starts_at__in=moments
    )
    return dict(rows.values_list("starts_at").annotate(n=Sum("units")))


def keep(release: Release, expected: Iterable[tuple[Span, float | None]]) -> None:
    """Keep what was expected with the windows; a missing one is written down."""
    ServingWindow.objects.bulk_create(
        [
            ServingWindow(
                shop_id=release.shop_id,
                use_case=release.use_case,
                version_id=release.version_id,
                arm=arm_of(release),
                starts_at=start,
                ends_at=end,
                expected=units,
            )
            for (start, end), units in expected
        ],
        update_conflicts=True,
        unique_fields=["shop", "use_case", "arm", "version", "starts_at"],
        update_fields=["expected"],
    )


def usual_of(release: Release, since: datetime) -> Usual:
    """Learn what share of units failed and waited with the versions that everybody saw before and beside this one."""
    seen = (
        ServingWindow.objects.for_shop(release.shop_id)
        .filter(use_case=release.use_case, arm=STABLE, starts_at__gte=since - LOOKS_BACK)
        .exclude(version=release.version_id)
        .aggregate(units=Sum("units"), errors=Sum("errors"), slow=Sum("slow"))
    )
    units = seen["units"] or 0
    if not units:
        return Usual()
    errors, slow = seen["errors"] / units, seen["slow"] / units
    return Usual(max(ERRORS_ALLOWED, errors), max(SLOW_ALLOWED, slow))


# Judging one window


def judged(span: Span, mine: Count, other: Count, usual: Usual) -> Window:
    """Say how one window was."""
    if mine.broken:
        return Window(*span, Health.BREACH, broken=mine.broken)
    if not mine.units:
        return Window(*span, silence(mine, other, usual))
    fails = is_over(mine.errors, mine.units, usual.errors)
    if fails or is_over(mine.slow, mine.units, usual.slow):
        return Window(*span, Health.BREACH, severe=fails and mine.errors > SEVERE * usual.errors * mine.units)
    is_quiet = max(mine.expected or 0.0, mine.units) < usual.least
    return Window(*span, Health.QUIET if is_quiet else Health.OK)


def silence(mine: Count, other: Count, usual: Usual) -> Health:
    """Say what it means that an arm answered for nobody."""
    is_missed = (mine.expected or 0.0) >= usual.least
    if not (mine.is_seen or other.is_seen):
        return Health.DOWN if is_missed or usual.beats else Health.QUIET
    if is_missed or (other.heartbeats and not mine.heartbeats):
        return Health.NO_DATA
    return Health.QUIET


def is_over(count: int, units: int, allowed: float) -> bool:
    """Tell whether more units than allowed are affected, and more than chance explains (exact binomial tail)."""
    if count <= allowed * units:
        return False
    from scipy.stats import binom

    return bool(binom.sf(count - 1, units, allowed) <= FALSE_BREACHES / 2)
