"""What runs for a shop right now: imports and trainings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.queries.data_state import DataState, data_state
from pipelines.models import Shop, TrainingRun
from pipelines.usecases import USE_CASES

BUSY = (TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)


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

    @property
    def is_anything(self) -> bool:
        return self.data.is_importing or bool(self.trainings)

    @property
    def mark(self) -> str:
        """Name what runs: when the mark changes, the page is read anew."""
        imports = [f"import-{run.pk}-{run.state}" for run in self.data.running] or ["soon"] * self.data.is_importing
        return ".".join(imports + [f"training-{training.run.pk}" for training in self.trainings])


def running(shop: Shop, now: datetime, data: DataState | None = None) -> Running:
    """Read what runs."""
    runs = TrainingRun.objects.for_shop(shop).filter(state__in=BUSY).order_by("pk")
    return Running(data or data_state(shop, now), [Training(USE_CASES[run.use_case].title, run) for run in runs])
