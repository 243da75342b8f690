"""What follows from a move: the storefront turns at once, and a candidate's lists are sent before anybody sees them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines.jobs import releases
from pipelines.jobs.queue import Job
from pipelines.lifecycle import turns
from pipelines.lifecycle.serving import publish, refresh
from pipelines.models import Deployment, NextTry, Release
from pipelines.usecases import USE_CASES
from tests import histories
from tests.listing import LISTS, SLUG

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(monkeypatch):
    """Note what is put on the queue, instead of doing it."""
    seen = []
    monkeypatch.setattr(Job, "enqueue", lambda self, *args: seen.append((self.path.rpartition(".")[2], args)))
    return seen


@pytest.fixture
def release(one_family):
    with USE_CASES.also(LISTS):
        shop = histories.a_shop()
        version = histories.a_version(shop, use_case=SLUG)
        facts = {"strategy": "canary", "steps": [{"name": "first", "weight": 10, "splits": True}], "weight": 10}
        yield Release.objects.create(shop=shop, use_case=SLUG, version=version, phase=Release.Phase.CANARY, **facts)


def test_a_move_of_the_pointer_turns_the_storefront_before_everything_is_answered_anew(release, queued):
    releases.follow(release.pk, (release.phase, Deployment.of(release.shop, SLUG).revision - 1))
    here = (release.shop_id, SLUG)
    assert queued == [("publish", here), ("refresh", here)]


def test_what_did_not_move_sends_nothing(release, queued):
    releases.follow(release.pk, (release.phase, Deployment.of(release.shop, SLUG).revision))
    assert queued == []


def test_a_candidate_that_was_heard_is_sent(release, queued, monkeypatch):
    monkeypatch.setattr(refresh, "mirror", lambda shop, use_case: 1)
    releases.alongside(release.shop_id, SLUG)
    assert ("publish", (release.shop_id, SLUG)) in queued


@pytest.mark.parametrize(("sent", "waits"), [(3, 0), (0, 1)])
def test_what_goes_on_is_looked_at_soon_and_what_does_not_less_and_less_often(release, monkeypatch, sent, waits):
    monkeypatch.setattr(publish, "publish", lambda shop, use_case: sent)
    here = (release.shop_id, SLUG)
    assert turns.whose("publish", [here], timezone.now()) == [here]
    releases.publish(*here)
    assert NextTry.objects.filter(work="publish").count() == waits
