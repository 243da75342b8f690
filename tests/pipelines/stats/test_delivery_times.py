"""How long deliveries take, counted by hand and drawn at random."""

from __future__ import annotations

import random

import pytest

from pipelines.stats.delivery_times import FEWEST, LEVELS, Part, come_by, measure


def came(days, late=False):
    return [Part(1.0, days, True, late)]


def open_for(days, late=None):
    return [Part(1.0, days, False, late)]


def test_the_middle_and_what_nine_in_ten_take_are_read_off_what_came():
    times = measure({"Larch": [came(days) for days in range(1, 101)]})["Larch"]
    assert (times.median, times.most, times.deliveries) == (47, 91, 100)
    assert len(times.days) == len(LEVELS) and list(times.days) == sorted(times.days)


def test_an_order_in_parts_counts_once_and_each_part_by_its_units():
    in_parts = [[Part(0.75, 10, True, False), Part(0.25, 40, True, True)]] * 8
    times = measure({"Larch": in_parts})["Larch"]
    assert (times.deliveries, times.median, times.most, times.late) == (8, 10, 40, 0.25)


def test_what_is_under_way_for_long_makes_the_rest_longer_and_is_no_delivery():
    """Ten came after ten days; ten more have been under way for thirty: half of all take longer than thirty."""
    usual, waiting = [came(10)] * 10, [open_for(30, late=True)] * 10
    assert measure({"Larch": usual})["Larch"].most == 10
    times = measure({"Larch": usual + waiting})["Larch"]
    assert (times.deliveries, times.median, times.most) == (10, 10, 30) and times.late > 0.4


def test_what_was_sent_yesterday_tells_nothing_yet():
    known = [came(10)] * 10
    assert measure({"Larch": known + [open_for(1)] * 50})["Larch"].days == measure({"Larch": known})["Larch"].days


def test_fewer_than_five_are_not_measured():
    assert measure({"Larch": [came(10)] * (FEWEST - 1) + [open_for(60)] * 9}) == {}
    assert measure({}) == measure({"Larch": []}) == {}


def test_few_deliveries_are_drawn_towards_those_of_all_and_many_are_not():
    others = [came(30, late=True)] * 100
    few = measure({"Gill": [came(5)] * 5, "Others": others})["Gill"]
    many = measure({"Gill": [came(5)] * 400, "Others": others})["Gill"]
    assert few.most == 30 and few.late > 0.4
    assert many.most == 5 and many.late < 0.02


@pytest.mark.parametrize("seed", range(5))
def test_times_that_are_cut_off_are_found_again(seed):
    """Draw times, cut some off by today, and compare with all of them."""
    rng = random.Random(seed)
    true = [max(1, round(rng.lognormvariate(2.6, 0.4))) for _ in range(2_000)]
    seen = [(days, rng.randint(1, 60)) for days in true]
    shares = come_by([came(days) if days <= age else open_for(age) for days, age in seen])
    whole = come_by([came(days) for days in true])
    for day in (8, 13, 20, 28):
        assert shares[day] == pytest.approx(whole[day], abs=0.04)
