"""A trainer that is killed leaves no half version, and the next one takes over. Real processes, real commits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.versions import artifacts, runs, train
from pipelines.models import LifecycleEvent, ModelVersion, TrainingRun
from pipelines.ops.fire import survives
from tests import histories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_training_that_is_killed_at_any_statement_leaves_a_whole_version_or_none(toy):
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=90))
    histories.an_order(shop, timezone.now() - timedelta(days=5), [(thing, 2)])
    histories.pulled(shop)

    def learn() -> None:
        train.train_version(shop_id=shop.pk, use_case="toy", trigger="merchant")

    def is_whole() -> None:
        done = TrainingRun.objects.filter(state=TrainingRun.State.DONE)
        assert sorted(done.values_list("version", flat=True)) == sorted(
            ModelVersion.objects.values_list("pk", flat=True)
        )
        for version in ModelVersion.objects.all():
            assert artifacts.load(version) == {"number.json": b"2.0"}
        TrainingRun.objects.filter(state=TrainingRun.State.RUNNING).update(
            heartbeat_at=timezone.now() - 2 * runs.DEAD_AFTER
        )

    assert survives(learn, is_whole) > 20
    is_whole()
    assert not TrainingRun.objects.exclude(state=TrainingRun.State.DONE).exists()
    assert LifecycleEvent.broken_at(shop) is None
