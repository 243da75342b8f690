"""Tell where visitors are let down by the door itself, whichever version they were to meet.

A door that says the simple answer to everybody has no errors and answers fast, so each version looks fine. What is
counted is what visitors saw of all versions together; what answers unseen is left out. Several hours must show it, one
where it costs most: an hour in which a process began anew is no news. What a version's own alert tells is not told
twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection

from pipelines import words
from pipelines.lifecycle.alerts import board, lives
from pipelines.lifecycle.evidence import windows
from pipelines.lifecycle.monitor.judging import COUNTED
from pipelines.lifecycle.monitor.watch import revenue
from pipelines.lifecycle.monitor.watch.answers import (
    EVERY,
    HOURS,
    LOOKS_BACK,
    NEW,
    PEAK,
    SEGMENTS,
    TELLS,
    WHEN,
    title_of,
)
from pipelines.models import Alert, Shop

AVAILABILITY, FALLBACKS = "availability", "fallback_share"
OPENS_AFTER = {PEAK: 1, EVERY: 2}  # hours in which more than allowed were let down
TOLD = {
    FALLBACKS: "{share} were given the simple answer, because the model's could not be asked for ({allowed} may)",
    AVAILABILITY: "{share} had no sound answer ({allowed} may)",
}
NEXT = {
    FALLBACKS: "No version is at fault, and visitors see your shop as without a model: we see to it. Only where it "
    "began as a version went live, roll that one back under Versions.",
    AVAILABILITY: "Look under Monitoring whose answers failed and what went live when it began. If it lasts, roll back "
    "under Versions.",
}
# Where an hour that is new is worse than allowed, and what was told and is not over: the last hours, newest first.
SEEN = """
    WITH asked AS (
        SELECT m.shop_id, m.use_case, CASE m.segment WHEN 'all' THEN 'every' ELSE 'peak' END AS kind, false AS is_open
        FROM pipelines_measurement m JOIN pipelines_shop s ON s.id = m.shop_id AND s.uninstalled_at IS NULL
        WHERE m.starts_at >= %(new)s AND m.starts_at < %(now)s AND m.release_id IS NULL
            AND m.metric IN ('availability', 'fallback_share')
            AND CASE m.metric WHEN 'availability' THEN 1 - m.value ELSE m.value END > %(allowed)s
            AND m.segment IN ('all', 'peak_weekday', 'peak_weekend')
        UNION
        SELECT o.shop_id, split_part(o.key, ':', 3), split_part(o.key, ':', 2), true
        FROM pipelines_alert o JOIN pipelines_shop s ON s.id = o.shop_id AND s.uninstalled_at IS NULL
        WHERE o.closed_at IS NULL AND o.key LIKE 'door:%%:%%')
    SELECT a.shop_id, a.kind, a.use_case, a.is_open, seen.shown, seen.refused, seen.fell_back
    FROM (SELECT shop_id, kind, use_case, bool_or(is_open) AS is_open FROM asked GROUP BY 1, 2, 3) AS a
    CROSS JOIN LATERAL (
        SELECT o.starts_at, sum(o.n)::int AS shown, sum(round(o.n * (1 - o.value)))::int AS refused,
            sum(round(o.n * f.value))::int AS fell_back
        FROM pipelines_measurement o
        JOIN pipelines_measurement f ON f.shop_id = o.shop_id AND f.use_case = o.use_case AND f.starts_at = o.starts_at
            AND f.segment = o.segment AND f.metric = 'fallback_share' AND f.release_id IS NULL
            AND (f.version_id = o.version_id OR (f.version_id IS NULL AND o.version_id IS NULL))
        WHERE o.shop_id = a.shop_id AND o.use_case = a.use_case AND o.metric = 'availability' AND o.release_id IS NULL
            AND o.n > 0 AND o.value IS NOT NULL
            AND o.segment = ANY(CASE a.kind WHEN 'peak' THEN %(peak)s ELSE %(every)s END)
            AND o.starts_at >= CASE a.kind WHEN 'peak' THEN %(peak_since)s ELSE %(every_since)s END
            AND o.starts_at < %(now)s
        GROUP BY o.starts_at ORDER BY o.starts_at DESC LIMIT %(hours)s) AS seen
    ORDER BY a.shop_id, a.kind, a.use_case, seen.starts_at DESC
"""


@dataclass(frozen=True)
class Door:
    """Which door, and in which hours."""

    shop: int
    kind: str
    use_case: str
    is_open: bool  # it was told and is not over

    @property
    def key(self) -> str:
        return f"door:{self.kind}:{self.use_case}"

    @property
    def is_told_of_a_version(self) -> bool:
        """Tell whether a version's own alert says already what goes wrong."""
        of_versions = Alert.objects.open().filter(
            shop=self.shop, key__startswith=f"{TELLS}{self.kind}:{self.use_case}:"
        )
        return of_versions.exists()


@dataclass(frozen=True)
class LetDown:
    """How many visitors were let down in one way, hour by hour, newest first."""

    metric: str
    hours: tuple[tuple[int, int], ...]  # visitors, and of them let down

    @property
    def allowed(self) -> float:
        return COUNTED[self.metric][2]

    @property
    def visitors(self) -> int:
        return sum(shown for shown, _ in self.hours)

    @property
    def share(self) -> float:
        return sum(hit for _, hit in self.hours) / self.visitors

    @property
    def is_over(self) -> bool:
        return windows.is_over(sum(hit for _, hit in self.hours), self.visitors, self.allowed)

    @property
    def is_calm(self) -> bool:
        newest = self.hours[: lives.CALM_WINDOWS]
        return not self.is_over and not any(windows.is_over(hit, shown, self.allowed) for shown, hit in newest)

    def lasts(self, hours: int) -> bool:
        """Tell whether so many hours had more than allowed."""
        return sum(hit > self.allowed * shown for shown, hit in self.hours) >= hours

    @property
    def sentence(self) -> str:
        return TOLD[self.metric].format(share=words.percent(self.share), allowed=words.percent(self.allowed))


def look(now: datetime) -> int:
    """Open, repeat and close what is told of doors; return how many are open."""
    facts: dict[str, Any] = {"now": now, "new": now - NEW, "hours": HOURS, "allowed": windows.ERRORS_ALLOWED}
    facts |= SEGMENTS | {f"{kind}_since": now - back for kind, back in LOOKS_BACK.items()}
    with connection.cursor() as cursor:
        cursor.execute(SEEN, facts)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return sum(tell(Door(*door), list(seen), now) for door, seen in groupby(rows, key=lambda row: row[:4]))


def tell(door: Door, seen: Iterable[tuple[Any, ...]], now: datetime) -> bool:
    """Say that a door lets visitors down, or that it is over; True while it is told."""
    hours = [row[4:] for row in seen]
    found = (
        LetDown(FALLBACKS, tuple((shown, fell_back) for shown, _, fell_back in hours)),
        LetDown(AVAILABILITY, tuple((shown, refused) for shown, refused, _ in hours)),
    )
    over = [each for each in found if each.is_over and (door.is_open or each.lasts(OPENS_AFTER[door.kind]))]
    if over and (over[0].metric == FALLBACKS or not door.is_told_of_a_version):
        open_alert(door, over, now)
        return True
    if door.is_open and all(each.is_calm for each in found):
        board.close(door.shop, door.key, now)
    return False


def open_alert(door: Door, over: list[LetDown], now: datetime) -> None:
    """Say how many are let down, what that puts at risk, and what now."""
    shop, share = Shop.objects.get(pk=door.shop), max(each.share for each in over)
    told = "; ".join(each.sentence for each in over)
    is_severe = any(each.share > windows.SEVERE * each.allowed for each in over)
    board.tell(
        shop,
        door.key,
        title=f"{title_of(door.use_case)}: visitors go without its answer in {WHEN[door.kind]}",
        text=f"Of {words.counted(over[0].visitors, 'visitor')}, {told}.",
        next_step=NEXT[over[0].metric],
        severity=board.Severity.CRITICAL if is_severe else board.Severity.WARNING,
        use_case=door.use_case,
        minor_per_hour=revenue.at_risk(shop, share, at_peak=door.kind == PEAK, now=now),
        now=now,
    )
