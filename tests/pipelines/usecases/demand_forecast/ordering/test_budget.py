"""A budget buys what keeps most for its price: beside a slow search over everything that it could buy."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.ordering.budget import Buyable, fill, fitting, keeps, worth

CAP = Buyable(10, 6, [(6, 90.0), (12, 120.0)])


@st.composite
def variants(draw):
    """Draw a few variants, each with what its packs keep, less from pack to pack."""
    found = {}
    for key in range(draw(st.integers(1, 3))):
        pack = draw(st.integers(1, 3))
        falling = sorted(draw(st.lists(st.integers(0, 50), min_size=1, max_size=4)), reverse=True)
        steps = [(pack * (at + 1), float(sum(falling[: at + 1]) * pack)) for at in range(len(falling))]
        found[key] = Buyable(draw(st.integers(1, 9)), pack, steps)
    return found


def kept(buyable, units):
    return sum(keeps(each.steps, units.get(key, 0)) for key, each in buyable.items())


def cost(buyable, units):
    return sum(each.unit_cost * units.get(key, 0) for key, each in buyable.items())


def best(buyable, budget):
    """Search everything that the money could buy."""
    choices = product(*([0, *(units for units, _ in each.steps)] for each in buyable.values()))
    bought = (dict(zip(buyable, chosen, strict=True)) for chosen in choices)
    return max(kept(buyable, units) for units in bought if cost(buyable, units) <= budget)


@settings(deadline=None)
@given(variants(), st.integers(0, 120))
def test_it_spends_no_more_and_misses_less_than_one_pack_is_worth(buyable, budget):
    units = fill(buyable, budget)
    assert cost(buyable, units) <= budget
    assert all(units[key] % buyable[key].pack_size == 0 for key in units)
    largest = max(each.steps[0][1] for each in buyable.values())
    assert best(buyable, budget) - kept(buyable, units) <= largest


@settings(deadline=None)
@given(variants())
def test_enough_money_buys_all(buyable):
    assert fill(buyable, 10_000) == {key: each.steps[-1][0] for key, each in buyable.items()}


@settings(deadline=None)
@given(variants(), st.integers(0, 120), st.integers(1, 60))
def test_more_money_never_keeps_much_less(buyable, budget, more):
    largest = max(each.steps[0][1] for each in buyable.values())
    assert kept(buyable, fill(buyable, budget + more)) >= kept(buyable, fill(buyable, budget)) - largest


def test_the_smallest_order_is_bought_whole_or_not_at_all():
    least = Buyable(10, 6, [(24, 300.0), (30, 320.0)])
    assert fill({1: least}, 239) == {} and fill({1: least}, 240) == {1: 24} and fill({1: least}, 300) == {1: 30}


def test_a_large_step_is_bought_in_part_in_whole_packs():
    bulk = Buyable(10, 6, [(6, 60.0), (606, 3000.0)])
    assert fill({1: bulk}, 60 + 3 * 60 + 59) == {1: 24}


def test_nothing_for_nothing():
    assert fill({1: CAP}, 0) == {} and fill({1: CAP}, 59) == {} and fill({}, 100) == {}
    assert fill({1: Buyable(10, 6, [])}, 100) == {}


@pytest.mark.parametrize(("at", "expected"), [(0, 1.5), (1, 0.5)])
def test_what_a_step_keeps_for_its_price_falls(at, expected):
    assert worth(CAP, at) == expected


def test_only_whole_packs_fit():
    assert fitting(CAP, 119) == 6 and fitting(CAP, 59) == 0
