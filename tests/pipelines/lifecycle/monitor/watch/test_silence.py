"""A live model that nobody asks at its usual hours is told; a monitor that is down says nothing of a model."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.monitor.watch import silence
from pipelines.models import Alert, Deployment, Measurement, PredictionLog
from tests import exposing, histories
from tests.exposing import SLUG

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)
shown = exposing.shown


@pytest.fixture
def pointer(shown):
    shop = exposing.a_shop()
    version = histories.a_version(shop, use_case=SLUG)
    return Deployment.objects.create(shop=shop, use_case=SLUG, active=version, revision=1)


def measured(pointer, *hours, alive="mine"):
    """Write what the last hours were, the newest last: asked, silent or quiet; and who gave signs of life in them."""
    for ago, what in zip(range(len(hours), 0, -1), hours, strict=True):
        at = {"starts_at": NOW - ago * HOUR, "ends_at": NOW - (ago - 1) * HOUR}
        verdict = {"asked": "", "silent": "no_data", "quiet": "quiet"}[what]
        facts = {"use_case": SLUG, "version": pointer.active, "metric": "questions", "verdict": verdict, **at}
        Measurement.objects.create(shop=pointer.shop, value=9 if what == "asked" else None, **facts)
        if alive != "nobody":
            version = pointer.active_id if alive == "mine" else 77
            sign = {"use_case": SLUG, "version_id": version, "unit": b"", "outcome": "alive", "arm": "stable"}
            PredictionLog.objects.create(shop=pointer.shop, at=NOW - ago * HOUR + HOUR / 2, **sign)


def opened() -> Alert | None:
    return Alert.objects.open().filter(key=f"silent:{SLUG}").first()


@pytest.mark.parametrize(
    ("hours", "is_told"),
    [
        (("asked", "silent"), False),
        (("asked", "silent", "silent"), True),
        (("silent", "quiet", "silent", "quiet"), True),  # quiet neither counts nor resets
        (("silent", "silent", "asked"), False),
        (("quiet",) * 5, False),
    ],
)
def test_two_silent_hours_in_a_row_are_told(pointer, hours, is_told):
    measured(pointer, *hours)
    assert silence.look(NOW) == is_told and bool(opened()) is is_told


def test_it_closes_after_three_hours_that_were_heard(pointer):
    measured(pointer, "silent", "silent")
    silence.look(NOW)
    for heard in range(1, 4):
        Measurement.objects.all().delete()
        measured(pointer, "silent", "silent", *["asked"] * heard)
        silence.look(NOW)
        assert bool(opened()) is (heard < 3)


def test_where_nobody_gives_a_sign_of_life_nothing_is_said_of_a_model(pointer):
    measured(pointer, *["silent"] * 5, alive="nobody")
    assert silence.look(NOW) == 0 and not opened()


@pytest.mark.parametrize(("alive", "step"), [("mine", "Open your shop as a visitor"), ("another", "We look at it")])
def test_the_next_step_tells_who_is_missing(pointer, alive, step):
    measured(pointer, "silent", "silent", alive=alive)
    silence.look(NOW)
    assert opened().next_step.startswith(step) and opened().title == "Shown: nobody has asked for hours"


def test_the_silence_of_the_simple_rule_counts_too(pointer):
    Deployment.objects.update(active=None)
    pointer.refresh_from_db()
    measured(pointer, "silent", "silent")
    assert silence.look(NOW) == 1 and opened().text.startswith("The simple rule.")


def test_another_version_and_another_shop_are_not_meant(pointer):
    measured(pointer, "silent", "silent")
    Measurement.objects.update(version=histories.a_version(pointer.shop, use_case=SLUG))
    assert silence.look(NOW) == 0
