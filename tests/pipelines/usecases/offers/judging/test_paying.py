"""Whether an offer can pay is known by orders long before it is by money, and who pays is not accused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.decisions import decisions_of
from pipelines.usecases.offers.judging import added, paying
from tests.pipelines.usecases.offers import shop

WINS_NOBODY = shop.Market({7: (0.55, 600.0)}, anyway={7: 0.9}, ordering=0.6, full=1_000.0, gives=400.0, held_out=0.3)
WINS = replace(WINS_NOBODY, ordering=0.2)


def frames(market: shop.Market, n: int = 1_200, seed: int = 0, **changes: object) -> Frames:
    rows = shop.decisions(n, market=market, seed=seed).assign(**changes)
    return Frames({"decisions": rows, "offers": shop.offers(market)}, shop.LAST_DAY, "GB")


def test_an_offer_that_wins_nobody_costs_more_than_it_brings() -> None:
    (found,) = paying.paying(frames(WINS_NOBODY))
    assert found.id == 7 and found.costs and found.low < 0 < found.high < found.needed
    assert found.given == pytest.approx(0.4 * found.orders * 1_000 * 0.95, rel=0.1)
    assert found.needed == pytest.approx(0.4 * found.orders, rel=0.1), (
        "two fifths of what its orders earn is given away"
    )


def test_an_offer_that_wins_more_than_it_gives_is_not_accused() -> None:
    (found,) = paying.paying(frames(WINS))
    assert not found.costs and found.low > found.needed


@pytest.mark.parametrize("seed", range(6))
def test_its_money_alone_would_prove_nothing_with_as_few(seed: int) -> None:
    made = frames(WINS_NOBODY, n=800, seed=seed)
    spread = made["decisions"]
    worth = pd.Series(np.random.default_rng(seed).lognormal(-1.1, 1.5, len(spread)))
    spread["profit"], spread["given"] = spread["profit"] * worth, spread["given"] * worth
    spread["value"] = 2_000 * worth
    known = decisions_of(made).decisions
    money = added.added(known, 0)
    (found,) = paying.paying(made)
    assert money["low"] < 0 < money["high"] and found.costs


def test_larger_orders_count_for_it() -> None:
    plain = frames(WINS_NOBODY, value=5_000.0)
    larger = frames(WINS_NOBODY, value=5_000.0)
    rows = larger["decisions"]
    rows["profit"] += rows["ordered"] * (rows["offer"] == 7) * 500.0
    (before,), (after,) = paying.paying(plain), paying.paying(larger)
    assert before.costs and not after.costs and after.needed < 0 < before.needed


def test_carts_that_earned_nothing_beside_it_are_nothing_to_be_larger_than() -> None:
    made = frames(WINS_NOBODY, value=5_000.0)
    rows = made["decisions"]
    rows.loc[rows["offer"] != 7, "profit"] = 0.0
    (found,) = paying.paying(made)
    shown = rows[(rows["offer"] == 7) & (rows["ordered"] == 1)]
    assert found.needed == pytest.approx(found.orders * shown["given"].sum() / (shown["profit"] + shown["given"]).sum())


def test_what_an_offer_was_before_its_terms_changed_says_nothing_of_it() -> None:
    made = frames(WINS_NOBODY, n=2_400)
    rows, middle = made["decisions"], pd.Timestamp(shop.LAST_DAY) - pd.Timedelta(days=20)
    is_after = rows["ds"] > middle
    rows["given"] = rows["given"].where(~is_after, rows["given"] / 20)  # it gives hardly anything since then
    changed, alone = (
        Frames(dict(made.tables) | changes, shop.LAST_DAY, "GB")
        for changes in ({"offers": made["offers"].assign(since=middle)}, {"decisions": rows[is_after]})
    )
    (before,), (found,), (expected,) = paying.paying(made), paying.paying(changed), paying.paying(alone)
    assert before.costs and not found.costs and found == expected
    whole, part = (added.added(decisions_of(each).decisions, 0) for each in (changed, alone))
    assert whole == part


def test_nothing_is_said_of_what_is_known_too_little_or_runs_no_more() -> None:
    assert paying.paying(frames(WINS_NOBODY, n=60)) == []
    assert paying.paying(frames(WINS_NOBODY, given=0.0)) == [], "a message gives nothing"
    stopped = frames(WINS_NOBODY)
    assert (
        paying.paying(replace(stopped, tables=dict(stopped.tables) | {"offers": shop.offers(WINS, is_live=False)}))
        == []
    )
    unknown = frames(WINS_NOBODY)
    assert (
        paying.paying(replace(unknown, tables=dict(unknown.tables) | {"offers": unknown["offers"].assign(offer_id=9)}))
        == []
    )
