"""What runs for a shop right now: imports, trainings, and the steps between them on the way to the first decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Model

from dashboard.queries.data.state import DataState, data_state
from dashboard.queries.models_state import ModelState, model_states
from pipelines.lifecycle import causes
from pipelines.models import ModelVersion, Release, Shop, TrainingRun

Row = TypeVar("Row", bound=Model)
STUCK = (TrainingRun.State.STOPPED, TrainingRun.State.FAILED)
BARRED = (ModelVersion.State.REFUSED, ModelVersion.State.QUARANTINED)


@dataclass(frozen=True)
class Training:
    """One training on its way."""

    title: str
    run: TrainingRun

    @property
    def why(self) -> str:
        """Say what was found that it does not wait for the schedule."""
        return causes.sentence(self.run.use_case, self.run.trigger)


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


def running(shop: Shop, now: datetime) -> Running:
    """Read what runs."""
    return running_of(data_state(shop, now), model_states(shop, shop.settings, now))


def running_of(data: DataState, models: list[ModelState]) -> Running:
    """Say of what a page has read already what runs."""
    return Running(
        data=data,
        trainings=[Training(model.title, model.run) for model in models if model.run and model.is_training],
        run=newest(model.run for model in models),
        version=newest(model.newest for model in models),
        release=newest(model.last_release for model in models),
    )


def newest(rows: Iterable[Row | None]) -> Row | None:
    """Return the row that was written last."""
    return max((row for row in rows if row), key=lambda row: row.pk, default=None)
