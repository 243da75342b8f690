"""Alarms of a month beside what false ones were promised to be: how many came, and how many had nothing behind them."""

from __future__ import annotations

from typing import Any

from pipelines.lifecycle import causes
from pipelines.lifecycle.results.months import Month
from pipelines.models import Alert, Deployment, Release, Shop, TrainingRun

# Measured where the rules were chosen (METHODS 0.4 and 4b): months of a stable shop with any lasting drift, and years
# of a version as good as ever with a decay alarm.
DRIFT_A_MONTH, DECAY_A_YEAR = 0.013, 0.1


def of_month(shop: Shop, month: Month) -> dict[str, Any]:
    """Count alarms about models, and those that closed by themselves with nothing found and nothing done."""
    mine = Alert.objects.for_shop(shop).filter(opened_at__gte=month.starts_at, opened_at__lt=month.ends_at)
    about_models = list(mine.exclude(use_case="").select_related("release"))
    models = Deployment.objects.for_shop(shop).exclude(active=None).count()
    return {
        "opened": len(about_models),
        "open": sum(alert.closed_at is None for alert in about_models),
        "unfounded": sum(is_unfounded(alert) for alert in about_models),
        "others": mine.filter(use_case="").count(),
        "models": models,
        "budget": models * (DRIFT_A_MONTH + DECAY_A_YEAR / 12),
    }


def is_unfounded(alert: Alert) -> bool:
    """Say whether nothing was behind an alarm: a person says so, or nobody took it up and nothing was done.

    What is told as news asks nobody for anything.
    """
    if alert.was_false:
        return True
    if alert.closed_at is None or alert.acknowledged_at is not None or alert.severity == Alert.Severity.INFO:
        return False
    if alert.release is not None and alert.release.phase == Release.Phase.ROLLED_BACK:
        return False
    runs = TrainingRun.objects.for_shop(alert.shop_id).filter(use_case=alert.use_case, created_at__gte=alert.opened_at)
    triggers = runs.filter(created_at__lte=alert.closed_at).values_list("trigger", flat=True)
    return not any(causes.is_found(trigger) for trigger in triggers)
