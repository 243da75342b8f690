"""How what is said is kept: remembered by origin, shown one row a unit, or held side by side for each who may speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from pipelines.lifecycle.data.tables import copy_rows
from pipelines.models import Deployment, ModelVersion, Release, own
from pipelines.models.base import ShopSums
from pipelines.stats import assignment
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Held, Output, Remembered, Shown

WEEKLY_ORIGIN = 7  # Sundays stay


@dataclass(frozen=True)
class Speaker:
    """Who is to answer: a version, or the simple rule; for whom; and which share of the units it answers for."""

    version: ModelVersion | None
    arm: str  # a version that nobody watches or sees (the standby) has none
    seed: str = ""
    weight: int = 100  # percent

    @property
    def version_id(self) -> int | None:
        """Return the version's id; the simple rule has none."""
        return self.version.pk if self.version else None

    def advises(self, unit: Any) -> bool:
        """Tell whether this speaker's answer for a unit is what the merchant sees."""
        return assignment.arm(assignment.bucket(self.seed, str(unit)), self.weight / 100) == assignment.CANARY


@dataclass(frozen=True)
class Saying:
    """Who says something, where, from which day on, and when its data was read."""

    deployment: Deployment
    speaker: Speaker
    origin: date
    now: datetime

    def write(self, name: str, rows: pd.DataFrame) -> int:
        """Write the rows of one output in the way that it is kept."""
        output = USE_CASES[self.deployment.use_case].output(name)
        return WRITERS[type(output.kept)](self, output, rows)


def remember(said: Saying, output: Output, rows: pd.DataFrame) -> int:
    """Store what a speaker said from this origin, and thin out old origins."""
    assert isinstance(output.kept, Remembered)
    table = own.table(output.table)
    known = own.rows(output.table, said.deployment.shop_id)
    known.filter(version=said.speaker.version, origin=said.origin).delete()
    old = known.filter(origin__lt=said.origin - output.kept.daily)
    old.exclude(origin__iso_week_day=WEEKLY_ORIGIN).delete()
    return copy_rows(table, signed(rows, said))


def show(said: Saying, output: Output, rows: pd.DataFrame) -> int:
    """Replace the shop's rows on the units that this speaker answers for, and have them summed up.

    They are as old as the moment at which their data was read: what the merchant changed since is not in them.
    """
    assert isinstance(output.kept, Shown)
    table, unit, speaker = own.table(output.table), output.kept.unit, said.speaker
    known = own.rows(output.table, said.deployment.shop_id)
    if not speaker.weight:
        return 0
    if speaker.weight < 100:
        rows = rows[rows[unit].map(speaker.advises).astype(bool)]
        known = known.filter(**{f"{unit}__in": rows[unit].unique().tolist()})
    known.delete()
    written = copy_rows(table, signed(rows, said).assign(updated_at=said.now.isoformat()))
    if output.kept.sums:
        sums = own.table(output.kept.sums)
        assert issubclass(sums, ShopSums)
        sums.sum_up(said.deployment.shop_id)
    return written


def hold(said: Saying, output: Output, rows: pd.DataFrame) -> int:
    """Replace what this speaker said before, and forget those who no longer speak."""
    known, speakers = own.rows(output.table, said.deployment.shop_id), spoken_for(said.deployment)
    known.filter(version=said.speaker.version).delete()
    known.exclude(version=None).exclude(version__in=speakers).delete()
    return copy_rows(own.table(output.table), signed(rows, said).assign(updated_at=said.now.isoformat()))


def spoken_for(deployment: Deployment) -> set[int]:
    """Name the versions of which an answer may still be asked for: those that are pointed to, and one under way."""
    release = Release.under_way(deployment.shop_id, deployment.use_case)
    pointed = {deployment.active_id, deployment.standby_id, deployment.canary_id}
    return {each for each in pointed | ({release.version_id} if release else set()) if each is not None}


def signed(rows: pd.DataFrame, said: Saying) -> pd.DataFrame:
    """Say whose rows these are, and from which day."""
    return rows.assign(
        shop_id=said.deployment.shop_id, version_id=said.speaker.version_id, origin=said.origin.isoformat()
    )


WRITERS: dict[type, Callable[[Saying, Output, pd.DataFrame], int]] = {
    Remembered: remember,
    Shown: show,
    Held: hold,
}
