"""Labels ripen as orders of the shop come: all of them after a day, nearly all of them sooner."""

import numpy as np

from pipelines.usecases.conversion.learning.delay import Delay, labels, learned


def test_the_share_that_has_come_is_read_off_mature_moments() -> None:
    """Exponential delays with a mean of two hours: F(a) = 1 - exp(-a / 2)."""
    random = np.random.default_rng(0)
    waited, age = random.exponential(2.0, 20_000), np.full(20_000, 48.0)
    hours = np.array([1.0, 2.0, 6.0])
    assert np.allclose(learned(waited, age).share(hours), 1 - np.exp(-hours / 2), atol=0.015)


def test_a_young_moment_is_taken_for_lost_once_nearly_all_would_have_come() -> None:
    mature = np.concatenate([np.linspace(0.1, 5, 100), np.full(300, np.nan)])
    waited = np.concatenate([mature, [np.nan, np.nan, 1.0, 1.0]])
    age = np.concatenate([np.full(400, 48.0), [3.0, 5.0, 3.0, 5.0]])
    came, _ = labels(waited, age)
    assert np.isnan(came[400]) and np.isnan(came[402])  # of three hours nothing is known, not even what came: unfair
    assert came[401] == 0 and came[403] == 1
    assert came[:400].sum() == 100


def test_few_orders_teach_no_curve_so_a_moment_waits_for_its_whole_day() -> None:
    came, _ = labels(np.array([1.0, np.nan, np.nan]), np.array([30.0, 23.9, 24.0]))
    assert came[0] == 1 and np.isnan(came[1]) and came[2] == 0
    assert Delay(np.array([1.0])).share(np.array([23.0, 24.0])).tolist() == [0.0, 1.0]


def test_an_order_after_a_day_or_before_the_moment_or_after_the_last_day_does_not_count() -> None:
    came, _ = labels(np.array([25.0, -1.0, 24.0]), np.array([48.0, 48.0, 48.0]))
    assert came.tolist() == [0.0, 0.0, 1.0]
    assert np.isnan(labels(np.array([10.0]), np.array([5.0]))[0]).all()
