"""What ordering takes and costs: terms are filled, orders come in whole packs."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.ordering.policies import price_of_being_wrong, rounded_order, terms

FIRST_DAY = date(2026, 8, 31)


def test_terms_fill_what_is_unknown():
    rules = terms([1000.0, 1000.0, np.nan], unit_cost=[400.0, np.nan, np.nan])
    assert rules.unit_cost.tolist() == [400.0, 500.0, 0.0]
    assert rules.margin.tolist() == [600.0, 500.0, 0.0]
    assert rules.protection_days.tolist() == [21, 21, 21]


def test_orders_come_in_whole_packs_at_or_above_the_minimum():
    need = np.array([-5.0, 0.0, 0.2, 12.0, 12.0000000001, 40.0])
    orders = rounded_order(need, np.full(6, 6), np.full(6, 10))
    assert orders.tolist() == [0.0, 0.0, 12.0, 12.0, 12.0, 42.0]


def test_what_makes_no_sense_is_bounded():
    told = terms([10.0], review_days=0, lead_time_days=-3, pack_size=0, minimum_order=-1)
    assert (told.review_days[0], told.lead_time_days[0], told.pack_size[0], told.minimum_order[0]) == (1, 0, 1, 0)
    assert told.protection_days[0] == 1


def test_an_unknown_price_earns_nothing_and_one_value_holds_for_all():
    told = terms([np.nan, 10.0], unit_cost=[np.nan, 4.0], lead_time_days=5, continues=[True, False], cost_share=0.25)
    assert (told.price.tolist(), told.unit_cost.tolist(), told.margin.tolist()) == ([0, 10], [0, 4], [0, 6])
    assert told.lead_time_days.tolist() == [5, 5] and told.continues.tolist() == [True, False]


def test_a_margin_that_is_told_stands():
    assert terms([10.0], unit_cost=[4.0], margin=[1.0]).margin.tolist() == [1.0]


def test_some_variants_keep_all_their_terms():
    told = terms([1.0, 2.0, 3.0], pack_size=[1, 2, 3], service_level=[0.9, 0.8, 0.7])
    some = told.take(np.array([2, 0]))
    assert (some.price.tolist(), some.pack_size.tolist()) == ([3, 1], [3, 1])
    assert some.service_level.tolist() == [0.7, 0.9] and vars(some).keys() == vars(told).keys()


@given(st.floats(0.01, 1e5), st.floats(0.01, 1e5), st.integers(1, 90), st.floats(0.01, 1))
def test_the_price_of_being_wrong_is_where_one_unit_more_pays_no_longer(price, cost, days, rate):
    wanted = float(price_of_being_wrong(price, cost, days, rate))
    margin, holding = max(price - cost, 0), cost * rate * days / 365
    if 0.5 < wanted < 0.98:
        assert (1 - wanted) * margin == pytest.approx(wanted * holding, rel=1e-6)
    else:
        assert wanted in (0.5, 0.98)


def test_what_costs_nothing_to_hold_is_wanted_as_surely_as_anything():
    assert price_of_being_wrong([0.0, 10.0], [0.0, 0.0], 28, 0.25).tolist() == [0.98, 0.98]


@given(st.floats(0, 1e4), st.integers(1, 48), st.integers(0, 100))
def test_an_order_is_the_smallest_that_will_do(need, pack, least):
    (units,) = rounded_order(np.array([need]), np.array([pack]), np.array([least]))
    assert units % pack == 0
    if need > 0:
        assert units >= max(need, least) - 1e-6 * pack and units - pack < max(need, least)
    else:
        assert units == 0
