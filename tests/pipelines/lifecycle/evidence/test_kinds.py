"""The kinds of evidence answer what the shared machine asks, whichever use case it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from pipelines.lifecycle.evidence import kinds
from pipelines.models import Deployment, Release, Shop
from pipelines.strategies import suggest
from pipelines.usecases import USE_CASES
from tests import exposing, toy_use_case

WORDS = replace(toy_use_case.TOY.words, not_split="It answers for the moon.")


@pytest.fixture(autouse=True)
def use_cases():
    with USE_CASES.also(replace(toy_use_case.TOY, words=WORDS), exposing.SHOWN):
        yield


def test_a_use_case_decides_by_the_kind_that_it_declares() -> None:
    assert (kinds.of("toy").name, kinds.of(exposing.SLUG).name) == ("paired", "randomised")


@pytest.mark.parametrize("active", [None, 7])
def test_where_weeks_are_compared_the_plan_says_in_the_use_cases_words_why_shoppers_are_not_split(active) -> None:
    known = kinds.of("toy").traffic(Deployment(use_case="toy", active_id=active))
    assert known.has_champion is (active is not None)
    assert suggest(known, alongside_days=0)[1].startswith("It answers for the moon. ")


def test_where_weeks_are_compared_no_order_is_capped_and_a_rollback_says_that_it_is_not_measured() -> None:
    kind = kinds.of("toy")
    assert kind.order_cap(Shop()) is None
    assert kind.look_back(Release(use_case="toy"), timezone.now()) == {"verdict": "not_measured", "avoided": None}


def test_where_units_are_split_nothing_matures_between_looks() -> None:
    assert kinds.of(exposing.SLUG).measure(Shop(), exposing.SLUG, timezone.now()) == 0
