"""What runs for a shop right now: imports, trainings, and the steps between them on the way to the first decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dashboard.queries.data_state import DataState, data_state
from pipelines.models import ModelVersion, Release, Shop, TrainingRun
from pipelines.models.prepared import prepared
from pipelines.usecases import USE_CASES

BUSY = (TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)
STUCK = (TrainingRun.State.STOPPED, TrainingRun.State.FAILED)
BARRED = (ModelVersion.State.REFUSED, ModelVersion.State.QUARANTINED)


@dataclass(frozen=True)
class Training:
    """One training on its way."""

    title: str
    run: TrainingRun


@dataclass(frozen=True)
class Running:
    """What a page that follows progress shows."""

    data: DataState
    trainings: list[Training]
    run: TrainingRun | None  # the newest, whatever became of it
    version: ModelVersion | None
    release: Release | None

    @property
    def is_getting_ready(self) -> bool:
        """Tell whether the first decision is still being prepared, between two jobs as well as in one."""
        if self.data.is_importing or self.trainings or self.release:
            return False
        is_stuck = self.run is not None and self.run.state in STUCK
        is_barred = self.version is not None and self.version.state in BARRED
        return not (is_stuck or is_barred)

    @property
    def is_anything(self) -> bool:
        return self.data.is_importing or bool(self.trainings) or self.is_getting_ready

    @property
    def mark(self) -> str:
        """Name what is going on: when the mark changes, the page is read anew."""
        marks = [f"import-{run.pk}-{run.state}" for run in self.data.running] or ["soon"] * self.data.is_importing
        marks += [f"training-{self.run.pk}-{self.run.state}"] if self.run else []
        marks += [f"version-{self.version.pk}-{self.version.state}"] if self.version else []
        marks += [f"release-{self.release.pk}-{self.release.revision}"] if self.release else []
        return ".".join(marks)


def running(shop: Shop, now: datetime, data: DataState | None = None) -> Running:
    """Read what runs."""
    runs, versions, releases = newest_runs(shop), newest_version(shop), newest_release(shop)
    busy = [run for run in runs if run.state in BUSY]
    return Running(
        data=data or data_state(shop, now),
        trainings=[Training(USE_CASES[run.use_case].title, run) for run in busy],
        run=runs[0] if runs else None,
        version=versions[0] if versions else None,
        release=releases[0] if releases else None,
    )


@prepared
def newest_runs(shop: Shop) -> QuerySet[TrainingRun]:
    """Read the newest trainings; the newest one first."""
    return TrainingRun.objects.for_shop(shop).order_by("-pk")[: len(USE_CASES)]


@prepared
def newest_version(shop: Shop) -> QuerySet[ModelVersion]:
    """Read how the newest version stands."""
    return ModelVersion.objects.for_shop(shop).order_by("-pk").only("state")[:1]


@prepared
def newest_release(shop: Shop) -> QuerySet[Release]:
    """Read how the newest release stands."""
    return Release.objects.for_shop(shop).order_by("-pk").only("phase", "revision")[:1]
