"""The model card is rendered from the row alone."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.versions.model_card import model_card
from tests import histories

pytestmark = pytest.mark.django_db

METRICS = {
    "candidate": {"rmsse": 0.71, "bias": 0.02, "wape28": None},
    "seasonal_naive": {"rmsse": 1.0, "bias": 0.1},
    "origins": ["2026-10-25"],
    "history_days": 300,
    "evidence": "full",
}
REPLAY = {"weeks": 12, "versus": {"naive": [{"profit": 108000, "interval": [41000, 174000]}]}}


def test_it_tells_figures_beside_the_simple_rule_and_money_with_its_range():
    shop = histories.a_shop()
    gates = [{"name": "Fresh data", "verdict": "passed", "text": "The newest orders were read 1 hours ago."}]
    card = model_card(histories.a_version(shop, metrics=METRICS, replay=REPLAY, gates=gates, tags=["spring"]))
    assert "# Demand forecast, version 1" in card and "Tags: spring" in card
    assert "| Error per day (RMSSE) | 0.710 | 1.000 |" in card
    assert "| Error of the 28-day total (WAPE) | — | — |" in card
    assert "£1,080 less than by the best simple rule, very likely between £410 and £1,740 less" in card
    assert "300 days of history: no season is known before 393." in card
    assert "| Fresh data | passed | — | — | The newest orders were read 1 hours ago. |" in card


def test_it_names_the_strongest_simple_rule():
    rules = {"simple_rule": "moving_average", "simple_rule_words": "the average of the last four weeks"}
    card = model_card(histories.a_version(histories.a_shop(), metrics=METRICS | {"moving_average": {}} | rules))
    assert "The best simple rule on these days, which it has to beat: the average of the last four weeks." in card


def test_it_tells_each_checks_threshold_what_it_costs_and_what_became_of_it():
    shop = histories.a_shop()
    gates = [
        {"name": "Bias", "verdict": "passed", "text": "2 %.", "value": 0.02, "threshold": [-0.1, 0.1]},
        {"name": "Quick", "verdict": "passed", "text": "Quick.", "value": {"bytes": 9}, "threshold": {"bytes": 90}},
    ]
    serving = {"serving": {"seconds": 1.5, "units": 120, "bytes": 20480}}
    release = histories.a_card(shop, gates=gates, metrics=METRICS | serving)
    card = model_card(release.version)
    assert "| Bias | passed | 0.02 | -0.1 to 0.1 | 2 %. |" in card and "| bytes 9 | bytes 90 |" in card
    assert "Loading and one answer for 120 units: 1.5 s" in card and "Files: 20480 bytes" in card
    assert "| Release prepared |" in card and f"| Files signed |  | {release.version.artifact_digest[:8]} |" in card


def test_what_was_not_measured_is_said_so():
    card = model_card(histories.a_version(histories.a_shop(), replay={"reason": "3 of at least 4 weeks."}))
    assert "Not measured: too little history." in card and "Not measured: 3 of at least 4 weeks." in card
