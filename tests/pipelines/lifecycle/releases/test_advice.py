"""What we would do about a version that is not proven, and why."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.releases import advice
from pipelines.lifecycle.versions import gates
from pipelines.models import ModelVersion, Release
from pipelines.strategies import Canary, Traffic
from pipelines.usecases import USE_CASES
from tests import histories, one_family

pytestmark = pytest.mark.django_db
SPLIT = Traffic("randomised", units_a_day=3_000, rate=0.03)
SAME = {"recipe.json": b'{"same": true}'}


def beside(*groups: dict) -> dict:
    return {"replay": {"versus": {"champion": list(groups)}}}


@pytest.fixture
def live(shop) -> Release:
    return histories.approved(histories.a_card(shop, files=SAME))


class TestWhatWeWouldDo:
    @pytest.mark.parametrize(
        ("told", "advised"),
        [
            (beside({"profit": 900, "interval": [-10, 2000]}), "may be chance"),
            (beside({"profit": -900, "interval": [-2000, 10]}), "gained nothing"),
            ({}, "could not be compared"),
        ],
    )
    def test_beside_a_version_that_runs_we_would_keep_it_and_say_why(self, shop, live, told, advised):
        card = histories.a_card(shop, state=ModelVersion.State.UNDECIDED, **told)
        assert card.evidence["advice"].startswith("We would keep version 1: ") and advised in card.evidence["advice"]

    def test_where_the_past_tells_nothing_a_share_of_shoppers_is_to_tell(self, shop, live):
        card, split = histories.a_card(shop, state=ModelVersion.State.UNDECIDED), Canary().steps(SPLIT)
        card.steps = [step.as_dict() for step in split]
        told = advice.of(card, live.version)
        assert told.startswith("We would try it: 5 % of shoppers see it first") and "version 1" in told

    @pytest.mark.parametrize(("verdict", "would"), [("passed", "We would use it"), ("open", "We would wait")])
    def test_where_the_simple_rule_runs_its_errors_decide(self, shop, verdict, would):
        gates = [{"name": "Smaller errors than the best simple rule", "verdict": verdict, "text": ""}]
        card = histories.a_card(shop, state=ModelVersion.State.UNDECIDED, gates=gates)
        assert card.evidence["advice"].startswith(would)

    @pytest.mark.parametrize("family", one_family.OURS, ids=lambda family: family.slug)
    def test_the_check_that_decides_is_one_of_the_gates_however_a_family_calls_its_errors(self, shop, family):
        found = gates.better_than_the_simple_rule(gates.Measured(family, {}, {}))
        passed = [{"name": found.name, "verdict": "passed", "text": ""}]
        version = histories.a_version(shop, use_case=family.slug, gates=passed, state=ModelVersion.State.UNDECIDED)
        with USE_CASES.also(family):
            told = advice.of(Release(shop=shop, use_case=family.slug, version=version), None)
        assert told.startswith("We would use it")

    def test_what_is_proven_needs_no_advice(self, shop):
        assert histories.a_card(shop).evidence["advice"] == ""
