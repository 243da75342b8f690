"""A variant that sells and then falls silent for too long was probably out of stock."""

import numpy as np

from pipelines.stats.frames import Panel
from pipelines.stats.stockouts import longest_likely_gap, suspected_stockouts


def panel(*series: list[int]) -> Panel:
    y = np.array(series, dtype=np.float32)
    ids = np.arange(len(y))
    return Panel(ids, np.datetime64("2026-01-01"), y, np.ones(y.shape, dtype=bool), np.zeros(len(y), dtype=np.int64))


def test_a_long_silence_between_sales_is_suspected_and_a_short_one_is_not() -> None:
    found = suspected_stockouts(panel([1, 2, 1] * 20 + [0] * 12 + [1, 0, 0, 1] * 5))
    assert found[0].nonzero()[0].tolist() == list(range(60, 72))


def test_a_slow_seller_may_be_silent_for_weeks() -> None:
    assert not suspected_stockouts(panel(([1] + [0] * 9) * 12)).any()


def test_a_silence_that_goes_on_is_suspected_until_the_variant_no_longer_sells() -> None:
    assert suspected_stockouts(panel([3] * 100 + [0] * 30))[0, 100:].all()
    assert not suspected_stockouts(panel([3] * 100 + [0] * 57)).any()


def test_days_that_were_not_seen_end_a_silence() -> None:
    shop = panel([1] * 40 + [0] * 8 + [1] * 12)
    shop.seen[0, 44] = False
    assert suspected_stockouts(shop)[0].nonzero()[0].tolist() == [40, 41, 42, 43]
    shop.seen[0, 40:48] = False
    assert not suspected_stockouts(shop).any()


def test_of_random_gaps_about_one_in_a_hundred_is_suspected() -> None:
    sold = np.random.default_rng(0).random((400, 300)) < 0.25
    found = suspected_stockouts(panel(*sold.astype(int).tolist()))
    begins = found & ~np.pad(found, ((0, 0), (1, 0)))[:, :-1]
    assert 0.003 < begins.sum() / sold.sum() < 0.012


def test_the_gap_is_the_99th_percentile_of_the_geometric_law() -> None:
    for share in (0.1, 0.3, 0.9):
        gap = longest_likely_gap(np.array([share]))[0]
        assert (1 - share) ** gap <= 0.01 < (1 - share) ** (gap - 1)
