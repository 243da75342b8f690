"""Tell where what runs does badly: in the last hours, and in the shop's peak hours, where it costs most.

An hour that has too few units for a verdict counts with those before it. What the peak hours show stands for itself,
also where all hours together look fine. One that was told is over when three hours of its kind in a row are calm. What
is no version's fault is told of its door (door).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from pipelines import words
from pipelines.lifecycle.alerts import board, lives
from pipelines.lifecycle.evidence import windows
from pipelines.lifecycle.monitor.judging import COUNTED
from pipelines.lifecycle.monitor.watch import revenue
from pipelines.models import ModelVersion, Shop
from pipelines.usecases import USE_CASES

PEAK, EVERY = "peak", "every"
HOURS = 5
LOOKS_BACK = {PEAK: timedelta(days=14), EVERY: timedelta(days=1)}
NEW = timedelta(hours=3)  # an hour that was measured within it is looked at
SEGMENTS = {PEAK: ["peak_weekday", "peak_weekend"], EVERY: ["all"]}
TOLD = {
    "error_share": "{share} of visitors met an error ({allowed} may)",
    "slow_share": "{share} waited longer than allowed ({allowed} may)",
}
TELLS = "answers:"  # its kind of hours, its use case and its version follow
WHEN = {PEAK: "your busiest hours", EVERY: "the last hours"}
NEXT = "Look under Monitoring what went live when it began. If it lasts, roll back under Versions."

# What was worse than allowed in an hour that is new, and what was told and is not over: its last hours, newest first.
SEEN = """
    WITH asked AS (
        SELECT m.shop_id, m.use_case, m.version_id, CASE m.segment WHEN 'all' THEN 'every' ELSE 'peak' END AS kind,
            false AS is_open
        FROM pipelines_measurement m
        JOIN unnest(%(metrics)s::text[], %(allowed)s::float8[]) AS a(metric, most) ON a.metric = m.metric
        JOIN pipelines_shop s ON s.id = m.shop_id AND s.uninstalled_at IS NULL
        WHERE m.starts_at >= %(new)s AND m.starts_at < %(now)s AND m.release_id IS NULL AND m.value > a.most
            AND m.segment IN ('all', 'peak_weekday', 'peak_weekend')
        UNION
        SELECT o.shop_id, split_part(o.key, ':', 3), nullif(split_part(o.key, ':', 4), '0')::bigint,
            split_part(o.key, ':', 2), true
        FROM pipelines_alert o JOIN pipelines_shop s ON s.id = o.shop_id AND s.uninstalled_at IS NULL
        WHERE o.closed_at IS NULL AND o.key LIKE 'answers:%%:%%:%%')
    SELECT a.shop_id, a.kind, a.use_case, a.version_id, a.is_open, seen.metric, seen.n, seen.value, seen.verdict
    FROM (SELECT shop_id, kind, use_case, version_id, bool_or(is_open) AS is_open FROM asked GROUP BY 1, 2, 3, 4) AS a
    CROSS JOIN unnest(%(metrics)s::text[]) AS of(metric)
    CROSS JOIN LATERAL (
        SELECT m.metric, m.n, m.value, m.verdict, m.starts_at FROM pipelines_measurement m
        WHERE m.shop_id = a.shop_id AND m.use_case = a.use_case AND m.metric = of.metric AND m.release_id IS NULL
            AND (m.version_id = a.version_id OR (m.version_id IS NULL AND a.version_id IS NULL))
            AND m.segment = ANY(CASE a.kind WHEN 'peak' THEN %(peak)s ELSE %(every)s END) AND m.value IS NOT NULL
            AND m.starts_at >= CASE a.kind WHEN 'peak' THEN %(peak_since)s ELSE %(every_since)s END
            AND m.starts_at < %(now)s
        ORDER BY m.starts_at DESC LIMIT %(hours)s) AS seen
    ORDER BY a.shop_id, a.kind, a.use_case, a.version_id NULLS FIRST, seen.metric, seen.starts_at DESC
"""


@dataclass(frozen=True)
class Trouble:
    """One figure over several hours."""

    metric: str
    units: int
    hit: int
    is_over: bool
    is_calm: bool

    @property
    def share(self) -> float:
        return self.hit / self.units

    @property
    def is_severe(self) -> bool:
        """Tell whether it is several times what is allowed."""
        return self.share > windows.SEVERE * allowed(self.metric)

    @property
    def sentence(self) -> str:
        return TOLD[self.metric].format(share=words.percent(self.share), allowed=words.percent(allowed(self.metric)))


@dataclass(frozen=True)
class Who:
    """Whose answers, and in which hours."""

    shop: int
    kind: str
    use_case: str
    version: int | None
    is_open: bool  # it was told and is not over

    @property
    def key(self) -> str:
        return f"{TELLS}{self.kind}:{self.use_case}:{self.version or 0}"


def look(now: datetime) -> int:
    """Open, repeat and close what is told of answers; return how many are open."""
    return sum(tell(who, list(seen), now) for who, seen in groupby(rows(now), key=lambda row: Who(*row[:5])))


def rows(now: datetime) -> list[tuple[Any, ...]]:
    """Read the last hours of what may be told."""
    facts: dict[str, Any] = {"now": now, "new": now - NEW, "hours": HOURS, "metrics": [*TOLD]}
    facts |= {"allowed": [*map(allowed, TOLD)]}
    facts |= SEGMENTS | {f"{kind}_since": now - back for kind, back in LOOKS_BACK.items()}
    with connection.cursor() as cursor:
        cursor.execute(SEEN, facts)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def allowed(metric: str) -> float:
    """Return which share of units may be hit."""
    return COUNTED[metric][2]


def tell(who: Who, seen: Iterable[tuple[Any, ...]], now: datetime) -> bool:
    """Say that the answers of a version go wrong, or that it is over; True while it is told."""
    found = [trouble(metric, [row[6:] for row in each]) for metric, each in groupby(seen, key=lambda row: row[5])]
    worst = [each for each in found if each.is_over]
    if worst:
        open_alert(who, worst, now)
    elif who.is_open and all(each.is_calm for each in found):
        board.close(who.shop, who.key, now)
    return bool(worst)


def trouble(metric: str, hours: list[tuple[int, float, str]]) -> Trouble:
    """Take hours together, newest first."""
    units, hit = sum(n for n, _, _ in hours), sum(round(n * value) for n, value, _ in hours)
    is_over = windows.is_over(hit, units, allowed(metric))
    is_calm = not any(verdict == "breach" for _, _, verdict in hours[: lives.CALM_WINDOWS])
    return Trouble(metric, units, hit, is_over, is_calm and not is_over)


def open_alert(who: Who, worst: list[Trouble], now: datetime) -> None:
    """Say what goes wrong, for how many, and what it puts at risk."""
    shop = Shop.objects.get(pk=who.shop)
    share, units = max(each.share for each in worst), max(each.units for each in worst)
    told = "; ".join(each.sentence for each in worst)
    board.tell(
        shop,
        who.key,
        title=f"{title_of(who.use_case)}: answers go wrong in {WHEN[who.kind]}",
        text=f"{named(who.version)}: of {words.counted(units, 'visitor')}, {told}.",
        next_step=NEXT,
        severity=board.Severity.CRITICAL if any(each.is_severe for each in worst) else board.Severity.WARNING,
        use_case=who.use_case,
        minor_per_hour=revenue.at_risk(shop, share, at_peak=who.kind == PEAK, now=now),
        now=now,
    )


def title_of(use_case: str) -> str:
    """Name a use case, one that is no longer ours by its slug."""
    return USE_CASES[use_case].title if use_case in USE_CASES else use_case


def named(version_id: int | None) -> str:
    """Name a version as the shop counts it."""
    if version_id is None:
        return "The simple rule"
    number = ModelVersion.objects.filter(pk=version_id).values_list("number", flat=True).first()
    return f"Version {number}" if number else "A version that is gone"
