"""Numbers, money and dates read the same on every page."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import words

NOW = datetime(2026, 11, 19, 9, 42)
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (108_000, "GBP", "£1,080"),
        (10_000, "GBP", "£100"),
        (9_999, "GBP", "£99.99"),
        (7_150, "GBP", "£71.50"),
        (6_000, "GBP", "£60"),
        (0, "GBP", "£0"),
        (-7_150, "EUR", "−€71.50"),
        (10_050, "USD", "$101"),
        (1_490, "JPY", "¥1,490"),
        (71_500, "KWD", "KWD\u00a071.500"),
        (1_234_567, "KWD", "KWD\u00a01,235"),
        (123_456_789, "SEK", "SEK\u00a01,234,568"),
        (None, "GBP", "—"),
    ],
)
def test_money_has_no_decimals_from_a_hundred_upwards(minor, currency, text):
    assert words.money(minor, currency) == text


def test_money_that_stands_in_a_sum_can_be_whole():
    assert words.money(7_150, "GBP", whole=True) == "£72"
    assert words.money(-20, "GBP", whole=True) == "£0"


def test_prices_keep_every_digit():
    assert words.price(14_900, "GBP") == "£149.00"
    assert words.price(-5, "GBP") == "−£0.05"
    assert words.price(1_490, "JPY") == "¥1,490"
    assert words.price(1_500, "KWD") == "KWD\u00a01.500"
    assert words.price(None, "KWD") == "—"


@given(minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(["GBP", "JPY", "KWD", "XYZ"]))
def test_minor_units_survive_the_way_to_an_amount_and_back(minor, currency):
    assert words.to_minor(words.to_major(minor, currency), currency) == minor
    assert words.to_minor(str(words.to_major(minor, currency)), currency) == minor


def test_amounts_are_rounded_half_up_to_minor_units():
    assert words.to_minor("1.005", "GBP") == 101
    assert words.to_minor(Decimal("2.5"), "JPY") == 3


@pytest.mark.parametrize(
    ("minor", "signed", "text"),
    [
        (0, True, "£0"),
        (50_000, True, "+£500"),
        (50_000, False, "£500"),
        (-200_000, True, "−£2,000"),
        (500_000, False, "£5,000"),
        (1_500_000, False, "£15k"),
        (250_000_000, False, "£2.5m"),
        (50, False, "£0.50"),
    ],
)
def test_an_axis_writes_money_short(minor, signed, text):
    assert words.axis_money(minor, "GBP", signed=signed) == text


@pytest.mark.parametrize(
    ("saved", "text"), [(108_000, "£1,080 less"), (-6_000, "£60 more"), (0, "no difference"), (None, "—")]
)
def test_a_difference_is_said_in_words(saved, text):
    assert words.less(saved, "GBP") == text


@pytest.mark.parametrize(
    ("low", "high", "cell", "sentence"),
    [
        (41_000, 174_000, "£410 to £1,740 less", "between £410 and £1,740 less"),
        (-21_000, 9_000, "£90 less to £210 more", "between £90 less and £210 more"),
        (-9_000, -2_000, "£20 to £90 more", "between £20 and £90 more"),
        (0, 9_000, "£0 to £90 less", "between £0 and £90 less"),
        (-9_000, 0, "£0 to £90 more", "between £0 and £90 more"),
    ],
)
def test_a_range_of_differences_reads_from_its_near_end(low, high, cell, sentence):
    assert words.less_range(low, high, "GBP") == cell
    assert words.less_between(low, high, "GBP") == sentence


def test_numbers_have_separators_and_unknown_is_a_dash():
    assert words.number(61_482) == "61,482"
    assert words.number(-0.4) == "0" and words.number(-3.0) == "−3" and words.number(2.5) == "3"
    assert words.number(None) == words.number(float("nan")) == words.percent(None) == "—"
    assert words.counted(1.0, "variant") == "1 variant" and words.counted(2, "delivery", "deliveries") == "2 deliveries"
    assert words.percent(0.056) == "6\u00a0%" and words.percent(0.0) == "0\u00a0%"
    assert words.signed(-0.2) == "0" and words.signed(14.2) == "+14"


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
def test_rounded_parts_add_up_and_stay_near(parts):
    rounded = words.rounded_to_total(parts)
    assert abs(sum(rounded) - sum(parts)) <= 0.5 + 1e-6
    assert all(abs(mine - part) <= 1 + 1e-6 for mine, part in zip(rounded, parts, strict=True))


def test_no_parts_add_up_to_nothing():
    assert words.rounded_to_total([]) == []


def test_days_name_the_year_only_when_it_is_another():
    assert words.day(TODAY, TODAY) == "Thu 19\u00a0Nov"
    assert words.day(date(2025, 12, 31), TODAY) == "Wed 31\u00a0Dec\u00a02025"
    assert words.day(None, TODAY) == "—"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 11, 5), date(2026, 11, 18), "5 to 18\u00a0Nov"),
        (date(2026, 10, 22), date(2026, 11, 4), "22\u00a0Oct to 4\u00a0Nov"),
        (date(2025, 11, 5), date(2025, 11, 18), "5 to 18\u00a0Nov\u00a02025"),
        (date(2025, 10, 5), date(2025, 11, 18), "5\u00a0Oct to 18\u00a0Nov\u00a02025"),
        (date(2025, 12, 29), date(2026, 1, 4), "29\u00a0Dec\u00a02025 to 4\u00a0Jan"),
    ],
)
def test_spans_of_days_say_no_month_twice(first, last, text):
    assert words.day_range(first, last, TODAY) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 19, 9, 42), "09:42, now"),
        (datetime(2026, 11, 19, 8, 12), "08:12, 1 h ago"),
        (datetime(2026, 11, 18, 9, 41), "Wed 18\u00a0Nov, 09:41"),
        (datetime(2026, 11, 24, 18, 0), "Tue 24\u00a0Nov, 18:00"),
        (None, "—"),
    ],
)
def test_times_within_a_day_tell_their_age(value, text):
    assert words.moment(value, NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0384, "38 ms"),
        (1, "1 second"),
        (61, "1 minute 1 second"),
        (12_720, "3 hours 32 minutes"),
        (90_061, "1 day 1 hour"),
    ],
)
def test_durations_take_two_units_at_most(seconds, text):
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0.2, "about 1 week"),
        (71, "about 10 weeks"),
        (236, "about 8 months"),
        (800, "about 2 years"),
        (4000, "more than 5 years"),
    ],
)
def test_long_times_are_told_as_roughly_as_they_are_known(days, text):
    assert words.roughly(days) == text
