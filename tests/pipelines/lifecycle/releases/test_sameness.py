"""A retrain that differs in nothing asks for nothing; what we would do with one that is not proven."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle import due
from pipelines.lifecycle.releases import propose
from pipelines.models import Deployment, LifecycleEvent, Release
from tests import histories

pytestmark = pytest.mark.django_db
SAME = {"recipe.json": b'{"same": true}'}


def answering(rows: int, changed: int, beside: int = 1) -> dict:
    return {"compared_with": beside, "answers": {"rows": rows, "changed": changed}}


def beside(*groups: dict) -> dict:
    return {"replay": {"versus": {"champion": list(groups)}}}


@pytest.fixture
def live(shop) -> Release:
    return histories.approved(histories.a_card(shop, files=SAME))


class TestARetrain:
    def test_that_learned_the_very_same_is_set_aside_with_a_line(self, shop, live):
        row = propose.propose(histories.a_version(shop, files=SAME))
        assert row.phase == Release.Phase.SUPERSEDED
        told = LifecycleEvent.objects.for_shop(shop).filter(release_id_seen=row.pk).get()
        assert (told.kind, told.because) == ("release.superseded", "It learned the very same as version 1")
        assert Deployment.of(shop, "demand_forecast").active == live.version
        assert not list(due.proposals(timezone.now() + timedelta(hours=1)))

    def test_that_is_the_same_as_what_waits_leaves_the_card_as_it_is(self, shop, live):
        files = {"recipe.json": b'{"other": true}'}
        waiting = histories.a_card(shop, files=files)
        assert propose.propose(histories.a_version(shop, files=files)).phase == Release.Phase.SUPERSEDED
        waiting.refresh_from_db()
        assert waiting.phase == Release.Phase.AWAITING_APPROVAL

    def test_that_says_the_same_of_everything_is_set_aside(self, shop, live):
        row = propose.propose(histories.a_version(shop, metrics=answering(rows=40, changed=0)))
        assert row.phase == Release.Phase.SUPERSEDED
        assert row.closed_because == "It says the same as version 1, to a hundredth"

    @pytest.mark.parametrize(
        "metrics",
        [{}, answering(40, 1), answering(0, 0), answering(40, 0, beside=7), {"compared_with": 1, "answers": None}],
    )
    def test_is_asked_about_where_anything_may_differ(self, shop, live, metrics):
        assert propose.propose(histories.a_version(shop, metrics=metrics)).is_open

    def test_of_a_shop_where_nothing_runs_is_asked_about(self, shop):
        assert histories.a_card(shop, files=SAME).phase == Release.Phase.AWAITING_APPROVAL
