"""Alarms beside their budget: what had nothing behind it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.lifecycle.results import alarms
from pipelines.models import Alert, Deployment, Release, TrainingRun
from tests.reporting import OCTOBER, USE_CASE

AT = OCTOBER.starts_at + timedelta(days=5)
HOUR = timedelta(hours=1)


def told(shop, key="a", closed=2 * HOUR, **changes):
    facts = {"use_case": USE_CASE, "title": "Title", "next_step": "Wait.", "opened_at": AT, "last_at": AT}
    facts |= {"closed_at": AT + closed if closed else None, "closed_by": "system"}
    return Alert.objects.create(shop=shop, key=key, **facts | changes)


def of(shop):
    return alarms.of_month(shop, OCTOBER)


def test_what_closed_by_itself_with_nothing_done_had_nothing_behind_it(shop):
    told(shop)
    assert (of(shop)["opened"], of(shop)["unfounded"], of(shop)["open"]) == (1, 1, 0)


@pytest.mark.parametrize("changes", [{"acknowledged_at": AT + HOUR}, {"closed": None}, {"severity": "info"}])
def test_what_somebody_took_up_what_lasts_and_what_is_only_news_is_not_called_false(shop, changes):
    told(shop, **changes)
    assert of(shop)["unfounded"] == 0


def test_what_a_person_calls_false_is_false_even_if_somebody_took_it_up(shop):
    told(shop, acknowledged_at=AT + HOUR, was_false=True)
    assert of(shop)["unfounded"] == 1


def test_what_a_rollback_or_a_training_answered_was_no_false_alarm(shop, version):
    release = version.releases.get()
    Release.objects.filter(pk=release.pk).update(phase="rolled_back")
    told(shop, release=release)
    assert of(shop)["unfounded"] == 0
    Release.objects.filter(pk=release.pk).update(phase="superseded")
    assert of(shop)["unfounded"] == 1
    run = TrainingRun.objects.create(shop=shop, use_case=USE_CASE, trigger="drift of price", state="done")
    TrainingRun.objects.filter(pk=run.pk).update(created_at=AT + HOUR)
    assert of(shop)["unfounded"] == 0


def test_alarms_about_the_shop_and_of_other_months_are_counted_apart(shop):
    told(shop, use_case="")
    told(shop, "b", opened_at=OCTOBER.ends_at, closed=40 * 24 * HOUR)
    assert (of(shop)["opened"], of(shop)["others"]) == (0, 1)


def test_the_budget_is_stated_for_the_models_that_run(shop, version):
    assert of(shop)["budget"] == pytest.approx(0.013 + 0.1 / 12)
    Deployment.objects.update(active=None)
    assert of(shop)["budget"] == 0
