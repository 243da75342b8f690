"""A version that grows worse is told, and trained anew once; one whose past is too short to say is left alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipelines.jobs import training
from pipelines.lifecycle import due, look
from pipelines.lifecycle.evidence import decay, paired
from pipelines.models import Alert, Deployment, ModelVersion, Release, TrainingRun
from tests import histories

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/London")
FIRST = date(2026, 3, 2)
USUAL = [float(number) for number in range(28)]  # means of three days: none was ever above 27
CASE = "demand_forecast"


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)


def after(days: int) -> datetime:
    """Return a moment at which so many days of the release have matured."""
    return noon(FIRST + timedelta(days=days + decay.MATURES_AFTER))


def live_with(usual: list[float], limit: float = 9.2) -> Release:
    """Return what runs, live since its first day, with a backtest in which these differences were usual."""
    shop = histories.a_shop()
    version = histories.a_version(shop, metrics={"decay": {"usual": usual, "limit": limit}})
    since = noon(FIRST).replace(hour=0)
    Deployment.objects.create(shop=shop, use_case=CASE, active=version, revision=1, active_since=since)
    return Release.objects.create(
        shop=shop, use_case=CASE, version=version, strategy="blue_green", phase="live", entered_at=since, steps=[]
    )


@pytest.fixture
def live():
    return live_with(USUAL)


def days(release: Release, values: list[float], first: date = FIRST) -> None:
    pair = paired.Pair(release.shop, release.version, None)
    named = {first + timedelta(days=number): value for number, value in enumerate(values) if value is not None}
    table = pd.DataFrame({"first_day": named.keys(), "loss": named.values(), "against": 0.0, "units": 3})
    paired.keep_days(pair, table)


def test_a_forecast_that_loses_its_lead_is_found_by_the_rank_of_its_days(live):
    """Each block is worse than all 28: z = 2.11 each, 1.61 after the allowance, so the sixth passes 9.2."""
    days(live, [100.0] * 18)
    assert decay.of(live, after(17)).alarm_at is None
    found = decay.of(live, after(18))
    assert found.sum == pytest.approx(6 * (2.1144 - 0.5), abs=0.01)
    assert found.alarm_at == noon(FIRST + timedelta(days=25)).replace(hour=0)
    said, analysis = paired.evidence_of(live, after(18))
    assert said.has_decayed and analysis["decay"]["alarm"]
    assert "or a season that your past does not show" in analysis["decay"]["sentence"]


def test_an_alarm_stays_and_a_new_live_version_begins_anew(live):
    days(live, [100.0] * 18 + [0.0] * 60)
    assert decay.of(live, after(78)).alarm_at == decay.of(live, after(18)).alarm_at
    Release.objects.filter(pk=live.pk).update(entered_at=noon(FIRST + timedelta(days=20)))
    live.refresh_from_db()
    found = decay.of(live, after(78))
    assert found.alarm_at is None and found.days == 57


def test_usual_days_are_no_decay(live):
    days(live, [5.0, 10.0, 20.0, 1.0] * 30)
    found = decay.of(live, after(120))
    assert found.alarm_at is None and "does not grow worse" in found.sentence


def test_a_short_backtest_is_still_learning_until_live_days_are_old_enough():
    """Seven blocks of backtest and two of live days that are 28 days old make 27 days: enough to rank among."""
    live = live_with(USUAL[:7])
    days(live, [1_000.0] * 33)
    found = decay.of(live, after(33))
    assert found.is_learning and found.alarm_at is None and found.sum == 0
    assert "Still learning what is usual here: 24 of 28 days are known." in found.sentence
    days(live, [1_000.0] * 3, FIRST + timedelta(days=33))
    assert not decay.of(live, after(36)).is_learning


def test_days_that_could_not_be_judged_keep_their_place_in_time(live):
    days(live, [100.0] * 9 + [None] * 9 + [100.0] * 9)
    found = decay.of(live, after(27))
    assert found.days == 27 and found.alarm_at == noon(FIRST + timedelta(days=34)).replace(hour=0)


@pytest.mark.parametrize("metrics", [{}, {"decay": {}}, {"decay": {"mean": -10.0, "sd": 5.0, "limit": 6.0}}])
def test_without_a_backtest_decay_is_not_judged(metrics):
    live = live_with(USUAL)
    with histories.anything_goes():
        ModelVersion.objects.filter(pk=live.version_id).update(metrics=metrics)
    live.version.refresh_from_db()
    days(live, [1_000.0] * 90)
    said, analysis = paired.evidence_of(live, after(90))
    assert not said.has_decayed and "decay" not in analysis


# An alarm asks for a training


@pytest.fixture
def trained(monkeypatch):
    """Count trainings instead of learning anything; each leaves its run behind, as a real one does."""
    begun = []

    def train_version(*, shop_id, use_case, trigger):
        from pipelines.lifecycle.versions import runs
        from pipelines.usecases.contract import NotEnoughHistory

        begun.append(trigger)
        with runs.tracked(runs.claim(shop_id, use_case, trigger)):
            raise NotEnoughHistory("not learned here")

    monkeypatch.setattr("pipelines.lifecycle.versions.train.train_version", train_version)
    return begun


@pytest.fixture
def clock(monkeypatch):
    """Let the test say what time it is."""

    def at(now: datetime) -> datetime:
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        return now

    return at


def test_an_alarm_trains_anew_once_and_tells(live, clock, trained):
    now = clock(after(18))
    histories.pulled(live.shop, now - timedelta(hours=1))
    TrainingRun.objects.create(shop=live.shop, use_case=CASE, trigger="weekly", state="done")
    TrainingRun.objects.update(created_at=now - timedelta(hours=13))  # after the weekly slot, before the alarm
    days(live, [100.0] * 17)
    look.evaluate(live.pk, now)
    training.carry_on()
    assert trained == []
    days(live, [100.0], FIRST + timedelta(days=17))
    look.evaluate(live.pk, now)
    training.carry_on()
    training.carry_on()
    training.train_version(live.shop_id, CASE, "decay")  # sent twice by the clock
    assert trained == ["decay"]
    assert TrainingRun.objects.filter(trigger="decay").count() == 1
    told = Alert.objects.get(release=live)
    assert told.title.startswith("Worse than your past explains: decay, or a season that your past does not show.")
    assert "We train anew; you can roll back." in told.title


def test_no_second_training_begins_while_one_runs(live, clock):
    now = clock(after(18))
    histories.pulled(live.shop, now - timedelta(hours=1))
    days(live, [100.0] * 18)
    look.evaluate(live.pk, now)
    run = TrainingRun.objects.create(
        shop=live.shop, use_case=CASE, trigger="merchant", state="running", heartbeat_at=now
    )
    TrainingRun.objects.update(created_at=now - timedelta(hours=13))
    assert list(due.trainings(now)) == []
    TrainingRun.objects.filter(pk=run.pk).update(state="done")
    assert list(due.trainings(now)) == [(live.shop_id, CASE, "decay")]
