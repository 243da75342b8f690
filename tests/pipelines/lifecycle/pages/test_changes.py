"""A mark says that something changed, of which topic, and of which shop; what did not change leaves it as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.alerts import answers, board, pulses
from pipelines.lifecycle.alerts.lives import Wish
from pipelines.lifecycle.pages import changes
from pipelines.models import (
    Alert,
    Deployment,
    FreezeWindow,
    ModelVersion,
    Release,
    Shop,
    SyncRun,
    TrainingRun,
    VisitHour,
)  # fmt: skip
from tests import histories, offering
from tests.factories import a_shop

pytestmark = pytest.mark.django_db
USE_CASE = "demand_forecast"


@pytest.fixture
def shop() -> Shop:
    """Return a shop of which there is something of everything."""
    shop, now = a_shop(), timezone.now()
    version = histories.a_version(shop)
    Release.objects.create(shop=shop, use_case=USE_CASE, version=version, strategy="shadow")
    Deployment.of(shop, USE_CASE)
    TrainingRun.objects.create(shop=shop, use_case=USE_CASE, trigger="weekly", state="running")
    SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="loading", objects_total=10)
    FreezeWindow.objects.create(
        shop=shop, name="Sale", starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2)
    )
    board.tell(shop, "slow", title="Answers are slow", next_step="Wait.", now=now)
    histories.an_order(shop, now - timedelta(hours=1), [])
    pulses.beat("measure", now)
    return shop


def an_alert(shop):
    board.tell(shop, "new", title="Answers are wrong", next_step="Wait.", now=timezone.now())


def an_answer(shop):
    alert = Alert.objects.get(key="slow")
    answers.answer(shop, alert.pk, Wish.ACKNOWLEDGE, by="1", now=timezone.now())


def an_alert_is_over(shop):
    board.close(shop, "slow", timezone.now())


def a_training_ends(shop):
    TrainingRun.objects.update(state="done")


def a_training_goes_on(shop):
    TrainingRun.objects.update(percent=50)


def an_import_goes_on(shop):
    SyncRun.objects.update(objects_done=5)


def an_import_ends(shop):
    SyncRun.objects.update(state="done")


def access_ends(shop):
    Shop.objects.update(access_ended_at=timezone.now())


def a_release_moves(shop):
    Release.objects.get().enter("live")


def the_pointer_moves(shop):
    Deployment.objects.update(revision=7)


def there_is_a_new_version(shop):
    histories.a_version(shop)


def a_version_is_refused(shop):
    ModelVersion.objects.update(state="refused")


def a_freeze_is_dismissed(shop):
    FreezeWindow.objects.update(state="dismissed")


def an_order(shop):
    histories.an_order(shop, timezone.now(), [])


def a_pass_of_measuring(shop):
    pulses.beat("measure", timezone.now() + timedelta(minutes=15))


def an_hour_of_visits_is_counted(shop):
    at = timezone.now()
    counts = [
        "visits",
        "searched",
        "carts",
        "checkouts",
        "orders",
        "sales_minor",
        "started",
        "finished",
        "finished_minor",
    ]
    VisitHour.objects.create(shop=shop, starts_at=at, day=at.date(), hour=at.hour, **dict.fromkeys(counts, 0))


def a_row_that_a_use_case_has_followed(shop):
    offering.reserve(offering.an_offer(shop))


HAPPENINGS = {
    an_alert: ["alerts"],
    an_answer: ["alerts"],
    an_alert_is_over: ["alerts"],
    a_training_ends: ["runs"],
    a_training_goes_on: ["progress"],
    an_import_goes_on: ["progress"],
    an_import_ends: ["runs"],
    access_ends: ["runs"],
    a_release_moves: ["models"],
    the_pointer_moves: ["models"],
    there_is_a_new_version: ["models"],
    a_version_is_refused: ["models"],
    a_freeze_is_dismissed: ["models"],
    an_order: ["data"],
    a_pass_of_measuring: ["measured"],
    an_hour_of_visits_is_counted: ["visits"],
    a_row_that_a_use_case_has_followed: ["own"],
}


@pytest.mark.parametrize("happens", HAPPENINGS, ids=lambda happens: happens.__name__)
def test_what_happens_changes_its_topic_and_no_other(shop, happens):
    now = timezone.now()
    before = changes.mark(shop.domain, now)
    assert changes.mark(shop.domain, now) == before
    happens(shop)
    assert changes.changed(before, changes.mark(shop.domain, now)) == HAPPENINGS[happens]


def test_every_topic_can_change():
    assert {topic for topics in HAPPENINGS.values() for topic in topics} == set(changes.TOPICS)


def test_time_alone_ends_a_snooze_and_begins_a_freeze(shop):
    now = timezone.now()
    Alert.objects.update(snoozed_until=now + timedelta(hours=1))
    before = changes.mark(shop.domain, now)
    assert changes.changed(before, changes.mark(shop.domain, now + timedelta(hours=2))) == ["alerts"]
    later = changes.mark(shop.domain, now + timedelta(days=1, hours=1))
    assert changes.changed(before, later) == ["alerts", "models"]


def test_what_happens_to_another_shop_changes_nothing(shop):
    other, now = a_shop(), timezone.now()
    before = changes.marks([shop.domain, other.domain], now)
    board.tell(other, "slow", title="Answers are slow", next_step="Wait.", now=now)
    after = changes.marks([shop.domain, other.domain], now)
    assert before[shop.domain] == after[shop.domain]
    assert changes.changed(before[other.domain], after[other.domain]) == ["alerts"]


def test_many_shops_are_one_question(shop, django_assert_num_queries):
    shops = [shop, *(a_shop() for _ in range(20))]
    with django_assert_num_queries(1):
        assert len(changes.marks([one.domain for one in shops], timezone.now())) == 21


@pytest.mark.parametrize("left", ["uninstalled_at", "redacted_at"])
def test_a_shop_that_left_has_no_mark(shop, left):
    Shop.objects.update(**{left: timezone.now()})
    assert changes.marks([shop.domain, "nobody.myshopify.com"], timezone.now()) == {}


def test_a_mark_is_carried_as_text(shop):
    mark = changes.mark(shop.domain, timezone.now())
    assert changes.read(changes.written(mark)) == mark
    assert len(changes.written(mark)) <= changes.LONGEST


@pytest.mark.parametrize("text", ["", "x" * 1000, "...", "a.b.c.d.e.f.g.h", "1f\0.2", "é"])
def test_what_is_no_mark_is_one_from_which_all_has_changed(shop, text):
    mark = changes.mark(shop.domain, timezone.now())
    assert changes.changed(changes.read(text), mark) == list(changes.TOPICS)
