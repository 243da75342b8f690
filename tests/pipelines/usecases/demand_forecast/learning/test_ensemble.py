"""One pass over the days says the same as a slow loop over each series (the four members, one by one)."""

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.learning.ensemble import (
    SEASONAL_GRID,
    SES_GRID,
    TSB_GRID,
    pooled_week,
    spread_over,
    weekly_profiles,
)
from pipelines.usecases.demand_forecast.learning.history import History


def a_panel(n: int = 6, days: int = 100, seed: int = 0, gaps: bool = True) -> Panel:
    rng = np.random.default_rng(seed)
    mean = np.linspace(0.2, 20, n)[:, None] * (1 + 0.5 * (np.arange(days) % 7 == 5))
    y = rng.poisson(mean)
    first = np.arange(n) * 7
    seen = np.arange(days) >= first[:, None]
    if gaps:
        seen &= rng.random((n, days)) > 0.1
    return Panel(np.arange(n), np.datetime64("2026-01-01"), y.astype(np.float32), seen, first)


def slow_ses(y, seen, alpha):
    """Level and one-step loss of one series, day by day; the start is a plain mean."""
    level, loss, count = 0.0, 0.0, 0
    for units, was_seen in zip(y, seen, strict=True):
        if not was_seen:
            continue
        loss += (units - level) ** 2 if count else 0.0
        count += 1
        level += max(alpha, 1 / count) * (units - level)
    return level, loss, count


def slow_tsb(y, seen, size_alpha, chance_alpha):
    size, chance, loss, count, sales = 0.0, 0.0, 0.0, 0, 0
    for units, was_seen in zip(y, seen, strict=True):
        if not was_seen:
            continue
        loss += (units - size * chance) ** 2 if count else 0.0
        count += 1
        chance += max(chance_alpha, 1 / count) * ((units > 0) - chance)
        if units > 0:
            sales += 1
            size += max(size_alpha, 1 / sales) * (units - size)
    return size * chance, loss


def slow_members(y, seen, cut):
    """The four members of one series for the seven days from the cut on."""
    y, seen = y[:cut], seen[:cut]
    level = min((slow_ses(y, seen, alpha) for alpha in SES_GRID), key=lambda found: found[1])[0]
    tsb = min((slow_tsb(y, seen, *pair) for pair in TSB_GRID), key=lambda found: found[1])[0]
    by_day = {a: [slow_ses(y[d::7], seen[d::7], a) for d in range(7)] for a in SEASONAL_GRID}
    best = min(by_day.values(), key=lambda days: sum(loss for _, loss, _ in days))
    week = []
    for ahead in range(7):
        weekday = (cut + ahead) % 7
        same = [t for t in range(weekday, cut, 7) if t >= cut - min(8, cut // 7) * 7]
        known = [y[t] for t in same if seen[t]]
        season, _, count = best[weekday]
        week.append([np.mean(known) if known else level, season if count else level, tsb, level])
    return np.array(week).T


@pytest.mark.parametrize("cut", [20, 53, 100])
@pytest.mark.parametrize("gaps", [True, False])
def test_all_series_at_once_equal_a_loop_over_each(cut, gaps) -> None:
    panel = a_panel(gaps=gaps)
    fast = weekly_profiles(panel, [cut])[cut]
    for row in range(len(panel.ids)):
        slow = slow_members(panel.y[row].astype(float), panel.seen[row], cut)
        assert fast[row] == pytest.approx(slow, rel=2e-3, abs=2e-3)


def test_several_cuts_in_one_pass_equal_one_pass_each() -> None:
    panel = a_panel()
    together = weekly_profiles(panel, [30, 60, 100])
    for cut in (30, 60, 100):
        alone = weekly_profiles(panel.until(cut), [cut])[cut]
        assert np.array_equal(together[cut], alone)


def test_many_series_are_walked_in_parts_without_a_seam() -> None:
    panel = a_panel(n=5, days=40)
    many = panel.rows(np.tile(np.arange(5), 1000))
    profile = weekly_profiles(many, [40])[40]
    assert np.array_equal(profile[:5], profile[-5:])
    assert np.array_equal(profile[:5], weekly_profiles(panel, [40])[40])


def test_days_out_of_stock_change_nothing() -> None:
    panel = a_panel(gaps=True)
    other = Panel(
        panel.ids, panel.start, np.where(panel.seen, panel.y, 999).astype(np.float32), panel.seen, panel.first
    )
    assert np.array_equal(weekly_profiles(panel, [100])[100], weekly_profiles(other, [100])[100])


def test_a_constant_seller_is_forecast_as_constant() -> None:
    y = np.full((1, 70), 4, dtype=np.float32)
    panel = Panel(np.arange(1), np.datetime64("2026-01-01"), y, y > 0, np.zeros(1, dtype=np.int64))
    assert weekly_profiles(panel, [70])[70] == pytest.approx(4)


def test_a_week_repeats_over_the_horizon() -> None:
    week = np.arange(7, dtype=np.float32)[None]
    assert spread_over(week, 10).tolist() == [[0, 1, 2, 3, 4, 5, 6, 0, 1, 2]]


def a_history(panel: Panel) -> History:
    return History(panel, np.full(len(panel.ids), ""), panel.y.sum(axis=0, dtype=float), "GB", ())


def test_a_slow_seller_leans_on_the_weekdays_of_the_shop_and_keeps_its_level() -> None:
    days = np.arange(91)
    big = 50.0 + 50 * (days % 7 == 5)
    slow = np.where(days % 30 == 2, 3.0, 0.0)
    y = np.stack([big, slow]).astype(np.float32)
    panel = Panel(
        np.arange(2), np.datetime64("2026-01-01"), y, np.ones_like(y, dtype=bool), np.zeros(2, dtype=np.int64)
    )
    members = weekly_profiles(panel, [91])[91]
    week = pooled_week(members, a_history(panel), 91)
    assert week.mean(axis=1) == pytest.approx(members.mean(axis=(1, 2)), rel=1e-4)
    assert week[1].argmax() == week[0].argmax()
