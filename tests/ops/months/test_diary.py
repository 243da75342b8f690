"""What a month brought, told by days since it began, and how long each thing took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from pipelines.models import Alert, LifecycleEvent, TrainingRun
from pipelines.ops.months import diary
from tests import factories

BEGAN = datetime(2027, 5, 3, tzinfo=UTC)


class Rows:
    """Read the test's own rows as the demo's are read."""

    def named(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()


def seen(day: float, kind: str, text: str = "") -> diary.Seen:
    return diary.Seen(BEGAN + timedelta(days=day), kind, text)


def run(*injected: tuple[str, float]) -> dict[str, Any]:
    told = [
        {"what": what, "size": 2.0, "day": day, "at": (BEGAN + timedelta(days=day)).isoformat()}
        for what, day in injected
    ]
    return {
        "name": "drift",
        "day": 28.0,
        "began": BEGAN.isoformat(),
        "injected": told,
        "visitors": {"a_day": 9},
    }


def test_a_delay_counts_from_the_injection_and_what_came_before_is_none() -> None:
    found = diary.figures(
        run(("demand", 7)),
        [seen(3, "alert"), seen(9.5, "drift"), seen(10, "alert"), seen(10.25, "training:drift of y")],
    )
    [injected] = found["injected"]
    assert injected == {
        "what": "demand", "size": 2.0, "day": 7, "first_alert_after": 3.0, "first_drift_after": 2.5,
        "retrained_after": 3.25, "rolled_back_after": None,
    }  # fmt: skip


def test_the_weekly_training_is_no_answer_to_a_drift() -> None:
    [injected] = diary.figures(run(("demand", 7)), [seen(8, "training:weekly")])["injected"]
    assert injected["retrained_after"] is None


def test_a_calm_month_tells_what_was_told_in_vain() -> None:
    found = diary.figures(run(), [seen(3, "alert", "Alert: x"), seen(4, "training:weekly")])
    assert found["visitors"] == {"a_day": 9}
    assert found["injected"] == [] and found["alerts"] == ["day 3.0: Alert: x"] and found["trainings"] == ["weekly"]


@pytest.mark.django_db
def test_it_reads_alerts_trainings_and_releases_of_the_month_in_their_order() -> None:
    shop = factories.a_shop()
    at = BEGAN + timedelta(days=1)
    for day, title in ((-1, "earlier"), (2, "later")):
        moment = BEGAN + timedelta(days=day)
        Alert.objects.create(shop=shop, key=title, title=title, next_step="Look", opened_at=moment, last_at=moment)
    TrainingRun.objects.create(shop=shop, use_case="toy", trigger="decay")
    TrainingRun.objects.update(created_at=at)
    LifecycleEvent.record(shop, "release.live", by="system", because="Approved", version_number=2)
    LifecycleEvent.record(shop, "settings.changed", by="system", because="Something")
    LifecycleEvent.objects.update(at=at + timedelta(hours=1))
    told = diary.read(Rows(), BEGAN.isoformat())
    assert [each.text for each in told] == [
        "Training begins: decay",
        "Version 2: Approved (release.live)",
        "Alert: later (warning)",
    ]
    assert told[0].day(BEGAN.isoformat()) == 1
