"""A shop is told that its answers are late once trying again has not helped, and hears when they are there."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines.lifecycle import turns
from pipelines.lifecycle.errors import OutOfTime
from pipelines.lifecycle.serving import late
from pipelines.models import Alert
from tests import histories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy")]


@pytest.fixture
def shop():
    return histories.a_shop()


def tried(shop, times):
    for _ in range(times):
        turns.NextTry.objects.update(at=timezone.now())
        turns.whose(late.WORK, [(shop.pk, "toy")], timezone.now())


def fail(shop, error):
    with pytest.raises(type(error)), late.told(shop.pk, "toy"):
        raise error


@pytest.mark.parametrize(("times", "is_told"), [(1, False), (4, False), (5, True), (9, True)])
@pytest.mark.parametrize("error", [ValueError(), MemoryError(), OutOfTime()])
def test_it_is_told_after_five_tries_whatever_failed(shop, times, is_told, error):
    tried(shop, times)
    fail(shop, error)
    assert Alert.objects.for_shop(shop).exists() is is_told


def test_another_shops_tries_are_its_own(shop):
    tried(histories.a_shop(), 9)
    fail(shop, ValueError())
    assert not Alert.objects.exists()


def test_what_goes_well_says_nothing(shop):
    tried(shop, 9)
    with late.told(shop.pk, "toy"):
        pass
    assert not Alert.objects.exists()


def test_it_is_said_once_and_over_when_the_answers_are_there(shop):
    tried(shop, 9)
    for _ in range(2):
        fail(shop, ValueError())
    alert = Alert.objects.get()
    assert (alert.seen, alert.key, alert.use_case) == (2, "late:toy", "toy") and "today's update" in alert.title
    late.over(shop.pk, "toy")
    alert.refresh_from_db()
    assert alert.closed_at and turns.tries(late.WORK, (shop.pk, "toy")) == 0
