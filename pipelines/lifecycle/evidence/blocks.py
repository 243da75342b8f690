"""Close the evidence of a release hour by hour: once, when its last unit is a day old, and for good (METHODS 4e).

A block counts who first saw which arm in one hour of one step, and who of them ordered within 24 hours. What becomes
of these orders later is written beside it, for reports; what has decided is never rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from pipelines.lifecycle.evidence import peaks
from pipelines.models import Release, Shop
from pipelines.stats import clock

MATURITY = timedelta(hours=24)
RESTATED_FOR = timedelta(days=60)
ARMS = ("canary", "control")
COUNTS = {
    "units": "count(*) FILTER (WHERE e.arm = '{arm}')",
    "orders": "count(o.minor) FILTER (WHERE e.arm = '{arm}')",
    "revenue": "coalesce(sum(o.minor::float8) FILTER (WHERE e.arm = '{arm}'), 0)",
    "revenue_squared": "coalesce(sum(o.minor::float8 ^ 2) FILTER (WHERE e.arm = '{arm}'), 0)",
    "errors": "count(*) FILTER (WHERE e.arm = '{arm}' AND e.had_error)",
    "slow": "count(*) FILTER (WHERE e.arm = '{arm}' AND e.was_slow)",
    "refunds": "count(*) FILTER (WHERE e.arm = '{arm}' AND o.was_refunded)",
}
FIGURES = {f"{arm}_{name}": count.format(arm=arm) for arm in ARMS for name, count in COUNTS.items()}
NAMES = ", ".join(FIGURES)

# Units of both arms with their first order that counts, one at most; who was between them is never counted.
SHOWN = """
    SELECT e.step, date_bin('1 hour', e.first_at, %(grid)s) AS starts_at, e.arm, e.had_error, e.was_slow, e.first_at,
           e.shop_id, e.unit
    FROM pipelines_exposure e
    WHERE e.shop_id = %(shop)s AND e.release_id = %(release)s AND e.first_at < %(until)s AND e.arm <> 'between'
"""
FIRST_ORDER = """
    LEFT JOIN LATERAL (
        SELECT least(o.total_minor, %(cap)s) AS minor, o.refunded_minor > 0 AS was_refunded FROM pipelines_order o
        WHERE o.shop_id = e.shop_id AND o.unit = e.unit
          AND o.processed_at >= e.first_at AND o.processed_at < e.first_at + interval '24 hours'
          AND o.cancelled_at IS NULL AND o.deleted_at IS NULL AND NOT o.is_test
        ORDER BY o.processed_at, o.shopify_id LIMIT 1) o ON true
"""
CLOSE = f"""
    INSERT INTO pipelines_evidenceblock (shop_id, release_id, closed_at, step, starts_at, is_weekend, is_peak, {NAMES})
    SELECT %(shop)s, %(release)s, %(now)s, e.step, e.starts_at, l.weekend,
           l.hour = ANY(CASE WHEN l.weekend THEN %(weekend)s::int[] ELSE %(weekday)s::int[] END),
           {", ".join(FIGURES.values())}
    FROM ({SHOWN} AND e.first_at >= coalesce((
            SELECT max(b.starts_at) + interval '1 hour' FROM pipelines_evidenceblock b
            WHERE b.release_id = %(release)s), '-infinity')) AS e
    CROSS JOIN LATERAL (
        SELECT extract(isodow FROM e.starts_at AT TIME ZONE %(zone)s) >= 6 AS weekend,
               extract(hour FROM e.starts_at AT TIME ZONE %(zone)s)::int AS hour) AS l
    {FIRST_ORDER}
    GROUP BY e.step, e.starts_at, l.weekend, l.hour
    ON CONFLICT (release_id, step, starts_at) DO NOTHING
"""
RESTATE = f"""
    UPDATE pipelines_evidenceblock b SET restated = new.figures
    FROM (
        SELECT b.id, nullif(figures.now, figures.was) AS figures
        FROM (SELECT e.step, e.starts_at, {", ".join(f"{sql} AS {name}" for name, sql in FIGURES.items())}
              FROM ({SHOWN}) AS e {FIRST_ORDER} GROUP BY e.step, e.starts_at) AS n
        JOIN pipelines_evidenceblock b
            ON b.release_id = %(release)s AND b.step = n.step AND b.starts_at = n.starts_at
        CROSS JOIN LATERAL (
            SELECT jsonb_build_object({", ".join(f"'{name}', n.{name}" for name in FIGURES)}) AS now,
                   jsonb_build_object({", ".join(f"'{name}', b.{name}" for name in FIGURES)}) AS was) AS figures
        WHERE b.closed_at >= %(since)s) AS new
    WHERE b.id = new.id AND b.restated IS DISTINCT FROM new.figures
"""


def close_blocks(release: Release, now: datetime) -> int:
    """Write the blocks whose last unit is a day old and that have none yet; return how many."""
    hours = peaks.peaks_of(release.shop, now)
    facts = known(release, clock.hour_of(now - MATURITY, release.shop.zone).starts_at)
    facts |= {"now": now, "zone": release.shop.timezone}
    facts |= {name: list(hours.get(name, ())) for name in peaks.CLASSES}
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, facts)
        return int(cursor.rowcount)


def restate_blocks(release: Release, now: datetime) -> int:
    """Write beside closed blocks what cancellations and refunds made of them since; return how many changed."""
    with connection.cursor() as cursor:
        cursor.execute(RESTATE, known(release, now) | {"since": now - RESTATED_FOR})
        return int(cursor.rowcount)


def known(release: Release, until: datetime) -> dict[str, Any]:
    """Say whose units are counted, until when, on which hours, and what an order may count at most."""
    began = release.exposed_at or release.created_at
    return {
        "shop": release.shop_id,
        "release": release.pk,
        "until": until,
        "grid": clock.hour_of(began, release.shop.zone).starts_at,
        "cap": release.evidence.get("plan", {}).get("cap_minor"),
    }


# Once a day


def seen_lately(now: datetime) -> Iterator[tuple[int, int]]:
    """Yield the releases that shoppers saw lately: what became of their orders is written beside their blocks."""
    seen = Release.objects.filter(exposed_at__gte=now - RESTATED_FOR, shop__in=Shop.objects.installed())
    yield from seen.values_list("shop_id", "pk")
