"""Accuracy of probabilities is that of its slow formulas, and what is not known is never a zero."""

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from pipelines.stats.drift.accuracy.probabilities import accuracy, auc, average_precision, lift, log_loss
from pipelines.stats.drift.findings import Finding

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20).map(lambda n: n / 20)), min_size=1, max_size=60)
TWO_SIDED = ROWS.filter(lambda rows: len({y for y, _ in rows}) == 2)


def columns(rows: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([float(y) for y, _ in rows]), np.array([p for _, p in rows])


def scored(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 9, rows)
    return (rng.random(rows) < p).astype(float), p


@given(TWO_SIDED)
def test_auc_is_mann_whitneys(rows: list[tuple[int, float]]) -> None:
    y, p = columns(rows)
    pairs = y.sum() * (1 - y).sum()
    expected = mannwhitneyu(p[y == 1], p[y == 0]).statistic / pairs
    assert auc(y, 1 - y, p) == pytest.approx(expected, abs=1e-12)


@given(TWO_SIDED)
def test_swapped_labels_turn_the_ranking_round_exactly(rows: list[tuple[int, float]]) -> None:
    y, p = columns(rows)
    assert auc(1 - y, y, p) == pytest.approx(1 - auc(y, 1 - y, p), abs=1e-12)
    one, other = accuracy(y, p), accuracy(1 - y, 1 - p)
    assert (one.auc, one.brier, one.log_loss) == pytest.approx((other.auc, other.brier, other.log_loss), abs=1e-12)
    assert one.calibration_z == pytest.approx(-other.calibration_z, abs=1e-9, nan_ok=True)


@given(TWO_SIDED)
def test_average_precision_is_a_slow_loop_over_thresholds(rows: list[tuple[int, float]]) -> None:
    y, p = columns(rows)
    expected, recall = 0.0, 0.0
    for threshold in sorted(set(p), reverse=True):
        told = p >= threshold
        found = y[told].sum() / y.sum()
        expected += (found - recall) * y[told].mean()
        recall = found
    assert average_precision(y, p) == pytest.approx(expected, abs=1e-12)


def test_losses_are_their_formulas() -> None:
    y, p = np.array([1.0, 0.0, 1.0]), np.array([0.8, 0.4, 0.5])
    assert log_loss(y, p) == pytest.approx(-(math.log(0.8) + math.log(0.6) + math.log(0.5)) / 3)
    assert accuracy(y, p).brier == pytest.approx((0.04 + 0.16 + 0.25) / 3)
    assert log_loss(np.array([1.0]), np.array([0.0])) == pytest.approx(36.04, abs=0.01)


def test_lift_is_that_of_the_highest_tenth() -> None:
    y = np.zeros(100)
    y[[0, 1, 2, 50]] = 1
    assert lift(y, -np.arange(100.0)) == pytest.approx((3 / 10) / (4 / 100))
    assert lift(y, np.full(100, 0.3)) == pytest.approx(1.0)  # who cannot tell them apart gains nothing


def test_a_calibrated_model_is_judged_so() -> None:
    y, p = scored(20_000)
    found = accuracy(y, p)
    assert found.finding is Finding.OK
    assert found.rate.low < p.mean() < found.rate.high
    assert abs(found.calibration_z) < 3 and abs(found.spiegelhalter_z) < 3
    assert found.log_loss < found.log_loss_of_rate
    assert 0.6 < found.auc < 0.8 and found.lift > 1.5


def test_labels_that_never_come_are_no_data() -> None:
    found = accuracy(np.full(500, np.nan), np.full(500, 0.1))
    assert (found.finding, found.rows, found.known) == (Finding.NO_DATA, 500, 0)
    values = [getattr(found, field.name) for field in fields(found)][4:]
    assert all(math.isnan(value) for value in values) and math.isnan(found.rate.value)


def test_labels_that_are_late_are_not_enough() -> None:
    """Those that say yes come first: what is known is not what will be."""
    y, p = scored(1000)
    late = np.where(y == 1, y, np.nan)
    found = accuracy(late, p)
    assert found.finding is Finding.INSUFFICIENT and math.isnan(found.auc)
    nearly = np.where(np.arange(1000) % 20 == 0, np.nan, y)
    assert accuracy(nearly, p).finding is Finding.OK


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_labels_of_one_kind_rank_nothing(label: float) -> None:
    found = accuracy(np.full(500, label), np.full(500, 0.4))
    assert found.finding is Finding.INSUFFICIENT
    assert math.isnan(found.auc)
    assert found.brier == pytest.approx((0.4 - label) ** 2)


def test_no_positive_has_no_precision_and_no_lift() -> None:
    found = accuracy(np.zeros(500), np.full(500, 0.4))
    assert math.isnan(found.average_precision) and math.isnan(found.lift)


def test_what_is_no_probability_is_not_counted() -> None:
    y, p = scored(400)
    odd = np.concatenate([p, [1.2, -0.1, np.inf, np.nan]])
    found = accuracy(np.concatenate([y, [1, 0, 1, 0]]), odd)
    assert (found.rows, found.known) == (404, 400)
    assert (found.auc, found.brier) == (accuracy(y, p).auc, accuracy(y, p).brier)


@pytest.mark.parametrize("rows", [0, 1, 35])
def test_few_rows_are_never_green(rows: int) -> None:
    y, p = scored(rows)
    assert accuracy(y, p).finding is (Finding.INSUFFICIENT if rows else Finding.NO_DATA)
