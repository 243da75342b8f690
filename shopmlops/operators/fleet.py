"""How the fleet is right now, for the first page of operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from redis import RedisError

from pipelines.jobs import queue
from pipelines.lifecycle.alerts import pulses
from pipelines.models import Alert, Release, Shop, TrainingRun, WebhookDelivery

A_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class QueueState:
    """One queue: what waits, since when, and what failed."""

    name: str
    waiting: int
    since: datetime | None
    failed: int


@dataclass(frozen=True)
class Fleet:
    """What the first page says."""

    figures: list[tuple[str, int, str]]  # what, how many, where it is listed
    silent: list[str]  # what watches, and was not heard of
    queues: list[QueueState] | None  # nothing where Redis does not answer


def state(now: datetime) -> Fleet:
    """Return how the fleet is."""
    return Fleet(figures(now), [str(name) for name in pulses.silent(now)], queues())


def figures(now: datetime) -> list[tuple[str, int, str]]:
    """Count what somebody may have to look at."""
    installed = Shop.objects.installed()
    failed = TrainingRun.objects.filter(state="failed", created_at__gt=now - A_WEEK)
    return [
        ("Shops with the app", installed.count(), listed("shop")),
        ("of which cannot be reached", installed.filter(access_ended_at__isnull=False).count(), listed("shop")),
        ("Dead deliveries", WebhookDelivery.objects.filter(state="dead").count(), listed("webhookdelivery", "dead")),
        ("Trainings that failed in a week", failed.count(), listed("trainingrun", "failed")),
        ("Releases on their way", Release.objects.filter(phase__in=Release.OPEN).count(), listed("release")),
        ("Open alerts of shops", Alert.objects.open().count(), ""),
    ]


def listed(table: str, state: str = "") -> str:
    """Return where rows are listed, those in one state alone."""
    address = reverse(f"admin:pipelines_{table}_changelist")
    return f"{address}?state__exact={state}" if state else address


def queues() -> list[QueueState] | None:
    """Ask Redis for all queues."""
    try:
        failed = queue.failed()
        return [QueueState(name, *waits, failed[name]) for name, waits in queue.waiting().items()]
    except RedisError:
        return None
