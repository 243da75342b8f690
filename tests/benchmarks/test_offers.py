"""Trials are run as the protocol says, logs have the truth that is told, and what is absent is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.usecases.offers import offers
from benchmarks.usecases.offers.rig import bandit, logs, trial
from benchmarks.usecases.offers.rig.trial import Trial
from pipelines.stats.inference import off_policy

CLEAR = Trial("clear", ("a", "b", trial.NOBODY), tuple(np.repeat([1.0, 0.0], [n, 1000 - n]) for n in (300, 100, 50)))


def test_a_trial_is_read_with_the_arm_of_nothing_sent_as_the_last(tmp_path: Path) -> None:
    rows = {"segment": ["No E-Mail", "Womens E-Mail", "Mens E-Mail", "Mens E-Mail"], "visit": [0, 1, 1, 0]}
    pd.DataFrame(rows).to_parquet(tmp_path / "Z.parquet")
    found = trial.read(tmp_path / "Z.parquet")
    assert (found.name, found.rows, found.arms[-1]) == ("Z", 4, "No E-Mail")
    assert found.rates.tolist() == [0.5, 1.0, 0.0]


def test_what_is_gained_lies_between_a_random_arm_and_the_best_one() -> None:
    gains = [trial.gain(CLEAR, seed) for seed in range(5)]
    explored = [trial.gain(CLEAR, seed, 0.5) for seed in range(5)]
    assert 0.75 < np.mean(gains) < 1.1 and np.mean(explored) < np.mean(gains) - 0.2
    assert gains == [trial.gain(CLEAR, seed) for seed in range(5)]
    assert trial.share(CLEAR, 0.3) == pytest.approx(1.0) and trial.share(CLEAR, 0.15) == pytest.approx(0.0)


def test_by_rejection_only_rows_of_the_chosen_arm_count() -> None:
    assert 0.5 < np.mean([trial.by_rejection(CLEAR, seed, 0.0) for seed in range(5)]) < 1.2


@pytest.mark.parametrize("law", logs.LAWS, ids=lambda law: law.name)
def test_logs_have_the_truth_that_is_told(law: logs.Law) -> None:
    rng = np.random.default_rng(0)
    drawn = logs.draw(law, rng, 60_000)
    found = off_policy.snips(drawn.reward, drawn.weight, drawn.visitor)
    assert found.value == pytest.approx(logs.truth(law, rng, 200_000), abs=4 * found.se)
    assert drawn.weight.mean() == pytest.approx(1.0, abs=0.1) and (len(set(drawn.visitor)) < 60_000) == (law.again > 1)


def test_visitors_who_are_shown_the_same_are() -> None:
    law = next(law for law in logs.LAWS if law.sticky)
    drawn = logs.draw(law, np.random.default_rng(0))
    assert pd.Series(drawn.arm).groupby(drawn.visitor).nunique().max() == 1


def test_a_law_is_checked_by_both_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "LOGS", 20)
    said: list[str] = []
    found = {check.name: check for check in offers.of_law(logs.LAWS[0], 0, said.append)}
    assert {"light.snips_held", "light.doubly_robust_held"} <= found.keys() and found["light.not_told"].value == 0
    assert found["light.snips_held"].target == ">= 0.93" and "light" in said[0]


def test_a_bandit_is_valued_beside_what_it_brought(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"item_id": rng.integers(4, size=20_000), "position": rng.integers(1, 4, size=20_000)})
    rows["click"] = (rng.random(20_000) < 0.02 * (1 + rows["item_id"])).astype(int)
    rows.assign(propensity_score=0.25).to_parquet(tmp_path / "B_random_men.parquet")
    learned = rows[rng.random(20_000) < np.where(rows["item_id"] == 3, 1.0, 0.2)]
    chance = np.where(learned["item_id"] == 3, 0.625, 0.125)
    learned.assign(propensity_score=chance).to_parquet(tmp_path / "B_bts_men.parquet")
    rows.assign(propensity_score=0.25).to_parquet(tmp_path / "B_random_alone.parquet")
    (pair,) = bandit.pairs(tmp_path)
    value, came = bandit.told(pair)
    assert value.value == pytest.approx(came, abs=4 * value.se)
    assert [check.name for check in offers.of_bandit(pair, print)] == [
        "bandit_B_random_men.snips",
        "bandit_B_random_men.range_holds_it",
    ]


def test_a_folder_must_be_given() -> None:
    with pytest.raises(SystemExit, match="--data"):
        offers.run({"data": None, "seed": 0}, print)
