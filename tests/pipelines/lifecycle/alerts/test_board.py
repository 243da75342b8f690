"""An alert opens once, grows worse but never milder while it lasts, and says when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.alerts import board
from pipelines.models import Alert, LifecycleEvent, Release
from tests import histories
from tests.histories import kinds

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)
INFO, WARNING, CRITICAL = Alert.Severity.INFO, Alert.Severity.WARNING, Alert.Severity.CRITICAL


@pytest.fixture
def shop():
    return histories.a_shop()


def tell(shop, key, **facts):
    return board.tell(shop, key, **{"next_step": "Wait."} | facts)


def test_it_opens_once_and_counts_how_often_it_was_seen(shop):
    first = tell(shop, "late", title="Late", text="An hour.", now=NOW, use_case="toy")
    again = tell(shop.pk, "late", title="Later", text="Two hours.", now=NOW + HOUR, minor_per_hour=500)
    assert again.pk == first.pk
    assert (again.seen, again.title, again.text, again.minor_per_hour) == (2, "Later", "Two hours.", 500)
    assert (again.opened_at, again.last_at, again.use_case) == (NOW, NOW + HOUR, "toy")
    assert kinds(shop) == ["alert.opened"]


@pytest.mark.parametrize(
    ("before", "after", "stands", "told"),
    [
        (INFO, WARNING, WARNING, True),
        (WARNING, CRITICAL, CRITICAL, True),
        (CRITICAL, WARNING, CRITICAL, False),
        (WARNING, INFO, WARNING, False),
        (WARNING, WARNING, WARNING, False),
    ],
)
def test_it_grows_worse_and_says_so_and_never_milder(shop, before, after, stands, told):
    tell(shop, "late", title="Late", now=NOW, severity=before)
    assert tell(shop, "late", title="Late", now=NOW, severity=after).severity == stands
    assert kinds(shop) == ["alert.opened", "alert.worse"][: 1 + told]


def test_long_words_are_cut_also_when_it_is_repeated(shop):
    for _ in range(2):
        alert = tell(shop, "late", title="t" * 200, text="x" * 900, now=NOW)
        alert.refresh_from_db()
        assert (len(alert.title), len(alert.text)) == (120, 500)


def test_other_keys_and_other_shops_are_other_alerts(shop):
    tell(shop, "late", title="Late", now=NOW)
    tell(shop, "early", title="Early", now=NOW)
    tell(histories.a_shop(), "late", title="Late", now=NOW)
    assert Alert.objects.filter(seen=1).count() == 3
    assert board.close(shop, "late", NOW)
    assert Alert.objects.filter(closed_at=None).count() == 2


def test_what_is_over_is_said_once_and_a_new_one_may_open_hours_later(shop):
    tell(shop, "late", title="Late", now=NOW)
    assert board.close(shop.pk, "late", NOW + HOUR) and not board.close(shop, "late", NOW + HOUR)
    assert Alert.objects.get().closed_at == NOW + HOUR
    tell(shop, "late", title="Late again", now=NOW + 9 * HOUR)
    assert Alert.objects.count() == 2
    assert kinds(shop) == ["alert.opened", "alert.closed", "alert.opened"]


@pytest.mark.parametrize(
    ("phase", "ago", "closes"),
    [
        (Release.Phase.REJECTED, 24 * HOUR, True),
        (Release.Phase.REJECTED, 23 * HOUR, False),
        (Release.Phase.LIVE, 48 * HOUR, False),
        (Release.Phase.CANARY, 48 * HOUR, False),
        (None, 24 * HOUR, True),
    ],
)
def test_what_nobody_repeated_for_a_day_closes_where_nobody_looks_any_more(shop, phase, ago, closes):
    row = None
    if phase:
        row = histories.a_card(shop)
        Release.objects.filter(pk=row.pk).update(phase=phase)
    tell(shop, "late", title="Late", now=NOW - ago, release=row)
    assert board.close_over(NOW) == int(closes)
    assert Alert.objects.filter(closed_at=None).exists() is not closes


def test_the_ledger_names_what_it_is_about(shop):
    card = histories.a_card(shop)
    tell(shop, "harm", title="Harm", now=NOW, severity=CRITICAL, release=card, use_case=card.use_case)
    event = LifecycleEvent.objects.for_shop(shop).order_by("seq").last()
    assert (event.because, event.use_case, event.release_id_seen) == ("Harm", card.use_case, card.pk)
    assert (event.details["key"], event.details["severity"]) == ("harm", CRITICAL)
