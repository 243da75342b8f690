"""A release moves step by step: which phase a step is, which step follows, and nothing moves twice."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import move
from pipelines.models import Deployment, LifecycleEvent, Release
from pipelines.strategies import Step
from tests import histories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
Phase = Release.Phase
RAMP = [
    Step("alongside", mirrors=True),
    Step("approval", asks=True, mirrors=True),
    Step("5", weight=5),
    Step("50", weight=50),
    Step("all", weight=100),
]


def a_release(step=0, phase=Phase.SHADOW):
    return Release(strategy="canary", steps=[one.as_dict() for one in RAMP], step=step, phase=phase)


def test_each_step_is_of_one_phase():
    expected = [Phase.SHADOW, Phase.AWAITING_APPROVAL, Phase.CANARY, Phase.CANARY, Phase.LIVE]
    assert [move.phase_of(step) for step in RAMP] == expected


@pytest.mark.parametrize(
    ("step", "phase", "following"),
    [
        (0, Phase.SHADOW, "approval"),
        (1, Phase.AWAITING_APPROVAL, "5"),
        (1, Phase.SCHEDULED, "5"),
        (2, Phase.CANARY, "50"),
        (2, Phase.AWAITING_APPROVAL, "all"),  # asked half-way: a yes is a yes to everything
        (3, Phase.SCHEDULED, "all"),
        (3, Phase.CANARY, "all"),
    ],
)
def test_what_follows_a_step(step, phase, following):
    assert move.following(a_release(step, phase)).name == following


def test_after_everything_comes_nothing():
    assert move.following(a_release(4, Phase.LIVE)) is None
    assert move.following(Release(strategy="canary", steps=[])) is None


def test_a_step_is_taken_once(shop):
    card = histories.a_card(shop)
    same = Release.objects.get(pk=card.pk)
    histories.approved(card)
    before = LifecycleEvent.objects.count()
    assert not move.enter_step(same, 1, NOW, by="system", because="Again")
    assert LifecycleEvent.objects.count() == before and Deployment.of(shop, "demand_forecast").active == card.version


def test_without_a_yes_nothing_is_pointed_to(shop):
    card = histories.a_card(shop)
    with pytest.raises(Refused, match="changed since you opened it"), transaction.atomic():
        move.take_step(card, move.next_step(card), NOW)
    assert not move.enter_step(card, move.next_step(card), NOW, by="system", because="Nobody said yes")
    assert Deployment.of(shop, "demand_forecast").active is None


def test_a_barred_version_is_pointed_to_by_nobody(shop):
    card = histories.a_card(shop)
    type(card.version).objects.filter(pk=card.version_id).update(state="quarantined")
    with pytest.raises(Refused):
        histories.approved(card)
    assert Deployment.of(shop, "demand_forecast").active is None


def test_what_was_live_is_closed_by_what_takes_over(shop):
    first, second = (histories.approved(histories.a_card(shop)) for _ in range(2))
    first.refresh_from_db()
    assert (first.phase, second.phase) == (Phase.SUPERSEDED, Phase.LIVE)
    event = LifecycleEvent.objects.filter(kind="release.superseded").get()
    assert event.because == f"Version {second.version.number} took over" and event.release_id_seen == first.pk


def test_another_shops_live_version_stays(shop):
    other = histories.a_shop()
    histories.pulled(other)
    theirs = histories.approved(histories.a_card(other))
    histories.approved(histories.a_card(shop))
    theirs.refresh_from_db()
    assert theirs.phase == Phase.LIVE
