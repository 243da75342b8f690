"""A pass asks as often for many shops as for one, and leaves out who is not there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.monitor import measure
from pipelines.models import Measurement, Release, Shop
from tests import exposing
from tests.exposing import MONDAY
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import NOON, OVER, log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


def test_a_shop_that_was_erased_has_none(release: Release) -> None:
    log(release, {})
    Shop.objects.update(redacted_at=NOON)
    measure.measure(OVER)
    assert not Measurement.objects.exists()


def test_nothing_asked_and_nobody_there_is_nothing(db: None) -> None:
    assert measure.measure(OVER) == 0


def test_a_pass_asks_as_often_for_five_shops_as_for_one(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    read = frames.read
    monkeypatch.setattr(frames, "read", lambda sql, *rest, **facts: reads.append(sql) or read(sql, *rest, **facts))

    def statements() -> int:
        reads.clear()
        with CaptureQueriesContext(connection) as queries:
            measure.measure(OVER)
        return len(reads) + len([each for each in queries if "SAVEPOINT" not in each["sql"]])

    log(release, {}, {"outcome": "error"})
    few = statements()
    others = [exposing.a_canary(exposing.a_shop()) for _ in range(4)]
    Shop.objects.update(installed_at=MONDAY - timedelta(days=60))
    Measurement.objects.all().delete()
    for each in others:
        log(each, {}, {"outcome": "error"})
    assert statements() == few <= 20
    assert Measurement.objects.values("shop").distinct().count() == 5
