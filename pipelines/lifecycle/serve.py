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
from pipelines.models import Deployment, Forecast, ModelVersion, Shop, StockAdvice
from pipelines.usecases import USE_CASES

DAILY_ORIGINS_KEPT = timedelta(days=35)
WEEKLY_ORIGIN = 7  # Sundays stay
SYSTEM = "system"

Writer = Callable[[ModelVersion, date, pd.DataFrame], int]


def refresh(shop: Shop, use_case: str, *, now: datetime | None = None) -> int:
    """Write what the live version says from the freshest data; return the number of rows."""
    deployment = deployment_of(shop, use_case)
    if deployment.active is None:
        return clear(shop)
    try:
        files = registry.load_files(deployment.active)
    except ArtifactRefused as refusal:
        rollback.roll_back(deployment, by=SYSTEM, because=refusal.sentence, revision=deployment.revision)
        return refresh(shop, use_case, now=now)
    case = USE_CASES[use_case]
    frames = dataset.read(dataset.Source(shop, now or timezone.now()), use_case)
    tables = case.resolve("answer")(case.resolve("load")(files), frames)
    return write(deployment, frames.asof, tables)


def write(deployment: Deployment, origin: date, tables: dict[str, pd.DataFrame]) -> int:
    """Replace the shop's rows in one transaction, unless another version went live meanwhile."""
    with transaction.atomic():
        current = Deployment.objects.select_for_update().get(pk=deployment.pk)
        if current.revision != deployment.revision or deployment.active is None:
            return 0
        return sum(WRITERS[name](deployment.active, origin, rows) for name, rows in tables.items())


def write_forecasts(version: ModelVersion, origin: date, rows: pd.DataFrame) -> int:
    """Store one row per variant for this origin, and thin out old origins."""
    rows = rows.assign(shop_id=version.shop_id, version_id=version.pk, origin=origin.isoformat())
    Forecast.objects.for_shop(version.shop_id).filter(version=version, origin=origin).delete()
    written = copy_rows(Forecast, rows)
    old = Forecast.objects.for_shop(version.shop_id).filter(origin__lt=origin - DAILY_ORIGINS_KEPT)
    old.exclude(origin__iso_week_day=WEEKLY_ORIGIN).delete()
    return written


def write_advice(version: ModelVersion, origin: date, rows: pd.DataFrame) -> int:
    """Replace the shop's advice."""
    StockAdvice.objects.for_shop(version.shop_id).delete()
    rows = rows.assign(
        shop_id=version.shop_id, version_id=version.pk, origin=origin.isoformat(), updated_at=timezone.now().isoformat()
    )
    return copy_rows(StockAdvice, rows)


WRITERS: dict[str, Writer] = {"forecasts": write_forecasts, "stock_advice": write_advice}


def clear(shop: Shop) -> int:
    """Take advice away that nothing live stands for."""
    StockAdvice.objects.for_shop(shop).delete()
    return 0
