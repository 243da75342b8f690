"""The stock of a replay: what arrives, what is ordered, what is sold, and with what each variant begins."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.usecases.demand_forecast.evidence.replay import UpTo
from pipelines.usecases.demand_forecast.judging.shelf import Shelf, alike
from pipelines.usecases.demand_forecast.ordering.policies import terms

ALL = np.array([0])


def shelf(on_hand=10.0, arriving=(0.0, 0.0, 0.0, 0.0), start=0, **rules) -> Shelf:
    """Hold one variant with a lead time of three days."""
    rule = terms([100.0], lead_time_days=3, **rules)
    return Shelf(np.array([on_hand]), np.array([[units] for units in arriving]), rule, np.array([start]))


def test_an_order_comes_after_its_lead_time_and_once():
    one = shelf(on_hand=4.0)
    one.order(5, ALL, UpTo(np.array([10.0])))
    assert one.on_order.tolist() == [6]
    for day in (6, 7):
        one.receive(day)
        assert one.on_hand.tolist() == [4]
    one.receive(8)
    assert (one.on_hand.tolist(), one.on_order.tolist()) == ([10], [0])
    one.receive(12)
    assert one.on_hand.tolist() == [10]


def test_what_is_on_its_way_is_not_ordered_again():
    one = shelf(on_hand=4.0)
    for _ in range(2):
        one.order(5, ALL, UpTo(np.array([10.0])))
    assert one.on_order.tolist() == [6]


def test_whole_packs_and_the_least_order_hold():
    one = shelf(on_hand=9.0, pack_size=6, minimum_order=8)
    one.order(0, ALL, UpTo(np.array([10.0])))
    assert one.on_order.tolist() == [12]


def test_a_policy_without_a_number_is_refused():
    with pytest.raises(ValueError, match="no order on day 5"):
        shelf().order(5, ALL, UpTo(np.array([np.nan])))


def test_what_is_not_there_is_wanted_in_vain():
    one = shelf(on_hand=3.0)
    assert (one.sell(np.array([5.0])).tolist(), one.on_hand.tolist()) == ([2], [0])


def test_who_sells_on_owes_it():
    one = shelf(on_hand=3.0, continues=True)
    assert (one.sell(np.array([5.0])).tolist(), one.on_hand.tolist()) == ([0], [-2])


def test_nothing_arrives_before_a_variants_first_day():
    one = shelf(arriving=(7.0, 0.0, 0.0, 0.0), start=4)
    one.receive(0)
    assert one.on_hand.tolist() == [10]
    one.receive(4)
    assert one.on_hand.tolist() == [17]


@pytest.mark.parametrize(
    ("recorded", "continues", "on_hand", "on_order"),
    [(5.0, False, 5, 0), (-3.0, False, 0, 0), (-3.0, True, -3, 0), (np.nan, False, 10, 7)],
)
def test_what_was_recorded_takes_the_place_of_what_was_assumed(recorded, continues, on_hand, on_order):
    one = shelf(arriving=(7.0, 0.0, 0.0, 0.0), continues=continues)
    one.put(np.array([recorded]))
    assert (one.on_hand.tolist(), one.on_order.tolist(), one.arriving.sum()) == ([on_hand], [on_order], on_order)


@given(st.integers(0, 30), st.sampled_from([1, 3, 7, 14]), st.integers(0, 20), st.integers(1, 9), st.integers(0, 6))
def test_a_steady_shelf_is_one_that_has_run_for_long(lead, review, start, daily, spare):
    """Where every day sells the same, the first day begins as any later one does."""
    level = daily * (lead + review) + spare
    rules = terms([100.0], lead_time_days=lead, review_days=review)
    wish = UpTo(np.array([float(level)]))
    one = Shelf.steady({start: (ALL, wish)}, np.array([float(daily)]), rules, np.array([start]))
    held, due = float(one.on_hand[0]), one.on_order[0]
    seen = []
    for day in range(start, start + 8 * (lead + review)):
        one.receive(day)
        if (day - start) % review == 0:
            seen.append((float(one.on_hand[0]), float(one.on_order[0])))
            one.order(day, ALL, wish)
            one.receive(day)
        assert one.sell(np.array([float(daily)])).tolist() == [0]
    assert len(set(seen[: -(-lead // review) + 6])) == 1, (held, due, seen[:6])


def test_variants_that_are_ordered_and_sell_alike_inherit_from_one_another():
    rules = terms([1.0] * 5, lead_time_days=[3, 3, 3, 9, 3])
    heirs = alike(np.array([100.0, 101.0, 104.0, 100.0, 9_000.0]), rules)
    assert sorted(heirs) == [0, 1, 2, 3, 4], "each is inherited from once"
    assert heirs[3] == 3 and heirs[4] == 4, "another lead time, other sales"
    assert set(heirs[:3]) == {0, 1, 2} and all(heir != own for own, heir in enumerate(heirs[:3]))


def test_going_back_takes_over_the_heirs_stock_as_of_the_first_day():
    rules = terms([1.0, 1.0], lead_time_days=3)
    arriving = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 5.0], [0.0, 0.0]])
    two = Shelf(np.array([10.0, 20.0]), arriving, rules, np.array([0, 2]))
    two.back_to_start(4, np.array([1, 0]))  # day 4 stands at place 0
    assert two.on_hand.tolist() == [20, 10] and two.on_order.tolist() == [5, 3]
    assert two.arriving[:, 0].tolist() == [0, 0, 5, 0], "two days ahead of its first day, as of day 4"
    assert two.arriving[:, 1].tolist() == [0, 0, 1, 2]


def test_a_wish_is_all_that_a_policy_needs_to_give():
    one = shelf(on_hand=1.0)
    one.order(0, ALL, SimpleNamespace(missing=lambda on_hand, receipts: on_hand * 0 + len(receipts)))
    assert one.on_order.tolist() == [4]
