"""Calibration is that of its slow formulas, and finds what was told too high."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.drift.accuracy.calibration import (
    ece_equal_mass,
    ece_equal_width,
    in_the_large,
    recalibrated,
    spiegelhalter,
)

ROWS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=60)


@given(ROWS)
def test_equal_width_is_a_slow_loop(rows: list[tuple[int, float]]) -> None:
    expected = 0.0
    for low in range(10):
        inside = [(y, p) for y, p in rows if low / 10 < p <= (low + 1) / 10 or (low == 0 and p == 0)]
        if inside:
            said, happened = np.mean([p for _, p in inside]), np.mean([y for y, _ in inside])
            expected += len(inside) / len(rows) * abs(said - happened)
    y, p = np.array(rows).T
    assert ece_equal_width(y, p) == pytest.approx(expected, abs=1e-12)


def test_equal_mass_has_a_tenth_of_the_rows_in_each_bin() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 1000).astype(float), np.sort(rng.random(1000) ** 3)
    expected = np.mean([abs(y[n : n + 100].mean() - p[n : n + 100].mean()) for n in range(0, 1000, 100)])
    assert ece_equal_mass(y, p) == pytest.approx(expected)


@given(ROWS)
def test_z_values_are_their_formulas(rows: list[tuple[int, float]]) -> None:
    y, p = np.array(rows).T
    spread = sum(q * (1 - q) for _, q in rows)
    sharp = sum((1 - 2 * q) ** 2 * q * (1 - q) for _, q in rows)
    large = sum(label - q for label, q in rows) / math.sqrt(spread) if spread > 0 else math.nan
    against = sum((label - q) * (1 - 2 * q) for label, q in rows) / math.sqrt(sharp) if sharp > 0 else math.nan
    assert in_the_large(y, p) == pytest.approx(large, rel=1e-9, abs=1e-9, nan_ok=True)
    assert spiegelhalter(y, p) == pytest.approx(against, rel=1e-9, abs=1e-9, nan_ok=True)


def test_what_is_told_too_high_is_seen_and_corrected() -> None:
    rng = np.random.default_rng(1)
    truth = rng.beta(2, 8, 6000)
    y, said = (rng.random(6000) < truth).astype(float), np.minimum(truth * 1.8, 1.0)
    assert ece_equal_mass(y, said) > 0.1 and in_the_large(y, said) < -10
    corrected = recalibrated(said[3000:], y[:3000], said[:3000])
    assert ece_equal_mass(y[3000:], corrected) < 0.03
    assert (np.diff(corrected[np.argsort(said[3000:])]) >= 0).all()


def test_too_much_confidence_is_seen() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(2000)
    y = (rng.random(2000) < truth).astype(float)
    assert abs(spiegelhalter(y, truth)) < 3
    assert spiegelhalter(y, truth**2 / (truth**2 + (1 - truth) ** 2)) > 3


def test_what_is_well_calibrated_is_left_alone() -> None:
    rng = np.random.default_rng(2)
    said = rng.beta(2, 8, 20_000)
    y = (rng.random(20_000) < said).astype(float)
    assert recalibrated(said, y, said) is said
    assert recalibrated(said, y[:0], said[:0]) is said


def test_without_rows_or_doubt_nothing_is_known() -> None:
    none = np.zeros(0)
    assert all(math.isnan(figure(none, none)) for figure in (ece_equal_mass, ece_equal_width, in_the_large))
    assert math.isnan(in_the_large(np.array([1.0, 0.0]), np.array([1.0, 0.0])))
    assert math.isnan(spiegelhalter(np.array([1.0, 0.0]), np.array([0.5, 0.5])))
