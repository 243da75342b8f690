"""Counts drawn by common random numbers follow each series' own law, whatever is drawn beside it."""

import numpy as np
import pytest

from pipelines.stats.inference.common_draws import DRAWS, chances, drawn_counts


def drawn(mean, ratio, error, places=24, draws=DRAWS):
    one = [np.array([value], dtype=float) for value in (mean, ratio, error)]
    return np.array([drawn_counts(*one, place=place, draws=draws)[0] for place in range(places)])


def by_luck(mean, ratio, error, size=400_000):
    """Draw the same law in the plain way: a lognormal level, a gamma rate, a Poisson count."""
    random = np.random.default_rng(1)
    sigma = np.sqrt(np.log1p(error**2))
    level = mean * np.exp(sigma * random.normal(size=size) - sigma**2 / 2)
    return random.poisson(random.gamma(level / (ratio - 1)) * (ratio - 1))


@pytest.mark.parametrize(
    ("mean", "ratio", "error"),
    [
        (0.2, 1.3, 0.1),
        (0.9, 3.0, 0.3),
        (4, 1.1, 0.0),
        (20, 3, 0.2),
        (100, 12, 0.1),
        (1_500, 40, 0.2),
        (9_000, 900, 0.3),
    ],
)
def test_draws_follow_the_law_that_is_asked_for(mean, ratio, error):
    found, wanted = drawn(mean, ratio, error), by_luck(mean, ratio, error)
    assert found.mean() == pytest.approx(wanted.mean(), rel=0.02)
    assert found.std() == pytest.approx(wanted.std(), rel=0.06)
    for level in (0.5, 0.83, 0.95):
        assert np.quantile(found, level) == pytest.approx(np.quantile(wanted, level), rel=0.04, abs=0.51)


def test_what_is_not_expected_is_not_drawn():
    assert not drawn(0.0, 1.0, 0.3).any() and not drawn(0.001, 1.0, 0.3).any()


def test_a_series_is_drawn_as_if_it_were_alone():
    random = np.random.default_rng(0)
    laws = random.gamma(1, 5, 50), 1 + random.gamma(1, 2, 50), random.uniform(0, 0.5, 50)
    together = drawn_counts(*laws, place=1)
    alone = [drawn_counts(*(law[[row]] for law in laws), place=1)[0] for row in range(50)]
    assert np.array_equal(together, alone)


def test_places_share_the_luck_of_all_and_nothing_else():
    def correlation(error):
        return np.corrcoef(drawn(40.0, 2.0, error, places=2))[0, 1]

    assert correlation(0.0) == pytest.approx(0, abs=0.05)
    shared = (0.3 * 40) ** 2 / ((0.3 * 40) ** 2 + 40 * 2)
    assert correlation(0.3) == pytest.approx(shared, abs=0.1)


def test_fewer_draws_are_spread_as_evenly():
    assert drawn(8.0, 2.0, 0.2, draws=64).mean() == pytest.approx(8.0, rel=0.03)
    assert sorted(chances(3)) == pytest.approx((np.arange(DRAWS) + 0.5) / DRAWS)
    assert np.diff(sorted(chances(3, 64))) == pytest.approx(np.full(63, 1 / 64))
