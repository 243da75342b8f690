"""What to order, how much and until when; one variant at a time in the tests, all at once in the code."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.usecases.demand_forecast.backtesting.spread import HORIZONS, Doubt, Spread, pace_of
from pipelines.usecases.demand_forecast.ordering.stock import STATUSES, Outlook, abc_classes, advise

TODAY = date(2026, 11, 19)

USUAL = {
    "variant_id": 1,
    "price_minor": 14_900,
    "unit_cost_minor": 7_750,
    "lead_time_days": 14,
    "review_days": 7,
    "cover_days": np.nan,
    "pack_size": 1,
    "minimum_order": 0,
    "service_level": 0.95,
    "continues": False,
    "sold_28": 43,
    "revenue_minor": 600_000,
    "sale_days": 60,
    "age_days": 400,
    "idle_days": 1,
    "out_since": pd.NaT,
}


def expecting(mean, dispersion, model_error):
    """Expect a demand whose level is off by the same error over any number of days."""
    errors = (float(model_error),) * len(HORIZONS)
    doubt = Doubt((errors,) * 3, shared=errors)
    return Outlook(mean, Spread(np.asarray(dispersion, dtype=float), pace_of(mean), np.zeros(len(mean)), doubt))


def due(*rows):
    """List deliveries: (variant, location, days from today, units)."""
    known = pd.DataFrame(rows, columns=["variant_id", "location_id", "days", "units"])
    return known.assign(ds=pd.Timestamp(TODAY) + pd.to_timedelta(known.pop("days").astype(float), unit="D"))


def one(available, *, daily=2.5, dispersion=1.0, model_error=0.0, horizon=42, incoming=0, comes=(), **changes):
    """Advise on one variant that sells evenly; `comes` are pairs of days from today and units, all of it incoming."""
    variants = pd.DataFrame([USUAL | changes])
    outlook = expecting(np.full((1, horizon), daily), [dispersion], model_error)
    stock = levels((1, 7, available, 0, incoming + sum(units for _, units in comes), 1.0))
    return advise(variants, outlook, stock, due(*((1, 7, *each) for each in comes)), today=TODAY).iloc[0]


def levels(*rows):
    """List stock by location."""
    columns = ["variant_id", "location_id", "available", "committed", "incoming", "demand_share"]
    known = pd.DataFrame(rows, columns=columns).astype({"available": float, "incoming": float, "committed": float})
    return known.assign(moved=0.0)


def test_stock_that_ends_before_a_delivery_means_order_today():
    row = one(29, pack_size=6)  # 2.5 a day: gone during day 11, a delivery comes on day 14
    assert row.status == "order_today" and row.order_by.date() == TODAY
    assert row.runs_out.date() == TODAY + timedelta(days=11) and row.days_of_cover == pytest.approx(11.6)
    assert row.order_up_to == stats.poisson.ppf(0.95, 52.5)
    # Hardly anything is left on arrival, so that the order covers the week after it; what is lost until then is lost.
    assert row.order_quantity == 30 and 24 < stats.poisson.ppf(0.95, 17.5) <= 30 < row.order_up_to - 29
    assert row.order_cost_minor == row.order_quantity * 7_750
    assert row.forecast_28 == 70 and row.low_28 < 70 < row.high_28


def test_expected_lost_sales_are_those_before_a_delivery_could_arrive():
    row = one(29)
    units = np.arange(200)
    missed = np.sum(np.maximum(units - 29, 0) * stats.poisson.pmf(units, 35.0))
    assert row.lost_units == pytest.approx(missed)
    assert row.at_risk_minor == round(missed * 14_900)


def test_a_long_lead_time_puts_at_risk_what_the_next_28_days_miss_and_no_more():
    assert one(0, lead_time_days=60).lost_units == pytest.approx(70.0)


def test_the_order_by_date_is_the_last_day_that_still_arrives_in_time():
    row = one(52)
    safe = max(days for days in range(42) if stats.poisson.ppf(0.95, 2.5 * days) <= 52)
    assert row.order_by.date() == TODAY + timedelta(days=safe - 14)
    assert 0 < safe - 14 < 7 and row.status == "order_this_week" and row.order_quantity > 0


def test_enough_until_the_next_review_needs_no_order():
    row = one(70)
    assert row.status == "ok" and row.order_quantity == 0
    assert row.order_by.date() >= TODAY + timedelta(days=7)


def test_stock_far_beyond_the_horizon_has_a_date_when_it_ends():
    row = one(200)  # 80 days of 2.5, the forecast itself covers 42
    assert row.days_of_cover == pytest.approx(80.0) and row.runs_out.date() == TODAY + timedelta(days=80)


def test_out_of_stock_says_since_when():
    row = one(0, out_since=pd.Timestamp(2026, 11, 17))
    assert row.status == "out_of_stock" and row.runs_out.date() == date(2026, 11, 17)
    assert row.days_of_cover == 0 and row.order_quantity > 0


def test_incoming_units_count_as_ordered_but_do_not_save_sales_before_they_come():
    without, coming = one(10), one(10, incoming=200)
    assert without.order_quantity > 0 and coming.order_quantity == 0
    assert coming.lost_units == without.lost_units


def test_what_comes_on_its_day_saves_the_sales_after_it_and_leaves_less_on_arrival():
    """Sold out on day 4; units that come before the order sell until then, and are no longer there when it comes."""
    late, soon = one(10, incoming=20), one(10, comes=[(4, 20)])
    assert late.lost_units - 20 < soon.lost_units < late.lost_units - 18 and soon.incoming == 20
    assert soon.order_quantity > late.order_quantity == one(10, comes=[(14, 20)]).order_quantity
    assert one(10, comes=[(4, 60)]).order_quantity < soon.order_quantity  # of 60 more is left


def test_what_comes_today_is_as_good_as_there():
    there, today = one(40), one(10, comes=[(0, 30)])
    assert (there.order_quantity, there.order_by) == (today.order_quantity, today.order_by)
    assert there.lost_units == pytest.approx(today.lost_units, abs=0.2)


def test_what_comes_after_the_order_leaves_the_days_until_then_to_it():
    """An order comes on day 14 and is to last for a week: only what comes within that week is waited for."""
    nothing, soon, never = one(0), one(0, comes=[(17, 100)]), one(0, comes=[(21, 100)])
    assert never.order_quantity == nothing.order_quantity > soon.order_quantity > 0
    assert soon.order_quantity == pytest.approx(stats.poisson.ppf(0.95, 7.5), abs=1)


def test_deliveries_come_to_their_place_and_to_the_shop():
    total, rows = places((0, 40, 0.5), (0, 0, 0.5), comes=[(7, 3, 40)])
    late_total, late_rows = places((0, 40, 0.5), (0, 0, 0.5))
    assert rows.lost_units[7] < late_rows.lost_units[7] and rows.lost_units[8] == late_rows.lost_units[8]
    assert total.order_quantity > late_total.order_quantity


def test_what_sells_as_it_comes_in_leaves_nothing_on_arrival():
    daily = one(0, comes=[(day, 2) for day in range(1, 14)])
    assert daily.incoming == 26 and daily.order_quantity == pytest.approx(one(0).order_quantity, abs=3)


def test_what_runs_short_although_enough_was_ordered_is_on_its_way():
    assert one(10, incoming=200).status == "on_its_way"
    assert one(70, incoming=20).status == "ok"


def test_oversold_units_are_ordered_too():
    assert one(-5).order_quantity == one(0).order_quantity + 5
    assert one(-5).status == "out_of_stock"
    row = one(-2, daily=0.0)
    assert row.status == "out_of_stock" and row.order_quantity == 2


def test_a_merchants_cover_orders_for_longer_and_not_sooner():
    usual, more = one(29), one(29, cover_days=42)
    assert more.order_up_to == stats.poisson.ppf(0.95, 105)
    assert more.order_quantity > usual.order_quantity + 40 and more.order_by == usual.order_by
    assert one(70, cover_days=42).order_quantity == 0


def test_who_sells_on_owes_what_is_sold_and_orders_it_too():
    """Selling goes on at nothing: no sales are missed, and the order covers all days from now on."""
    stops, sells_on = one(-12), one(-12, continues=True)
    assert stops.status == "out_of_stock" and stops.at_risk_minor > 0
    assert sells_on.status == "order_today" and sells_on.lost_units == sells_on.at_risk_minor == 0
    assert sells_on.order_quantity == one(0, continues=True).order_quantity + 12
    assert sells_on.order_quantity == pytest.approx(stats.poisson.ppf(0.95, 52.5) + 12, abs=1)
    coming = one(-12, continues=True, incoming=200)
    assert (coming.status, coming.order_quantity) == ("on_its_way", 0)


def test_too_much_is_what_lies_above_ninety_days():
    row = one(300)
    assert row.status == "too_much" and row.overstock_minor == 75 * 7_750 and row.order_quantity == 0


def test_one_pack_that_lasts_long_is_not_too_much():
    assert one(12, daily=0.01, pack_size=12).status == "ok"
    assert one(13, daily=0.01, pack_size=12).status == "too_much"


def test_a_new_product_with_few_sales_is_not_called_too_much():
    assert one(300, age_days=10, sale_days=3).status == "few_sales"
    assert one(70, sale_days=3).status == "few_sales"
    assert bool(one(70, age_days=10).is_new)


def test_dead_stock_has_not_sold_for_ninety_days():
    assert one(3, idle_days=90).is_dead and not one(3, idle_days=89).is_dead
    assert not one(0, idle_days=200).is_dead
    assert one(3, idle_days=np.nan).is_dead and not one(3, idle_days=np.nan, age_days=30).is_dead


def test_what_is_not_wanted_and_not_there_is_not_missed():
    row = one(0, daily=0.0)
    assert row.status == "not_wanted" and row.order_quantity == 0 and row.at_risk_minor == 0
    assert np.isnan(row.days_of_cover) and pd.isna(row.runs_out) and pd.isna(row.order_by)


def test_an_untracked_variant_gets_a_forecast_and_no_advice():
    outlook = expecting(np.full((1, 28), 3.0), [1.0], 0.0)
    row = advise(pd.DataFrame([USUAL]), outlook, levels(), due(), today=TODAY).iloc[0]
    assert row.forecast_28 == 84 and row.status == "ok"
    assert np.isnan(row.stock) and np.isnan(row.days_of_cover) and pd.isna(row.runs_out) and pd.isna(row.order_by)
    assert (row.order_quantity, row.at_risk_minor, row.overstock_minor) == (0, 0, 0)


def test_an_unknown_cost_is_half_the_price_and_said_so():
    row = one(29, unit_cost_minor=np.nan)
    assert row.unit_cost_minor == 7_450 and bool(row.cost_is_estimated)
    assert not one(29).cost_is_estimated


def test_each_location_is_advised_by_its_share_and_the_total_comes_first():
    variants = pd.DataFrame([USUAL, USUAL | {"variant_id": 2}])
    outlook = expecting(np.full((2, 42), 4.0), [3.0, 3.0], 0.2)
    stock = levels((1, 7, 20, 2, 0, 0.75), (1, 8, 60, 1, 5, 0.25), (2, 7, 30, 0, 0, 1.0))
    rows = advise(variants, outlook, stock, due(), today=TODAY).set_index(["variant_id", "location_id"])
    total, big, small = rows.loc[(1, 0)], rows.loc[(1, 7)], rows.loc[(1, 8)]
    assert list(rows.index) == [(1, 0), (2, 0), (1, 7), (1, 8), (2, 7)]
    assert (total.stock, total.committed, total.incoming) == (80, 3, 5)
    assert (big.forecast_28, small.forecast_28, total.forecast_28) == (84, 28, 112)
    assert big.status == total.status == "order_this_week" and small.order_quantity == 0
    assert big.order_quantity == total.order_quantity > 0
    assert big.sold_28 == 0.75 * 43
    pd.testing.assert_series_equal(rows.loc[(2, 0)].drop("kept"), rows.loc[(2, 7)].drop("kept"), check_names=False)


def places(*held, daily=4.0, pack_size=1, comes=(), **changes):
    """Advise on one variant that lies at several places: (available, incoming, share of demand)."""
    variants = pd.DataFrame([USUAL | {"pack_size": pack_size} | changes])
    outlook = expecting(np.full((1, 42), daily), [1.5], 0.2)
    stock = levels(*((1, 7 + at, here, 0, coming, share) for at, (here, coming, share) in enumerate(held)))
    rows = advise(variants, outlook, stock, due(*((1, *each) for each in comes)), today=TODAY).set_index("location_id")
    return rows.loc[0], rows.drop(index=0)


def test_what_lies_at_another_place_is_not_bought_again():
    total, rows = places((0, 0, 0.5), (300, 0, 0.5))
    assert total.order_quantity == 0 and rows.order_quantity.tolist() == [0, 0]
    assert rows.status.tolist()[0] == "out_of_stock" and rows.from_elsewhere.tolist()[1] == 0
    assert rows.from_elsewhere.iloc[0] == rows.order_up_to.iloc[0]
    _, rows = places((9, 0, 0.5), (9, 300, 0.5))  # what arrives elsewhere counts, too
    assert rows.order_quantity.tolist() == [0, 0] and rows.status.iloc[0] == "lies_elsewhere"


def test_places_share_out_the_order_of_the_shop_in_whole_packs():
    total, rows = places((0, 0, 0.5), (5, 0, 0.3), (2, 0, 0.2), pack_size=12)
    assert total.order_quantity > 0 and rows.order_quantity.sum() == total.order_quantity
    assert (rows.order_quantity % 12 == 0).all() and rows.order_quantity.is_monotonic_decreasing
    assert (rows.order_by == total.order_by).all() and rows.status.tolist() == ["out_of_stock"] + 2 * ["order_today"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5, 200), st.integers(0, 100), st.floats(0.01, 1.0)), min_size=2, max_size=5),
    st.integers(1, 24),
    st.integers(0, 80).map(lambda tenths: tenths / 10),
)
def test_the_orders_of_places_add_up_and_nothing_is_bought_twice(held, pack_size, daily):
    sum_of_shares = sum(share for *_, share in held)
    held = [(here, coming, share / sum_of_shares) for here, coming, share in held]
    total, rows = places(*held, daily=daily, pack_size=pack_size)
    assert rows.order_quantity.sum() == total.order_quantity and (rows.order_quantity >= 0).all()
    spare = np.maximum(rows.stock + rows.incoming - rows.order_up_to, 0).sum()
    assert 0 <= rows.from_elsewhere.sum() <= spare
    assert rows.forecast_28.sum() == pytest.approx(total.forecast_28)
    assert rows.status.isin(STATUSES).all()


def test_hardly_any_sales_and_no_stock_is_no_shortage():
    """Its status, its advice and the gap in its chart follow one rule."""
    row = one(0, daily=0.001)
    assert (row.status, row.order_quantity) == ("not_wanted", 0) and row.lost_units < 0.5


def test_demand_at_one_place_is_a_thinned_part_of_the_whole():
    """Draw the whole, deal each unit out by chance, and compare with the quantile that is advised."""
    random = np.random.default_rng(3)
    variants = pd.DataFrame([USUAL | {"service_level": 0.9}])
    outlook = expecting(np.full((1, 42), 2.0), [4.0], 0.3)
    stock = levels((1, 7, 0, 0, 0, 0.3), (1, 8, 0, 0, 0, 0.7))
    row = advise(variants, outlook, stock, due(), today=TODAY).set_index("location_id").loc[7]
    mean = 42.0
    variance = mean * 4 + (0.3 * mean) ** 2
    whole = random.negative_binomial(mean**2 / (variance - mean), mean / variance, size=200_000)
    dealt = random.binomial(whole, 0.3)
    assert np.mean(dealt <= row.order_up_to) >= 0.895
    assert np.mean(dealt <= row.order_up_to - 1) < 0.905


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_all_at_once_is_the_same_as_one_by_one_and_consistent(seed):
    random = np.random.default_rng(seed)
    count = 6
    rules = {
        "variant_id": np.arange(count),
        "lead_time_days": random.integers(0, 40, count),
        "review_days": random.integers(1, 15, count),
        "cover_days": random.choice([np.nan, 10.0, 60.0], count),
        "pack_size": random.integers(1, 13, count),
        "minimum_order": random.integers(0, 30, count),
        "service_level": random.choice([0.8, 0.95, 0.99], count),
        "continues": random.random(count) < 0.3,
        "age_days": random.integers(0, 500, count),
        "sale_days": random.integers(0, 50, count),
    }
    variants = pd.DataFrame([USUAL] * count).assign(**rules)
    mean = random.gamma(0.5, 3.0, size=(count, 35)) * (random.random((count, 1)) < 0.9)
    errors = tuple(tuple(np.sort(random.random(5) / 2).tolist()) for _ in range(3))
    floors = tuple(tuple(tuple(np.sort(row).tolist()) for row in np.sort(random.gamma(1, 2, (5, 12)), 0)) for _ in "ab")
    spread = Spread(1 + random.gamma(1.0, 1.0, count), pace_of(mean), np.full(count, 9.0), Doubt(errors, floors))
    outlook = Outlook(mean, spread)
    held = random.integers(-3, 120, count)
    coming = [(i, 7, int(random.integers(0, 50)), int(random.integers(1, 20))) for i in range(count) for _ in range(i)]
    ours = [sum(units for row, _, _, units in coming if row == i) for i in range(count)]
    stock = levels(*((i, 7, held[i], 0, ours[i] + random.integers(0, 30), 1.0) for i in range(count)))
    table = advise(variants, outlook, stock, due(*coming), today=TODAY)
    for i in range(count):
        alone = advise(
            variants.iloc[[i]],
            Outlook(outlook.mean[[i]], outlook.spread.at([i], np.ones(1))),
            stock.iloc[[i]],
            due(*coming),
            today=TODAY,
        )
        pd.testing.assert_frame_equal(
            alone.drop(columns="abc"), table.iloc[[i]].reset_index(drop=True).drop(columns="abc")
        )
    position = table.stock + table.incoming
    ordered = table.order_quantity > 0
    in_time = ~variants["variant_id"].isin([row for row, *_ in coming])
    assert not (ordered & in_time & (position > table.order_up_to + 2)).any()
    assert ((table.order_by < pd.Timestamp(TODAY) + pd.to_timedelta(variants.review_days, unit="D")) == ordered).all()
    assert (table.order_quantity % variants.pack_size == 0).all()
    assert (table.order_quantity[ordered] >= variants.minimum_order[ordered]).all()
    assert table.status.isin(STATUSES).all()
    assert (table.order_by[table.status == "order_today"] == pd.Timestamp(TODAY)).all()
    assert (table.order_by[table.status == "order_this_week"] > pd.Timestamp(TODAY)).all()
    assert (table.lost_units <= table.forecast_28 + 1e-9).all()
    assert (table.low_28 <= table.high_28).all()


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_abc_follows_cumulated_revenue(revenue):
    classes = abc_classes(np.array(revenue))
    assert len(classes) == len(revenue)
    total = sum(revenue)
    for mine, value in zip(classes, revenue, strict=True):
        ahead = sum(other for other in revenue if other > value) / total if total else 1.0
        assert mine == "C" or value > 0
        if mine == "A":
            assert ahead < 0.8
    if total > 0:
        assert classes[int(np.argmax(revenue))] == "A"


def test_a_shop_without_variants_gets_an_empty_table():
    nothing = expecting(np.empty((0, 28)), [], 0.3)
    table = advise(pd.DataFrame([USUAL]).iloc[:0], nothing, levels(), due(), today=TODAY)
    assert len(table) == 0 and "order_quantity" in table


def test_an_order_keeps_the_margin_of_what_would_be_missed_less_from_pack_to_pack():
    row = one(5, dispersion=2.0, pack_size=6)
    units, kept = np.array(row.kept).T
    assert units[-1] == row.order_quantity and units[0] == 6
    margins = np.diff(kept, prepend=0) / np.diff(units, prepend=0)
    assert margins[0] <= 14_900 - 7_750 and (np.diff(margins) <= 1).all() and margins[-1] > 0


@pytest.mark.parametrize(("available", "changes"), [(500, {}), (5, {"price_minor": 5_000})])
def test_without_an_order_or_a_margin_nothing_is_kept(available, changes):
    assert sum(margin for _, margin in one(available, **changes).kept) == 0


def test_what_is_owed_is_kept_too_where_selling_goes_on():
    owed, none = (one(available, continues=True).kept[-1][1] for available in (-20, 0))
    assert owed > none > 0
