"""What is ordered on a day covers the days after its arrival, from what will be left then."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.backtesting.spread import Doubt, Spread
from pipelines.usecases.demand_forecast.ordering.arrival import (
    Ahead,
    after,
    demand_ahead,
    quantile_of,
    received,
    spell_starts,
)

USUAL = Doubt()
CALM = Doubt(errors=((0.05,) * 5,) * 3, shared=(0.05,) * 5)


def ahead(daily, lead=14, review=7, level=0.95, continues=False, doubt=USUAL, dispersion=1.5):
    """Expect the same every day, for one variant or several."""
    daily = np.atleast_1d(np.asarray(daily, dtype=float))
    lead, review, level, continues, dispersion = (
        np.broadcast_to(value, daily.shape) for value in (lead, review, level, continues, dispersion)
    )
    starts = spell_starts(lead, review)
    ends = np.concatenate([starts[1:], [lead + review]])
    spread = Spread(dispersion, 21 * daily, np.full(daily.shape, 9.0), doubt)
    return demand_ahead(starts, ends, ends * daily, spread, level=level, continues=continues)


def coming(days=40, rows=1, **units):
    """Let units come in, by day: coming(d3=5) is five on day 3."""
    receipts = np.zeros((days, rows))
    for day, count in units.items():
        receipts[int(day[1:])] += count
    return receipts


def missing(on_hand, receipts=None, **known):
    found = ahead(**known)
    rows = len(found.level)
    return found.missing(np.full(rows, float(on_hand)), coming(rows=rows) if receipts is None else receipts)


@st.composite
def shops(draw):
    """Some variants with rules, stock and deliveries of their own."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(1, 5))
    known = {
        "daily": random.gamma(0.7, 2, rows),
        "lead": random.integers(0, 30, rows),
        "review": random.integers(1, 15, rows),
        "level": random.choice([0.5, 0.8, 0.95, 0.98], rows),
        "dispersion": 1 + random.gamma(1, 1, rows),
    }
    receipts = np.zeros((31, rows))
    for row in range(rows):
        for back in range(1, 6):
            day = known["lead"][row] - back * known["review"][row]
            if day > 0:
                receipts[day, row] = random.integers(0, 20)
    return known, random.integers(-5, 40, rows).astype(float), receipts


@settings(max_examples=40, deadline=None)
@given(shops())
def test_a_higher_wanted_probability_never_orders_less(shop):
    known, on_hand, receipts = shop
    low, high = (ahead(**known | {"level": level}).missing(on_hand, receipts) for level in (0.7, 0.9))
    assert (low <= high).all()


@settings(max_examples=40, deadline=None)
@given(shops())
def test_what_comes_later_before_the_order_sells_less_until_then_and_never_orders_more(shop):
    known, on_hand, receipts = shop
    later = np.zeros_like(receipts)
    for row, (lead, review) in enumerate(zip(known["lead"], known["review"], strict=True)):
        for day in np.flatnonzero(receipts[:, row]):
            later[min(day + review, lead), row] += receipts[day, row]
    usual, late = (ahead(**known).missing(on_hand, units) for units in (receipts, later))
    assert (late <= usual).all()
    assert (ahead(**known).missing(on_hand, np.zeros_like(receipts)) >= late).all()


@settings(max_examples=40, deadline=None)
@given(shops())
def test_each_unit_more_sells_less_and_the_one_after_those_wanted_seldom(shop):
    known, on_hand, receipts = shop
    found = ahead(**known)
    there = received(receipts, found.starts)
    wanted = np.ceil(found.needed(on_hand, there))
    units = np.stack([wanted * 0, wanted / 2, wanted, wanted + 1, wanted + 10_000], axis=1).astype(np.int64)
    sold = found.sold_thanks_to(on_hand, there, units)
    assert (sold[:, 0] == 0).all() and (np.diff(sold, axis=1) >= -1e-6).all() and (sold <= units + 1e-6).all()
    assert (sold[:, 1] * units[:, 2] >= sold[:, 2] * units[:, 1] - 1e-3).all()
    assert (sold[:, 3] - sold[:, 2] <= 1 - known["level"] + 1e-6).all()


def test_what_comes_after_the_order_is_no_part_of_what_it_finds():
    assert missing(0, coming(d15=50), daily=2.0) == missing(0, daily=2.0)


@settings(max_examples=40, deadline=None)
@given(shops())
def test_who_sells_on_orders_at_least_as_much_and_up_to_the_level_of_all_days(shop):
    known, on_hand, receipts = shop
    sells_on, stops = (ahead(**known, continues=continues).missing(on_hand, receipts) for continues in (True, False))
    assert (sells_on >= stops - 1e-3).all()
    position = on_hand + receipts.sum(axis=0)
    assert sells_on == pytest.approx(np.maximum(ahead(**known).order_up_to - position, 0), abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(shops())
def test_all_at_once_is_the_same_as_one_by_one(shop):
    known, on_hand, receipts = shop
    together = ahead(**known)
    for row in range(len(on_hand)):
        alone = ahead(**{name: values[[row]] for name, values in known.items()})
        here = slice(row, row + 1)
        assert alone.missing(on_hand[here], receipts[:, here]) == together.missing(on_hand, receipts)[here]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_walking_from_spell_to_spell_is_walking_from_day_to_day(seed, continues):
    """Twelve days, sales on each, deliveries on some: a plain loop over days leaves the same."""
    random = np.random.default_rng(seed)
    daily = random.poisson(2, 12)
    receipts = np.where(random.random(12) < 0.3, random.integers(0, 12, 12), 0)
    start = int(random.integers(-4, 15))
    stock = start + int(receipts[0])
    for day in range(12):
        stock += int(receipts[day]) if day else 0
        owed = min(stock, 0)
        stock = stock - int(daily[day]) if continues else max(stock - int(daily[day]), owed)
    days = np.flatnonzero(receipts[1:]) + 1
    starts = np.array([0, *days, 12])[:, None]
    left = np.array([[start]], dtype=np.float32)
    inflow = received(np.append(receipts, 0)[:, None].astype(float), starts)
    for spell, (first, last) in enumerate(zip(starts[:-1, 0], starts[1:, 0], strict=True)):
        left = after(left + inflow[spell], np.array([[daily[first:last].sum()]], np.float32), np.array([continues]))
    assert left == stock


def test_the_order_covers_the_days_after_its_arrival_as_often_as_is_wanted():
    """Draw demand day by day in the plain way, let nothing fall below zero, and count how often the order lasts."""
    random = np.random.default_rng(5)
    daily, ratio, level = 1.4, 1.5, 0.9
    order = missing(12, coming(d7=6), daily=daily, level=level, doubt=CALM)[0]
    tries = 40_000
    stock, lasted = np.full(tries, 12.0), None
    factor = np.exp(0.05 * random.normal(size=tries))[:, None]
    sold = random.poisson(random.gamma(daily * factor / (ratio - 1), size=(tries, 21)) * (ratio - 1))
    for day in range(14):
        stock = np.maximum(stock + (6 if day == 7 else 0) - sold[:, day], 0)
    lasted = np.mean(stock + order >= sold[:, 14:].sum(axis=1))
    fewer = np.mean(stock + order - 1 >= sold[:, 14:].sum(axis=1))
    assert lasted >= level - 0.015 and fewer <= level + 0.015


def test_demand_that_is_lost_before_the_arrival_is_not_paid_for():
    up_to = missing(0, daily=2.0, continues=True)[0]
    assert missing(0, daily=2.0)[0] < up_to / 2
    assert missing(90, daily=2.0)[0] == 0


def test_what_is_owed_is_ordered_too():
    assert missing(-9, daily=2.0)[0] == missing(0, daily=2.0)[0] + 9
    assert missing(-9, daily=0.0)[0] == 9
    assert missing(-9, daily=2.0, continues=True)[0] == missing(0, daily=2.0, continues=True)[0] + 9


def test_units_that_come_with_the_order_count_in_full():
    assert missing(0, coming(d14=5), daily=2.0)[0] == missing(0, daily=2.0)[0] - 5


def test_what_hardly_sells_is_held_by_what_such_variants_sold_before():
    bursts = replace(USUAL, floors=((tuple(np.linspace(0, 4, 12)),) * 5, (tuple(np.linspace(0, 6, 12)),) * 5))
    assert missing(0, daily=0.02)[0] < missing(0, daily=0.02, doubt=bursts)[0]
    assert missing(0, daily=2.0)[0] == missing(0, daily=2.0, doubt=bursts)[0]


def test_days_lasting_is_all_of_them_just_when_nothing_is_missing():
    random = np.random.default_rng(2)
    rows = 60
    known = {"daily": random.gamma(1, 2, rows), "review": random.integers(1, 12, rows), "lead": 10}
    found = ahead(**known)
    on_hand, none = random.integers(0, 60, rows).astype(float), np.zeros(found.starts.shape)
    shares = np.minimum(np.arange(1, 13)[:, None] / known["review"], 1.0)
    days = np.minimum(found.days_lasting(on_hand, none, shares), known["review"])
    assert ((days == known["review"]) == (found.needed(on_hand, none) == 0)).all()
    more = np.minimum(found.days_lasting(on_hand + 3, none, shares), known["review"])
    assert (more >= days).all() and (days < known["review"]).any() and (days > 0).any()


def test_a_row_with_fewer_deliveries_on_the_way_has_empty_spells():
    starts = spell_starts(np.array([30, 5]), np.array([7, 7]))
    assert starts.tolist() == [[0, 0], [2, 0], [9, 0], [16, 0], [23, 0], [30, 5]]
    assert received(np.ones((31, 2)), starts)[:, 1].tolist() == [1, 0, 0, 0, 0, 5]


def test_the_quantile_is_a_drawn_value_that_a_share_stays_under():
    values = np.arange(10, dtype=np.float32)[None, ::-1]
    assert [quantile_of(values, np.array([level]))[0] for level in (0.05, 0.5, 0.9, 0.91, 0.999)] == [0, 4, 8, 9, 9]


def test_chunks_leave_no_trace(monkeypatch):
    daily = np.random.default_rng(1).gamma(1, 2, 50)
    whole = missing(5, daily=daily)
    monkeypatch.setattr("pipelines.usecases.demand_forecast.ordering.arrival.CHUNK", 7)
    assert missing(5, daily=daily).tolist() == whole.tolist()
    assert isinstance(ahead(daily=1.0), Ahead)
