"""Why a version was trained: a few words for the history, a sentence where something was found."""

from __future__ import annotations

import dataclasses

import pytest

from pipelines.lifecycle import causes
from pipelines.usecases import USE_CASES
from pipelines.usecases.demand_forecast import USE_CASE as DEMAND

FORECAST = "demand_forecast"


@pytest.mark.parametrize(
    ("trigger", "named", "sentence"),
    [
        ("weekly", "the weekly training", ""),
        ("merchant", "asked for by a merchant", ""),
        ("", "", ""),
        ("decay", "decay", "Decay: the version in use had grown worse"),
        ("drift of price", "drift of prices", "Drift: prices no longer look as in the weeks before."),
        ("drift of y", "drift of sales a day", "Drift: sales a day no longer look"),
        ("lead times changed", "lead times changed", "Lead times changed since the version before was trained."),
        ("catalogue changed", "catalogue changed", "Catalogue changed since"),
    ],
)
def test_a_cause_is_told_in_plain_words(trigger, named, sentence) -> None:
    assert causes.named(FORECAST, trigger) == named
    assert causes.sentence(FORECAST, trigger).startswith(sentence) and bool(sentence) is causes.is_found(trigger)
    assert bool(causes.sentence(FORECAST, trigger)) is bool(sentence)


def test_a_feature_without_a_name_and_a_family_that_is_gone_are_told_as_they_are() -> None:
    plain = dataclasses.replace(DEMAND, slug="plain", monitored=dataclasses.replace(DEMAND.monitored, names={}))
    with USE_CASES.also(plain):
        assert causes.named("plain", "drift of is_returning") == "drift of is returning"
    assert causes.named("gone", "drift of is_returning") == "drift of is_returning"
