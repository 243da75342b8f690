"""Who sees which version, and how it answered: asked and told by the web process for every visitor.

A unit is known by the digest of its first-party id, and falls by that digest into the same bucket for as long as a
release lasts; the cart carries the digest's hex as `_shopmlops_unit`, by which its order is found again. What a unit
is to the comparison is written down at its first sight and stands: who was between the arms then is never compared,
also when a larger share shows it the new version later (METHODS 4e). Standard library and one or two statements a call:
a visitor waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from pipelines.lifecycle.evidence.windows import window_at
from pipelines.models import ModelVersion, Release, ServedUnit, Shop
from pipelines.stats import assignment

CANARY, CONTROL, STABLE = assignment.CANARY, assignment.CONTROL, "stable"
BETWEEN = assignment.BETWEEN
What = ServedUnit.What
SERVED_KEPT = timedelta(days=2)
AT_ONCE = 20_000  # rows of one delete

# What runs, and the release that shows a second version: only while its version may run and somebody's yes stands.
READ = """
    SELECT d.active_id, r.id, r.version_id, r.seed, r.step, r.weight
    FROM pipelines_deployment d
    LEFT JOIN pipelines_release r ON r.shop_id = d.shop_id AND r.use_case = d.use_case AND r.version_id = d.canary_id
        AND r.phase = ANY(%(open)s) AND r.weight BETWEEN 1 AND 99
        AND EXISTS (SELECT FROM pipelines_modelversion v WHERE v.id = r.version_id AND v.state = ANY(%(may_run)s))
        AND EXISTS (SELECT FROM pipelines_approval a WHERE a.release_id = r.id AND a.voided_because = ''
            AND (a.consumed_at IS NOT NULL OR a.expires_at > %(now)s))
    WHERE d.shop_id = %(shop)s AND d.use_case = %(use_case)s
"""
# The first sight stands for ever, also that a unit was between the arms: counted as new at a later step it would
# unbalance every ramp, since the control that returned with it was counted before.
FIRST_SIGHT = """
    INSERT INTO pipelines_exposure (shop_id, release_id, unit, arm, step, first_at, had_error, was_slow)
    VALUES (%(shop)s, %(release)s, %(unit)s, %(arm)s, %(step)s, %(now)s, false, false)
    ON CONFLICT (release_id, unit) DO NOTHING
"""
# Who is compared consumes what allowed it.
EXPOSE = f"""
    WITH shown AS ({FIRST_SIGHT} RETURNING release_id)
    UPDATE pipelines_approval a SET consumed_at = %(now)s FROM shown
    WHERE a.release_id = shown.release_id AND a.consumed_at IS NULL AND a.voided_because = ''
        AND a.expires_at > %(now)s
"""
COUNT = """
    WITH told AS (
        INSERT INTO pipelines_servedunit (shop_id, use_case, arm, version_id, starts_at, unit, what)
        SELECT %(shop)s, %(use_case)s, %(arm)s, %(version)s, %(starts_at)s, %(unit)s, what
        FROM unnest(%(whats)s::text[]) AS what WHERE %(unit)s::bytea IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING what),
    new AS (
        SELECT what FROM told UNION ALL SELECT what FROM unnest(%(whats)s::text[]) AS what
        WHERE %(unit)s::bytea IS NULL)
    INSERT INTO pipelines_servingwindow AS held (
        shop_id, use_case, arm, version_id, starts_at, ends_at, units, errors, slow, broken, heartbeats)
    SELECT %(shop)s, %(use_case)s, %(arm)s, %(version)s, %(starts_at)s, %(ends_at)s,
        count(*) FILTER (WHERE what = 'unit'), count(*) FILTER (WHERE what = 'error'),
        count(*) FILTER (WHERE what = 'slow'), '', %(beats)s
    FROM new HAVING count(*) > 0 OR %(beats)s > 0
    ON CONFLICT (shop_id, use_case, arm, version_id, starts_at) DO UPDATE SET
        units = held.units + excluded.units, errors = held.errors + excluded.errors,
        slow = held.slow + excluded.slow, heartbeats = held.heartbeats + excluded.heartbeats
"""
FLAG = """
    UPDATE pipelines_exposure e SET had_error = e.had_error OR %(failed)s, was_slow = e.was_slow OR %(slow)s
    FROM pipelines_release r
    WHERE r.shop_id = %(shop)s AND r.use_case = %(use_case)s AND r.phase = ANY(%(open)s)
        AND e.release_id = r.id AND e.shop_id = r.shop_id AND e.unit = %(unit)s AND e.arm <> 'between'
        AND ((%(failed)s AND NOT e.had_error) OR (%(slow)s AND NOT e.was_slow))
"""
# Nobody asks who was between once a release is over; its arms are kept for the restatements.
FORGET_BETWEEN = """
    DELETE FROM pipelines_exposure WHERE ctid = ANY(ARRAY(
        SELECT e.ctid FROM pipelines_exposure e JOIN pipelines_release r ON r.id = e.release_id
        WHERE e.arm = 'between' AND r.phase <> ALL(%(open)s) LIMIT %(most)s))
"""
OPEN = [phase.value for phase in Release.OPEN]
MAY_RUN = [ModelVersion.State.VALIDATED.value, ModelVersion.State.UNDECIDED.value]


@dataclass(frozen=True)
class Assignment:
    """What one unit sees."""

    version: int | None  # id of the version that answers; nothing for the simple rule
    arm: str  # canary: the new version; control, stable: what runs, with a part in the comparison and without
    release: int | None  # id of the release that compares
    bucket: float | None
    unit: bytes  # digest of the first-party id; its hex goes into the cart's attribute


def assign(shop: Shop, use_case: str, unit_id: str, *, now: datetime) -> Assignment:
    """Say which version a unit sees now, by its bucket alone; write its first sight of a release down, once."""
    unit = assignment.digest(unit_id)
    asked = {"shop": shop.pk, "use_case": use_case, "now": now, "open": OPEN, "may_run": MAY_RUN}
    row = run(READ, asked)
    if row is None:
        return Assignment(None, STABLE, None, None, unit)
    active, release, version, seed, step, weight = row
    if release is None:
        return Assignment(active, STABLE, None, None, unit)
    bucket = assignment.bucket(seed, unit.hex())
    arm = assignment.arm(bucket, weight / 100)
    first = {"shop": shop.pk, "release": release, "unit": unit, "arm": arm, "step": step, "now": now}
    if arm == BETWEEN:
        run(FIRST_SIGHT, first)
        return Assignment(active, STABLE, release, bucket, unit)
    run(EXPOSE, first)
    return Assignment(version if arm == CANARY else active, arm, release, bucket, unit)


def record_answer(
    shop: Shop,
    use_case: str,
    *,
    version: ModelVersion | int | None,
    arm: str,
    now: datetime,
    unit: bytes | None = None,
    failed: bool = False,
    slow: bool = False,
) -> None:
    """Count an answer in its window: a unit once, as failed once, as slow once; without a unit every answer counts."""
    whats = [What.UNIT.value, *[What.ERROR.value] * failed, *[What.SLOW.value] * slow]
    count(shop, use_case, version, arm, now, unit=unit, whats=whats, beats=0)
    if unit is not None and (failed or slow):
        facts = {"shop": shop.pk, "use_case": use_case, "open": OPEN, "unit": unit, "failed": failed, "slow": slow}
        run(FLAG, facts)


def heartbeat(shop: Shop, use_case: str, version: ModelVersion | int | None, arm: str, now: datetime) -> None:
    """Say that an arm could answer, whether anybody asked or not."""
    count(shop, use_case, version, arm, now, unit=None, whats=[], beats=1)


def count(
    shop: Shop,
    use_case: str,
    version: ModelVersion | int | None,
    arm: str,
    now: datetime,
    *,
    unit: bytes | None,
    whats: list[str],
    beats: int,
) -> None:
    """Add to the window that the moment lies in."""
    starts_at, ends_at = window_at(use_case, shop.zone, now)
    facts = {"shop": shop.pk, "use_case": use_case, "version": getattr(version, "pk", version)}
    facts |= {"arm": CANARY if arm == CANARY else STABLE, "starts_at": starts_at, "ends_at": ends_at}
    run(COUNT, facts | {"unit": unit, "whats": whats, "beats": beats})


def forget_served(now: datetime) -> int:
    """Forget who was counted in windows that are long over; the counts stay."""
    return ServedUnit.objects.filter(starts_at__lt=now - SERVED_KEPT).delete()[0]


def forget_between() -> int:
    """Forget who was between the arms of releases that are over; return how many units that were."""
    facts, forgotten = {"open": OPEN, "most": AT_ONCE}, 0
    while found := execute(FORGET_BETWEEN, facts):
        forgotten += found
    return forgotten


def execute(sql: str, facts: dict[str, Any]) -> int:
    """Run one statement; return how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return int(cursor.rowcount)


def run(sql: str, facts: dict[str, Any]) -> tuple[Any, ...] | None:
    """Run one statement; return its first row, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        row: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
    return row
