"""What became of versions in a month: read off the ledger, which says when each thing happened."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipelines.lifecycle.results.months import Month
from pipelines.models import LifecycleEvent, Shop, TrainingRun
from pipelines.usecases import USE_CASES

NAMES = {
    "version.trained": "trained",
    "version.validated": "validated",
    "version.undecided": "undecided",
    "version.refused": "refused",
    "release.live": "promoted",
    "release.rolled_back": "rolled_back",
}
ENDED = {TrainingRun.State.STOPPED: "stopped", TrainingRun.State.FAILED: "failed"}


def versions(shop: Shop, month: Month) -> list[dict[str, Any]]:
    """Count for every use case what happened to its versions."""
    counts: Counter[tuple[str, str]] = Counter()
    events = LifecycleEvent.objects.for_shop(shop).filter(at__gte=month.starts_at, at__lt=month.ends_at)
    for use_case, kind in events.filter(kind__in=NAMES).values_list("use_case", "kind"):
        counts[use_case, NAMES[kind]] += 1
    runs = TrainingRun.objects.for_shop(shop).filter(created_at__gte=month.starts_at, created_at__lt=month.ends_at)
    for use_case, state in runs.filter(state__in=ENDED).values_list("use_case", "state"):
        counts[use_case, ENDED[TrainingRun.State(state)]] += 1
    names = [*NAMES.values(), *ENDED.values()]
    return [
        {"use_case": slug, "title": case.title} | {name: counts[slug, name] for name in names}
        for slug, case in USE_CASES.items()
    ]
