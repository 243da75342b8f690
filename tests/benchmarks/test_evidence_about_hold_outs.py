"""What is said of a hold-out holds in simulated years, as the product says it, and would not without one spread."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.evidence import hold_outs
from benchmarks.evidence.hold_outs import Shop
from pipelines.stats.inference import held_out
from pipelines.stats.inference.intervals import Sums


@pytest.mark.parametrize("shop", [Shop(5, 800, 0.02, 1.5), Shop(20, 300, 0.01, 2.0), Shop(20, 600, 0.03, 1.0)], ids=str)
def test_a_year_without_any_effect_seldom_proves_one_however_often_one_looks(shop: Shop) -> None:
    seen = hold_outs.a_year(shop, 300)
    for looks in (hold_outs.MONTH, 1):
        assert hold_outs.missed(seen, shop, looks).at_all <= hold_outs.PROMISED
        assert hold_outs.missed_sales(seen, looks).at_all <= hold_outs.PROMISED


@pytest.mark.parametrize("lift", [0.1, 0.5, -0.3])
def test_an_effect_that_is_there_is_seldom_left_out(lift: float) -> None:
    shop = Shop(10, 800, 0.03, 1.0, lift=lift)
    assert hold_outs.missed(hold_outs.a_year(shop, 300), shop, 1).at_all <= hold_outs.PROMISED


def test_with_a_spread_of_its_own_the_small_arm_claims_gains_that_are_none() -> None:
    shop = Shop(5, 800, 0.02, 1.5)
    seen = hold_outs.a_year(shop, 600)
    assert hold_outs.missed_sales(seen, 1, own_spreads=True).too_good > 0.03
    assert hold_outs.missed_sales(seen, 1).too_good < 0.01


def test_the_simulation_says_what_the_product_says() -> None:
    seen = hold_outs.a_year(Shop(10, 800, 0.03, 1.0), 3)
    for total, squares in ((1, 1), (2, 3)):
        value, low, high = (each[:, -1] for each in hold_outs.ranges(seen, total, squares))
        for shop in range(3):
            arms = [
                Sums.of([arm[0][shop, -1]], [arm[total][shop, -1]], [arm[squares][shop, -1]])
                for arm in (seen.held_out, seen.shown)
            ]
            found = held_out.interval(*arms)
            assert found is not None
            assert (found.value, found.low, found.high) == pytest.approx((value[shop], low[shop], high[shop]))


def test_the_time_that_is_told_is_about_the_one_it_takes() -> None:
    assert all(row.holds for row in hold_outs.proof_rows(100))


def test_every_rate_is_told_beside_its_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold_outs, "SHOPS", (Shop(20, 300, 0.02, 1.0),))
    for name in ("empty_rows", "true_rows"):
        work = getattr(hold_outs, name)
        monkeypatch.setattr(hold_outs, name, lambda shop, count, work=work: work(shop, 20))
    for name in ("own_rows", "proof_rows"):
        work = getattr(hold_outs, name)
        monkeypatch.setattr(hold_outs, name, lambda count, work=work: work(20))
    rows = hold_outs.rows(quick=True)
    assert len({row.case for row in rows}) == len(rows) == 15
    assert np.isfinite([row.measured for row in rows]).all()
