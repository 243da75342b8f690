"""Who sees which version: what runs where, the arm of one unit, and its first sight of a release.

A unit is known by the digest of its first-party id, and falls by that digest into the same bucket for as long as a
release lasts; the cart carries the digest's hex as `_shopmlops_unit`, by which its order is found again. What a unit
is to the comparison is written down at its first sight and stands: who was between the arms then is never compared,
also when a larger share shows it the new version later (METHODS 4e). Standard library, and no statement while a visitor
waits: pointers are read in the background, sights are appended many at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from pipelines.lifecycle.hold_outs.drawn import Draw
from pipelines.models import ModelVersion, Release
from pipelines.records import record
from pipelines.stats import assignment
from pipelines.strategies import Step, strategy

CANARY, CONTROL, STABLE = assignment.CANARY, assignment.CONTROL, "stable"
BETWEEN, HELD_OUT = assignment.BETWEEN, assignment.HELD_OUT
AT_ONCE = 20_000  # rows of one delete

# What runs in every shop, who is held out of it, and the release under way whose version may run, with the yes that
# allows showing it.
READ = """
    SELECT s.domain, u.use_case, s.id, d.active_id, d.standby_id, r.id, r.version_id, r.version_id = d.canary_id,
        r.strategy, r.steps -> r.step, r.step, r.weight, r.seed, yes.is_consumed, yes.expires_at,
        h.id, h.seed, held.id, held.percent
    FROM pipelines_shop s
    CROSS JOIN unnest(%(use_cases)s::text[]) AS u(use_case)
    LEFT JOIN pipelines_deployment d ON d.shop_id = s.id AND d.use_case = u.use_case
    LEFT JOIN pipelines_release r ON r.shop_id = s.id AND r.use_case = u.use_case AND r.phase = ANY(%(asked)s)
        AND EXISTS (SELECT FROM pipelines_modelversion v WHERE v.id = r.version_id AND v.state = ANY(%(may_run)s))
    LEFT JOIN LATERAL (
        SELECT bool_or(a.consumed_at IS NOT NULL) AS is_consumed, max(a.expires_at) AS expires_at
        FROM pipelines_approval a WHERE a.release_id = r.id AND a.voided_because = '') AS yes ON r.id IS NOT NULL
    LEFT JOIN pipelines_holdout h ON h.shop_id = s.id AND h.use_case = u.use_case
    LEFT JOIN LATERAL (
        SELECT p.id, p.percent FROM pipelines_holdoutshare p
        WHERE p.hold_out_id = h.id ORDER BY p.since DESC, p.id DESC LIMIT 1) AS held ON h.id IS NOT NULL
    WHERE s.installed_at IS NOT NULL AND s.uninstalled_at IS NULL AND s.redacted_at IS NULL
        AND (%(shops)s::bigint[] IS NULL OR s.id = ANY(%(shops)s))
"""
# The first sight stands for ever, also that a unit was between the arms: counted as new at a later step it would
# unbalance every ramp, since the control that returned with it was counted before. Who is compared consumes what
# allowed it. A release that is gone spoils no other's rows.
SEE = """
    WITH first AS (
        SELECT DISTINCT ON (t.release, t.unit) t.*
        FROM json_to_recordset(%s::json) AS t(
            shop bigint, release bigint, unit text, arm text, step smallint, at timestamptz)
        JOIN pipelines_release r ON r.id = t.release AND r.shop_id = t.shop
        ORDER BY t.release, t.unit, t.at),
    shown AS (
        INSERT INTO pipelines_exposure (shop_id, release_id, unit, arm, step, first_at, had_error, was_slow)
        SELECT shop, release, decode(unit, 'hex'), arm, step, at, false, false FROM first
        ON CONFLICT (release_id, unit) DO NOTHING RETURNING release_id, arm, first_at),
    compared AS (SELECT release_id, min(first_at) AS at FROM shown WHERE arm <> 'between' GROUP BY release_id)
    UPDATE pipelines_approval a SET consumed_at = c.at FROM compared c
    WHERE a.release_id = c.release_id AND a.consumed_at IS NULL AND a.voided_because = '' AND a.expires_at > c.at
"""
# Nobody asks who was between once a release is over; its arms are kept for the restatements.
FORGET_BETWEEN = """
    DELETE FROM pipelines_exposure WHERE ctid = ANY(ARRAY(
        SELECT e.ctid FROM pipelines_exposure e JOIN pipelines_release r ON r.id = e.release_id
        WHERE e.arm = 'between' AND r.phase <> ALL(%(open)s) LIMIT %(most)s))
"""
OPEN = [phase.value for phase in Release.OPEN]
ASKED = [phase for phase in OPEN if phase != Release.Phase.STAGED]  # in these a version may be asked, shown or not
MAY_RUN = [ModelVersion.State.VALIDATED.value, ModelVersion.State.UNDECIDED.value]


@dataclass(frozen=True, slots=True)
class Pointer:
    """What runs for a shop and use case, and what is being moved."""

    shop: int
    use_case: str
    active: int | None = None  # ids of versions; nothing is the simple rule
    standby: int | None = None
    release: int | None = None
    candidate: int | None = None
    weight: int = 0  # percent of units that see the candidate
    is_mirrored: bool = False  # the candidate answers too, nobody sees it
    step: int = 0
    seed: str = ""
    expires_at: datetime | None = None  # until when a first unit may see it; nothing once somebody did
    draw: Draw | None = None  # who is held out; nothing where nobody ever was

    def splits(self, at: datetime) -> bool:
        """Tell whether units are split at a moment."""
        return 0 < self.weight < 100 and (self.expires_at is None or self.expires_at > at)

    @property
    def mirrored(self) -> int | None:
        """Return the version that answers unseen."""
        return self.candidate if self.is_mirrored else None

    @property
    def versions(self) -> list[int]:
        """List the versions that may be asked now or, going back, in a moment."""
        shown = self.candidate if self.weight or self.is_mirrored else None
        return [version for version in (self.active, shown, self.standby) if version is not None]


@record(frozen=True, slots=True)
class Assignment:
    """What one unit sees."""

    version: int | None  # id of the version that answers; nothing for the simple rule
    # canary: the new version; control, stable: what runs, with a part in the comparison and without; held_out: nothing
    arm: str
    release: int | None  # id of the release that compares
    bucket: float | None
    unit: bytes  # digest of the first-party id; its hex goes into the cart's attribute


@record(frozen=True, slots=True)
class Sight:
    """That a unit was shown a release, as what, and when; of several the first stands."""

    shop: int
    release: int
    unit: str
    arm: str
    step: int
    at: datetime


def pointers(use_cases: Iterable[str], shops: list[int] | None = None) -> Iterator[tuple[str, Pointer]]:
    """Read what runs in every installed shop, or in some of them, by domain."""
    yield from ((row[0], pointer(row)) for row in rows(use_cases, shops))


def rows(use_cases: Iterable[str], shops: list[int] | None = None) -> list[tuple[Any, ...]]:
    """Read what runs in one query, each row beginning with the shop's domain and the use case."""
    asked = {"use_cases": list(use_cases), "shops": shops, "asked": ASKED, "may_run": MAY_RUN}
    with connection.cursor() as cursor:
        cursor.execute(READ, asked)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def pointer(row: tuple[Any, ...]) -> Pointer:
    """Make a pointer of a row; nobody is split without a standing yes, nor where the deployment points elsewhere."""
    _, use_case, shop, active, standby, release, candidate, is_pointed_to, *rest = row
    name, step, number, weight, seed, is_consumed, expires_at, *held = rest
    draw = Draw(*held) if held[0] is not None else None
    if release is None:
        return Pointer(shop, use_case, active, standby, draw=draw)
    mirrors = bool(step) and strategy(name).split(Step.from_dict(json.loads(step))).mirror
    may_be_seen = is_pointed_to and expires_at is not None
    return Pointer(
        shop,
        use_case,
        active,
        standby,
        release,
        candidate,
        weight=weight if may_be_seen else 0,
        is_mirrored=mirrors,
        step=number,
        seed=seed,
        expires_at=None if is_consumed else expires_at,
        draw=draw,
    )


def assign(pointer: Pointer, unit_id: str, *, at: datetime) -> Assignment:
    """Say which version a unit sees at a moment, by its first-party id."""
    return assigned(pointer, assignment.digest(unit_id), at=at)


def assigned(pointer: Pointer, unit: bytes, *, at: datetime) -> Assignment:
    """Say which version a unit sees at a moment, by its buckets alone: first whether it sees any."""
    if pointer.draw and pointer.draw.takes(unit):
        return Assignment(None, HELD_OUT, None, None, unit)
    if not pointer.splits(at):
        return Assignment(pointer.active, STABLE, None, None, unit)
    bucket = assignment.bucket(pointer.seed, unit.hex())
    arm = assignment.arm(bucket, pointer.weight / 100)
    version = pointer.candidate if arm == CANARY else pointer.active
    return Assignment(version, STABLE if arm == BETWEEN else arm, pointer.release, bucket, unit)


def sight(pointer: Pointer, seen: Assignment, at: datetime) -> Sight | None:
    """Return what is written down of a unit, if a release compares."""
    if seen.release is None:
        return None
    arm = BETWEEN if seen.arm == STABLE else seen.arm
    return Sight(pointer.shop, seen.release, seen.unit.hex(), arm, pointer.step, at)


def forget_between() -> int:
    """Forget who was between the arms of releases that are over; return how many units that were."""
    facts: dict[str, Any] = {"open": OPEN, "most": AT_ONCE}
    forgotten = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(FORGET_BETWEEN, facts)
            if not cursor.rowcount:
                return forgotten
            forgotten += cursor.rowcount
