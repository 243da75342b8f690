"""What we began or ended to tell just before a drift is said with it and trained for once; what we do weekly is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.monitor import drifts
from pipelines.lifecycle.monitor.watch import own_doing, telling
from pipelines.models import Alert, LifecycleEvent, Measurement, Release, Shop, TrainingRun
from pipelines.usecases import USE_CASES, conversion, offers, recommendations
from tests import histories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TOLD = "Our own doing is a likely cause: Recommendations, shown since 3\xa0Mar."


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = histories.a_shop()
    for ago, verdict in ((9, "ok"), (8, "ok"), (7, "drift"), (6, "ok"), (5, "drift"), (4, "drift")):
        found(shop, "drift", ago, verdict)
    found(shop, "drift_began", 4, "drift")
    found(shop, "drift_lasting", 4, "drift")
    with USE_CASES.also(recommendations.USE_CASE, offers.USE_CASE, conversion.USE_CASE):
        yield shop


def found(shop: Shop, metric: str, ago: int, verdict: str) -> None:
    at = {"starts_at": NOW - ago * DAY, "ends_at": NOW - (ago - 1) * DAY}
    facts = {"use_case": "demand_forecast", "metric": metric, "segment": "stockout", "verdict": verdict}
    Measurement.objects.create(shop=shop, **facts, **at)


def moved(shop: Shop, kind: str, ago: int, version: int | None, use_case: str = "recommendations") -> None:
    with time_machine.travel(NOW - ago * DAY):
        LifecycleEvent.record(shop, kind, by="machine", because="", use_case=use_case, version_number=version)


def said(shop: Shop) -> str:
    return own_doing.told(shop, "demand_forecast", ["stockout"], NOW)


def test_what_went_live_before_the_first_window_that_differs_is_a_likely_cause_in_the_alert(shop: Shop) -> None:
    moved(shop, "release.live", 9, 1)
    assert said(shop) == TOLD
    telling.drift(shop, "demand_forecast", NOW)
    assert TOLD in Alert.objects.get(key=f"{board.DRIFT}demand_forecast").text
    assert own_doing.told(shop, "demand_forecast", ["price"], NOW) == ""


def test_it_counts_from_a_week_before_that_window_to_its_end(shop: Shop) -> None:
    moved(shop, "release.live", 15, 1)
    moved(shop, "release.rolled_back", 5, 1)
    assert said(shop) == ""
    moved(shop, "release.live", 5, 2)
    assert said(shop) == ""


def test_a_version_after_another_is_no_cause_and_what_was_taken_back_is(shop: Shop) -> None:
    moved(shop, "release.live", 20, 1, "offers")
    moved(shop, "release.live", 9, 2, "offers")
    assert said(shop) == ""
    moved(shop, "release.live", 30, 1)
    moved(shop, "release.rolled_back", 8, 1)
    assert "Recommendations, taken back on 4\xa0Mar" in said(shop)


def exposed(shop: Shop, ago: int, phase: str, entered: int) -> None:
    version = histories.a_version(shop, use_case="recommendations")
    facts = {"phase": phase, "exposed_at": NOW - ago * DAY, "entered_at": NOW - entered * DAY}
    Release.objects.create(shop=shop, use_case="recommendations", version=version, strategy="canary", **facts)


def test_what_some_shoppers_were_shown_counts_from_then_and_says_until_when(shop: Shop) -> None:
    exposed(shop, 9, "canary", 2)
    assert said(shop) == TOLD
    Release.objects.update(phase="rolled_back")
    assert said(shop) == TOLD.replace("shown since 3", "shown from 3 to 10")


def test_what_went_live_after_some_saw_it_is_shown_since_the_first_did(shop: Shop) -> None:
    exposed(shop, 20, "live", 8)
    moved(shop, "release.live", 8, 1)
    assert said(shop) == "", "it was seen long before the window that differs"


def test_what_was_taken_back_says_from_when_to_when_it_was_shown(shop: Shop) -> None:
    moved(shop, "release.live", 9, 1)
    moved(shop, "release.rolled_back", 3, 1)
    assert said(shop) == TOLD.replace("shown since 3", "shown from 3 to 9")


def test_another_shops_moves_are_none_of_it(shop: Shop) -> None:
    moved(histories.a_shop(), "release.live", 9, 1)
    assert said(shop) == ""


def test_what_no_shopper_sees_changes_nothing_that_they_do(shop: Shop) -> None:
    moved(shop, "release.live", 9, 1, "conversion")
    assert said(shop) == ""


def begins(shop: Shop, ago: int, feature: str = "stockout", trained: str = "done") -> str:
    """Let three windows of a day differ after two that did not, the last so long ago; return what is written of it.

    The training that it asks for ends as is said.
    """
    facts = {"shop": shop, "use_case": "demand_forecast", "segment": feature}
    for before, verdict in enumerate(("drift", "drift", "drift", "ok", "ok")):
        at = {"starts_at": NOW - (ago + before) * DAY, "ends_at": NOW - (ago + before - 1) * DAY}
        Measurement.objects.get_or_create(metric="drift", **facts, **at, defaults={"verdict": verdict})
    at = {"starts_at": NOW - ago * DAY, "ends_at": NOW - (ago - 1) * DAY}
    row = drifts.asking(Measurement(metric="drift_began", verdict="drift", **facts, **at))
    row.save()
    if row.metric == "drift_began" and trained:
        TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="drift of", state=trained)
    return row.metric


class TestTraining:
    ASKS, OURS = "drift_began", "drift_of_ours"

    @pytest.fixture(autouse=True)
    def nothing_before(self, shop: Shop) -> None:
        Measurement.objects.all().delete()

    def test_what_lists_brought_about_asks_once_however_often_it_comes_and_goes(self, shop: Shop) -> None:
        moved(shop, "release.live", 40, 1)
        assert [begins(shop, ago) for ago in (36, 30, 21)] == [self.ASKS, self.OURS, self.OURS]
        assert own_doing.comes_back(shop, "demand_forecast", ["stockout"])
        assert "shown since 31\xa0Jan" in said(shop), "what it came back from is named as well"

    def test_another_feature_that_follows_the_same_asks_no_more_and_one_that_does_not_asks(self, shop: Shop) -> None:
        moved(shop, "release.live", 40, 1)
        begins(shop, 36)
        assert [begins(shop, 34, "price"), begins(shop, 10, "discount")] == [self.OURS, self.ASKS]

    def test_what_is_taken_back_is_a_cause_of_its_own(self, shop: Shop) -> None:
        moved(shop, "release.live", 40, 1)
        begins(shop, 36)
        moved(shop, "release.rolled_back", 12, 1)
        assert [begins(shop, 9), begins(shop, 4)] == [self.ASKS, self.OURS]

    @pytest.mark.parametrize("trained", ["", "stopped", "failed"])
    def test_what_no_version_was_trained_for_asks_again(self, shop: Shop, trained: str) -> None:
        TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="weekly", state="done")
        moved(shop, "release.live", 40, 1)
        asked = [begins(shop, ago, trained=trained) for ago in (36, 30)]
        assert [*asked, begins(shop, 21)] == [self.ASKS, self.ASKS, self.ASKS]
        assert begins(shop, 15) == self.OURS

    def test_it_asks_again_once_it_is_compared_with_no_day_before_what_we_did(self, shop: Shop) -> None:
        moved(shop, "release.live", 70, 1)
        assert [begins(shop, 66), begins(shop, 20), begins(shop, 13)] == [self.ASKS, self.OURS, self.ASKS]

    def test_what_has_no_cause_of_ours_asks_each_time(self, shop: Shop) -> None:
        assert [begins(shop, 36), begins(shop, 30)] == [self.ASKS, self.ASKS]

    def test_the_alert_is_news_then_and_promises_no_training(self, shop: Shop) -> None:
        moved(shop, "release.live", 40, 1)
        begins(shop, 36)
        found(shop, "drift_lasting", 4, "drift")
        telling.drift(shop, "demand_forecast", NOW)
        alert = Alert.objects.get()
        assert alert.severity == "warning" and "is trained at once" in alert.next_step
        board.close(shop, alert.key, NOW)
        begins(shop, 4)
        telling.drift(shop, "demand_forecast", NOW + DAY)
        alert = Alert.objects.get(closed_at=None)
        assert alert.severity == "info" and "was trained since this began" in alert.next_step
