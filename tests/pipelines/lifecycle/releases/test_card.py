"""What a merchant decides on is stored, and its digest is the same before and after the database kept it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.lifecycle.releases import card, propose
from pipelines.models import Deployment, Release, ShopSettings, TrainingRun
from pipelines.models.releases import evidence_digest
from pipelines.strategies import Step, Traffic, strategy
from tests import histories

pytestmark = pytest.mark.django_db
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_the_digest_is_that_of_what_the_database_gives_back(evidence):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [json.dumps(evidence)])
        assert evidence_digest(json.loads(cursor.fetchone()[0])) == evidence_digest(evidence)


def test_other_evidence_has_another_digest_and_the_order_of_names_does_not_matter():
    assert evidence_digest({"a": 1, "b": 2}) == evidence_digest({"b": 2, "a": 1})
    assert len({evidence_digest(told) for told in ({"a": 1}, {"a": 2}, {"a": "1"}, {"b": 1}, {"a": [1]}, {})}) == 6


def test_a_card_tells_what_it_is_about(shop):
    running = histories.approved(histories.a_card(shop)).version
    row = histories.a_card(shop, page={"cards": []}, replay={"verdict": "better"})
    told = row.evidence
    assert (told["version"], told["artifact_digest"]) == (row.version.number, row.version.artifact_digest)
    assert told["compared_with"] == running.number and told["replay"] == {"verdict": "better"}
    assert (told["strategy"], told["steps"]) == (row.strategy, row.steps)
    assert told["data"]["last_day"] == row.version.dataset.last_day.isoformat()
    assert row.evidence_digest == evidence_digest(told) and told["advice"] == ""


def test_the_plan_is_fixed_before_the_start(shop):
    ShopSettings.objects.filter(shop=shop).update(approvals_needed=2, asks_before_all=True, margin=Decimal("0.05"))
    plan = histories.a_card(shop).evidence["plan"]
    assert (plan["approvals_needed"], plan["asks_before_all"], plan["margin"]) == (2, True, 0.05)
    ShopSettings.objects.filter(shop=shop).update(approvals_needed=1)
    assert Release.objects.get().evidence["plan"]["approvals_needed"] == 2


SPLIT = [Step("approval", asks=True), Step("5", weight=5), Step("50", weight=50), Step("all", weight=100)]


def expected(traffic, steps=SPLIT):
    row = Release(strategy="canary", steps=[step.as_dict() for step in steps])
    return card.expected_of(row, traffic, 0.1, strategy("canary").maximum.days)


def test_more_shoppers_show_smaller_harm_sooner():
    few, many = (expected(Traffic("randomised", units, 0.03)) for units in (500, 50_000))
    assert 0 < many["smallest_harm"] < few["smallest_harm"]
    assert many["expected_days"] < (few["expected_days"] or float("inf"))


@pytest.mark.parametrize(
    "traffic", [Traffic("randomised", 0, 0.03), Traffic("randomised", 100, 0.0), Traffic("randomised", 100, 1.0)]
)
def test_nothing_is_promised_without_traffic_or_a_split(traffic):
    assert expected(traffic) == {}
    assert expected(Traffic("randomised", 5_000, 0.03), [SPLIT[0], SPLIT[-1]]) == {}


def test_where_nothing_runs_there_is_nothing_to_compare_with(shop):
    assert histories.a_card(shop).evidence["compared_with"] is None
    assert Deployment.of(shop, "demand_forecast").active is None


@pytest.mark.parametrize("trigger", ["weekly", "drift of price", "decay", "catalogue changed"])
def test_the_card_says_what_its_training_did_not_wait_for(shop, trigger):
    version = histories.a_version(shop)
    TrainingRun.objects.create(shop=shop, use_case=version.use_case, trigger=trigger, state="done", version=version)
    release = propose.propose(version)
    assert release.cause == ("" if trigger == "weekly" else trigger)
    assert bool(release.evidence["cause"]) is bool(release.cause)
    assert release.evidence_digest == evidence_digest(release.evidence), "a yes binds to it"
