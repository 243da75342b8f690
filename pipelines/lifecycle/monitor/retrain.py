"""What asks for a training outside of the schedule: decay, a drift that begins to last, and what a version was for.

A drift is that of a feature; what a version says of it is no cause to learn again. Loaded by the web process: no
frames.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT

from pipelines.lifecycle import causes
from pipelines.models import Measurement, ModelVersion, Release, Shop
from pipelines.stats.drift.findings import Finding

BEGAN = "drift_began"
OURS = "drift_of_ours"  # began by what we do, which was trained for already: it asks for nothing
CIRCUMSTANCE = "circumstance"  # of the version that was learned for it; its segment names which
PREDICTION = "prediction"
COUNTS_FOR = timedelta(days=14)  # since its window began
CHANGES_WAIT = timedelta(days=1)  # a setting that goes to and fro trains once a day at most


def began(now: datetime) -> QuerySet[Measurement]:
    """Keep the features that began to drift lately."""
    rows = Measurement.objects.filter(metric=BEGAN, version=None, release=None)
    lately = rows.filter(starts_at__gte=now - COUNTS_FOR).exclude(segment=PREDICTION)
    return lately.order_by("-made_at", "segment")


def changed() -> QuerySet[Measurement]:
    """Keep what the newest version of each was learned for and is so no more, by the last look at it."""
    mine = {"shop": OuterRef("shop"), "use_case": OuterRef("use_case")}
    newest = ModelVersion.objects.filter(**mine).order_by("-number").values("pk")[:1]
    rows = Measurement.objects.filter(metric=CIRCUMSTANCE, release=None)
    since = rows.filter(**mine, version=OuterRef("version"), segment=OuterRef("segment"))
    overtaken = Exists(since.filter(starts_at__gt=OuterRef("starts_at")))
    return rows.filter(~overtaken, version=Subquery(newest), verdict=Finding.DRIFT).order_by("-starts_at", "segment")


def with_causes(shops: QuerySet[Shop], use_case: str, now: datetime) -> QuerySet[Shop]:
    """Read shops with what was found of a use case that asks for a training, and when."""
    mine = {"shop": OuterRef("pk"), "use_case": use_case}
    live = Release.objects.filter(**mine, phase=Release.Phase.LIVE, analysis__decay__alarm=True)
    grown_worse = live.annotate(since=KT("analysis__decay__since"))
    drifted, moved = began(now).filter(**mine), changed().filter(**mine)
    return shops.annotate(
        decayed_at=Subquery(grown_worse.values("since")[:1]),
        drifted=Subquery(drifted.values("segment")[:1]),
        drifted_at=Subquery(drifted.values("made_at")[:1]),
        moved=Subquery(moved.values("segment")[:1]),
        moved_at=Subquery(moved.values("starts_at")[:1]),
    )


def cause_of(shop: Any, now: datetime) -> str:
    """Say what a shop that was read so should train for, where that was found since its newest training."""
    if shop.decayed_at and datetime.fromisoformat(shop.decayed_at) > shop.run_at:
        return causes.DECAY
    if shop.drifted_at and shop.drifted_at > shop.run_at:
        return f"{causes.DRIFT}{shop.drifted}"
    if shop.moved_at and shop.moved_at > shop.run_at and now - shop.run_at >= CHANGES_WAIT:
        return f"{shop.moved}{causes.CHANGED}"
    return ""
