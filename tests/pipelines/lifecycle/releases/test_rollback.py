"""Going back: to the version that ran before, else to the simple rule, and never to what was barred."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import propose, rollback
from pipelines.lifecycle.versions import registry, validate
from pipelines.models import Deployment, ModelVersion, Publication, Release
from pipelines.usecases import USE_CASES, recommendations
from tests import histories
from tests.histories import a_card, approved

pytestmark = pytest.mark.django_db


def go_back(shop, **changes):
    deployment = Deployment.of(shop, "demand_forecast")
    said = {"by": histories.OWNER, "because": "Too high", "revision": deployment.revision} | changes
    rollback.roll_back(deployment, **said)
    return deployment


def test_the_version_that_ran_before_runs_again_and_the_other_is_barred_where_it_did_harm(shop):
    first = histories.healthy(approved(a_card(shop)))
    second = approved(a_card(shop))
    deployment = go_back(shop, quarantines=True)
    assert (deployment.active, deployment.standby) == (first.version, None)
    second.refresh_from_db()
    second.version.refresh_from_db()
    assert second.phase == Release.Phase.ROLLED_BACK and second.version.state == ModelVersion.State.QUARANTINED


def test_a_person_who_goes_back_bars_nothing_and_may_use_the_version_again(shop):
    files = {"recipe.json": b'{"same": true}'}
    card = approved(a_card(shop, files=files))
    assert go_back(shop).active is None
    card.refresh_from_db()
    assert (card.phase, card.version.state) == (Release.Phase.ROLLED_BACK, ModelVersion.State.VALIDATED)
    assert propose.propose(card.version) == card  # not by itself
    again = propose.propose(card.version, again=True)
    assert again != card and again.phase == Release.Phase.AWAITING_APPROVAL
    assert approved(again).phase == Release.Phase.LIVE
    assert propose.propose(card.version, again=True) == again  # it runs


def test_what_learned_the_same_as_a_version_taken_back_by_hand_is_not_refused(shop):
    files = {"recipe.json": b'{"same": true}'}
    approved(a_card(shop, files=files))
    go_back(shop)
    retrained = histories.a_version(shop, files=files, state=ModelVersion.State.TRAINED)
    assert validate.not_barred(retrained).verdict == "passed"
    assert registry.barred_twin(retrained) is None


def test_without_a_version_before_the_simple_rule_runs(shop):
    approved(a_card(shop))
    assert go_back(shop).active is None


def test_a_version_that_was_barred_meanwhile_does_not_come_back(shop):
    first = histories.healthy(approved(a_card(shop)))
    approved(a_card(shop))
    registry.quarantine(first.version, by="system", because="Its files were changed")
    assert go_back(shop).active is None


def test_a_version_that_never_ran_healthy_for_a_day_does_not_come_back(shop):
    healthy = histories.healthy(approved(a_card(shop)))
    approved(a_card(shop))
    approved(a_card(shop))
    assert go_back(shop).active == healthy.version
    assert go_back(shop).active is None


def test_a_barred_version_is_never_proposed_again(shop):
    card = approved(a_card(shop))
    go_back(shop, quarantines=True)
    card.version.refresh_from_db()
    with pytest.raises(Refused, match="quarantined"):
        propose.propose(card.version)


def test_a_page_that_is_out_of_date_rolls_nothing_back(shop):
    approved(a_card(shop))
    second = approved(a_card(shop))
    with pytest.raises(Refused, match="went live since"):
        go_back(shop, revision=1)
    assert Deployment.of(shop, "demand_forecast").active == second.version


def test_where_the_simple_rule_runs_there_is_nothing_to_roll_back(shop):
    with pytest.raises(Refused, match="simple rule"):
        go_back(shop)


def test_p07_what_learned_the_same_as_a_barred_version_is_not_approved(shop):
    files = {"recipe.json": b'{"same": true}'}
    first = approved(a_card(shop, files=files))
    approved(a_card(shop))
    twin = a_card(shop, files=files)
    registry.quarantine(first.version, by="system", because="Harm")
    twin.refresh_from_db()
    with pytest.raises(Refused, match="same as version 1"):
        approved(twin)


class TestWhatAWayBackTakes:
    """Lists of products lie in two slots: what is in neither must be written again before shoppers see it."""

    def taken(self, shop, slots, pointer=("a", 10)):
        told = {"live": pointer[0], "weight": pointer[1]} if pointer else {}
        Publication.objects.create(shop=shop, use_case="recommendations", slots=slots, pointer=told)
        deployment = Deployment(shop=shop, use_case="recommendations")
        with USE_CASES.also(recommendations.USE_CASE):
            return rollback.way_takes(deployment, ModelVersion(pk=7)), rollback.way_takes(deployment, None)

    def test_nothing_where_a_slot_is_full_of_it(self, shop):
        to_seven, to_rule = self.taken(shop, {"a": slot(9), "b": slot(7)})
        assert to_seven == "" and "one bulk operation" in to_rule

    def test_the_simple_rule_may_lie_ready_too_and_a_slot_that_is_filled_is_no_way_yet(self, shop):
        to_seven, to_rule = self.taken(shop, {"a": slot(7, is_full=False), "b": slot(0)})
        assert "recommendations do not lie on your products" in to_seven and to_rule == ""

    def test_nothing_was_ever_told_to_a_storefront(self, shop):
        assert self.taken(shop, {}, pointer=None) == ("", "")

    def test_a_family_without_lists_on_products_goes_back_at_once(self, shop):
        assert rollback.way_takes(Deployment.of(shop, "demand_forecast"), None) == ""


def slot(version, is_full=True):
    return {"version": version, "is_full": is_full}
