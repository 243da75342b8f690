"""Why a version was trained, as it stands on the run, and in a merchant's words wherever that is told."""

from __future__ import annotations

from pipelines.usecases import USE_CASES

DRIFT = "drift of "  # and the feature
DECAY = "decay"
CHANGED = " changed"  # after what it was learned for
NOTED = "circumstances"  # among the metrics of a version: what it was learned for
SCHEDULED = {
    "first": "the first training",
    "weekly": "the weekly training",
    "renewal": "after a freeze that outlasted a question",
    "merchant": "asked for by a merchant",
    "operator": "asked for by an operator",
}


def is_found(trigger: str) -> bool:
    """Tell whether watching what runs asked for a training: it follows no schedule, and nobody asked."""
    return trigger == DECAY or trigger.startswith(DRIFT) or trigger.endswith(CHANGED)


def named(use_case: str, trigger: str) -> str:
    """Name a cause in a few words."""
    if trigger.startswith(DRIFT):
        return DRIFT + feature_of(use_case, trigger)
    return SCHEDULED.get(trigger, trigger)


def sentence(use_case: str, trigger: str) -> str:
    """Say what was found that did not wait for the schedule; nothing of a training that was planned or asked for."""
    if trigger.startswith(DRIFT):
        feature = feature_of(use_case, trigger)
        return f"Drift: {feature} no longer look as in the weeks before."
    if trigger == DECAY:
        return "Decay: the version in use had grown worse beside the simple rule than your past explains."
    if trigger.endswith(CHANGED):
        what = trigger.removesuffix(CHANGED)
        return f"{what[:1].upper()}{what[1:]} changed since the version before was trained."
    return ""


def feature_of(use_case: str, trigger: str) -> str:
    """Name the feature that drifted as a merchant does."""
    feature, case = trigger.removeprefix(DRIFT), USE_CASES.get(use_case)
    return case.monitored.name_of(feature) if case and case.monitored else feature
