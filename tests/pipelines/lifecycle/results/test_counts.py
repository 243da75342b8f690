"""What became of versions, by month and use case."""

from __future__ import annotations

from datetime import timedelta

from pipelines.lifecycle.results import counts
from pipelines.models import TrainingRun
from tests import reporting
from tests.reporting import OCTOBER, USE_CASE, record

KINDS = ["version.trained", "version.refused", "version.undecided", "release.live", "release.rolled_back"]


def of(shop, month=OCTOBER):
    return next(each for each in counts.versions(shop, month) if each["use_case"] == USE_CASE)


def test_each_thing_that_happened_is_counted_in_its_month(shop):
    for kind in KINDS:
        record(shop, kind, OCTOBER.starts_at + timedelta(days=3), version_number=1)
    record(shop, "version.trained", OCTOBER.starts_at, version_number=2)
    record(shop, "version.trained", OCTOBER.ends_at, version_number=3)
    found = of(shop)
    assert (found["trained"], found["refused"], found["undecided"]) == (2, 1, 1)
    assert (found["promoted"], found["rolled_back"], found["validated"]) == (1, 1, 0)
    assert of(shop, OCTOBER.after)["trained"] == 1


def test_trainings_that_did_not_end_in_a_version_are_counted(shop):
    for state in ("stopped", "failed", "failed", "done"):
        run = TrainingRun.objects.create(shop=shop, use_case=USE_CASE, trigger="weekly", state=state)
        TrainingRun.objects.filter(pk=run.pk).update(created_at=OCTOBER.starts_at)
    assert (of(shop)["stopped"], of(shop)["failed"]) == (1, 2)


def test_a_month_in_which_nothing_happened_and_another_shops_month_count_nothing(shop):
    record(reporting.a_shop(), "version.trained", OCTOBER.starts_at, version_number=1)
    assert {value for name, value in of(shop).items() if name not in ("use_case", "title")} == {0}
