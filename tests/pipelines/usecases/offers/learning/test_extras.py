"""Orders that would have come anyway are found beside those who were shown nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, decisions_of
from pipelines.usecases.offers.learning.extras import capped, extras_of, shrunk
from pipelines.usecases.offers.learning.recipe import learned
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.shop import Market


def known_of(market: Market | None = None, n: int = 20_000) -> Decisions:
    return decisions_of(shop.frames(n, market=market)).decisions


def test_what_is_known_of_nobody_without_an_offer_has_no_extra() -> None:
    known = known_of(n=2_000)
    without = known.where(known.offer != NO_OFFER)
    unknown = replace(known, profit=np.full(len(known), np.nan))
    for each in (without, unknown, known.where(known.day < 0)):
        assert extras_of(each).shared is None and extras_of(each).own == {}


def test_orders_that_stay_away_are_taken_off() -> None:
    lost = dict.fromkeys(shop.OFFERS, 0.5)
    harmless, harmful = (extras_of(known_of(Market(anyway=anyway, ordering=0.1))) for anyway in ({}, lost))
    assert harmful.shared is not None and harmless.shared is not None
    assert harmful.shared[0] < harmless.shared[0] - 40
    assert harmful.own.keys() == {str(offer) for offer in shop.OFFERS}


def test_one_offer_that_costs_orders_stands_apart_from_the_others() -> None:
    own = extras_of(known_of(Market(anyway={13: 0.9}, ordering=0.1))).own
    assert own["13"][0] < min(own["11"][0], own["12"][0]) - 3


def test_on_other_terms_it_is_another_offer() -> None:
    day = pd.Timestamp(shop.LAST_DAY) - pd.Timedelta(days=20)
    costly, harmless = (
        shop.decisions(20_000, market=Market(anyway=anyway, ordering=0.1)) for anyway in ({13: 0.9}, {})
    )
    rows = pd.concat([costly[costly["ds"] <= day], harmless[harmless["ds"] > day]])
    offers = shop.offers().assign(since=[pd.NaT, pd.NaT, day])
    known = decisions_of(Frames({"decisions": rows, "offers": offers}, shop.LAST_DAY)).decisions
    as_it_was, anew = extras_of(replace(known, changed={})), extras_of(known)
    assert as_it_was.own["13"][0] < -5 < anew.own["13"][0]
    on_its_first_day = extras_of(known.where(known.day <= known.changed[13]))
    assert on_its_first_day.own.keys() == {"11", "12"} and on_its_first_day.shared is not None


def test_a_handful_who_were_drawn_nothing_do_not_outweigh_the_held_out() -> None:
    likely = known_of(Market(explore=0.98, held_out=0.2), n=4_000)
    rare = (likely.offer == NO_OFFER) & ~likely.held_out
    few = likely.where(~rare | (np.cumsum(rare) <= 12))  # as where an offer is nearly always shown
    odd = replace(few, profit=np.where(few.held_out | (few.offer != NO_OFFER), few.profit, 20_000.0))
    odd = replace(odd, propensity=np.where(odd.held_out | (odd.offer != NO_OFFER), odd.propensity, 0.0125))
    assert extras_of(odd).shared == pytest.approx(extras_of(few.where(few.held_out | (few.offer != NO_OFFER))).shared)


def test_one_shopper_who_comes_a_thousand_times_says_nothing() -> None:
    known = known_of(n=2_000)
    alone = replace(known, visitor=np.zeros(len(known), dtype=np.int64))
    assert extras_of(alone).shared is None and extras_of(alone).own == {}
    assert learned(alone, shop.LAST_DAY, seed=0).shared is None


def test_few_decisions_say_little() -> None:
    few, many = (extras_of(known_of(n=n)).shared for n in (1_500, 20_000))
    assert few is not None and many is not None and few[1] > many[1]


def test_what_is_not_known_is_drawn_to_nothing() -> None:
    assert shrunk(-10.0, doubt=1e12, usual=4.0) == (-0.0, 2.0) and shrunk(-10.0, doubt=0.0, usual=4.0)[0] == -10.0


def test_one_order_of_two_hundred_counts_up_to_the_others() -> None:
    profit = np.r_[np.full(995, 100.0), [1e9, -1e9, np.nan, 0.0]]
    told = capped(profit)
    assert np.nanmax(told) < 1e9 and np.nanmin(told) > -1e9 and np.isnan(told[997])
    assert capped(np.array([np.nan, 0.0])).tolist() == pytest.approx([np.nan, 0.0], nan_ok=True)
