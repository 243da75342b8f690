"""Several places, one shop: parts of an order add up in whole packs, and what lies elsewhere is dealt out once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.ordering.places import lying_elsewhere, shared_out


def shared(order, need, share, variant, pack=1):
    packs = np.full(len(order), pack)
    known = (np.array(values, dtype=float) for values in (order, need, share))
    return shared_out(*known, np.array(variant), packs).tolist()


def test_parts_follow_the_need_and_without_any_the_shares_of_demand():
    assert shared([12], [1, 2, 3], [0.9, 0.1, 0.0], [0, 0, 0]) == [2, 4, 6]
    assert shared([10], [0, 0], [0.7, 0.3], [0, 0]) == [7, 3]


def test_what_is_left_over_goes_to_the_largest_remainder_and_then_to_the_first():
    assert shared([10], [1, 1, 1], [0, 0, 0], [0, 0, 0]) == [4, 3, 3]
    assert shared([10], [1.0, 1.5, 1.0], [0, 0, 0], [0, 0, 0]) == [3, 4, 3]


def test_packs_are_never_broken():
    assert shared([18], [1, 1], [0, 0], [0, 0], pack=6) == [12, 6]


def test_each_variant_is_shared_out_by_itself():
    assert shared([4, 6], [1, 2, 3, 1], [0] * 4, [0, 1, 0, 1]) == [1, 4, 3, 2]


def test_a_place_that_nobody_knows_anything_of_gets_nothing():
    assert shared([0], [0, 0], [0, 0], [0, 0]) == [0, 0]


def slowly(packs, wanted):
    """Share out packs one variant at a time, by the largest remainders."""
    whole = sum(wanted)
    exact = [packs * value / whole for value in wanted]
    given_ = [int(value + 1e-9) for value in exact]
    for place in sorted(range(len(exact)), key=lambda place: (given_[place] - exact[place], place)):
        if sum(given_) < packs:
            given_[place] += 1
    return given_


@given(st.integers(0, 60), st.integers(1, 12), st.lists(st.integers(0, 50), min_size=1, max_size=6), st.integers(1, 50))
def test_it_is_what_somebody_works_out_by_hand(packs, pack, need, share):
    shares = [share + place for place in range(len(need))]
    found = shared([packs * pack], need, shares, [0] * len(need), pack)
    assert found == [pack * units for units in slowly(packs, need if sum(need) else shares)]
    assert sum(found) == packs * pack


def elsewhere(missing, spare, variant, count):
    known = (np.array(values, dtype=float) for values in (missing, spare))
    return lying_elsewhere(*known, np.array(variant), count).tolist()


def test_what_is_spare_is_dealt_out_in_proportion_and_only_as_far_as_it_goes():
    assert elsewhere([6, 3, 0], [0, 0, 3], [0, 0, 0], 1) == [2, 1, 0]
    assert elsewhere([6, 3, 0], [0, 0, 99], [0, 0, 0], 1) == [6, 3, 0]
    assert elsewhere([6, 3, 0], [0, 0, 0], [0, 0, 0], 1) == [0, 0, 0]


def test_another_variants_spare_is_of_no_use():
    assert elsewhere([5, 0], [0, 5], [0, 1], 2) == [0, 0]


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.integers(0, 2)), min_size=1, max_size=9))
def test_nothing_is_dealt_twice_and_nobody_gets_more_than_is_missing(rows):
    missing, spare, variant = (list(column) for column in zip(*rows, strict=True))
    found = elsewhere(missing, spare, variant, 3)
    for which in range(3):
        mine = [place for place, number in enumerate(variant) if number == which]
        assert sum(found[place] for place in mine) <= sum(spare[place] for place in mine) + 1e-6
    assert all(units <= lacking + 1e-6 and units == int(units) for units, lacking in zip(found, missing, strict=True))
