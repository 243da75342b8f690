"""Let the live version speak: every night, and right after it went live, from the freshest history.

What its artifact covers does not change, so this makes no new version. All rows of one refresh appear at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pandas as pd
from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle import dataset, registry, rollback
from pipelines.lifecycle.errors import ArtifactRefused
from pipelines.lifecycle.release import deployment_of
from pipelines.lifecycle.tables import copy_rows
from pipelines.models import Deployment, Forecast, Shop, StockAdvice
from pipelines.usecases import USE_CASES

DAILY_ORIGINS_KEPT = timedelta(days=35)
WEEKLY_ORIGIN = 7  # Sundays stay
SYSTEM = "system"

Writer = Callable[[Deployment, date, pd.DataFrame], int]


def refresh(shop: Shop, use_case: str, *, now: datetime | None = None) -> int:
    """Write what runs now, a version or the simple rule, says from the freshest data; return the number of rows."""
    deployment = deployment_of(shop, use_case)
    if not deployment.revision:
        return 0  # nothing was ever approved: the merchant sees nothing that they did not agree to
    case = USE_CASES[use_case]
    try:
        fitted = case.resolve("load")(registry.load_files(deployment.active)) if deployment.active else None
    except ArtifactRefused as refusal:
        rollback.roll_back(deployment, by=SYSTEM, because=refusal.sentence, revision=deployment.revision)
        return refresh(shop, use_case, now=now)
    frames = dataset.read(dataset.Source(shop, now or timezone.now()), use_case)
    return write(deployment, frames.asof, case.resolve("answer")(fitted, frames))


def write(deployment: Deployment, origin: date, tables: dict[str, pd.DataFrame]) -> int:
    """Replace the shop's rows in one transaction, unless another version went live meanwhile."""
    with transaction.atomic():
        current = Deployment.objects.select_for_update().get(pk=deployment.pk)
        if current.revision != deployment.revision:
            return 0
        return sum(WRITERS[name](deployment, origin, rows) for name, rows in tables.items())


def write_forecasts(deployment: Deployment, origin: date, rows: pd.DataFrame) -> int:
    """Store one row per variant for this origin, and thin out old origins."""
    known = Forecast.objects.for_shop(deployment.shop_id)
    known.filter(version=deployment.active, origin=origin).delete()
    known.filter(origin__lt=origin - DAILY_ORIGINS_KEPT).exclude(origin__iso_week_day=WEEKLY_ORIGIN).delete()
    return copy_rows(Forecast, signed(rows, deployment, origin))


def write_advice(deployment: Deployment, origin: date, rows: pd.DataFrame) -> int:
    """Replace the shop's advice."""
    StockAdvice.objects.for_shop(deployment.shop_id).delete()
    return copy_rows(StockAdvice, signed(rows, deployment, origin).assign(updated_at=timezone.now().isoformat()))


def signed(rows: pd.DataFrame, deployment: Deployment, origin: date) -> pd.DataFrame:
    """Say whose rows these are, and from which day."""
    return rows.assign(
        shop_id=deployment.shop_id,
        version_id=deployment.active_id,
        origin=origin.isoformat(),
    )


WRITERS: dict[str, Writer] = {"forecasts": write_forecasts, "stock_advice": write_advice}
