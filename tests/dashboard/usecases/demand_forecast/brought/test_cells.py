"""Cells of other apps' files: one reading each, or a sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dashboard.usecases.demand_forecast.brought import cells
from dashboard.usecases.demand_forecast.brought.cells import Unreadable


@pytest.mark.parametrize(
    ("text", "decimal", "read"),
    [
        ("12", ".", "12"),
        ("£1,234.50", ".", "1234.50"),
        ("1.234,50 €", ",", "1234.50"),
        ("1 234", ".", "1234"),
        ("1'234.5", ".", "1234.5"),
        ("1’234.50", ",", "1234.50"),
        ("12\u00a0345,50 kr", ",", "12345.50"),
        ("1\u202f234,5", ",", "1234.5"),
        ("1.234,50", "", "1234.50"),
        ("1234", "", "1234"),
        ("￥1,200.0", ".", "1200.0"),
        ("1,234,567", ",", "1234567"),
        ("1,234,567", ".", "1234567"),
        ("1.234.567", ".", "1234567"),
        ("USD 3.10", ".", "3.10"),
        (".50", ".", "0.50"),
        ("$.50", ".", "0.50"),
        ("Rs.50", ".", "50"),
        ("12.", ".", "12"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, decimal: str, read: str) -> None:
    assert cells.number(text, decimal) == Decimal(read)


@pytest.mark.parametrize(
    "text",
    [
        "1,234",
        "-5",
        "not stocked",
        "n/a",
        "1e9",
        "12000000",
        "1.2.3",
        "(12)",
        "12-",
        "-£5",
        "12 in boxes",
        "12 5000",
        "12.5%",
        "3.10/kg",
    ],
)
def test_what_has_no_reading_or_two_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        cells.number(text, ".")


@pytest.mark.parametrize("text", ["1.234", "1,234"])
def test_between_tabs_neither_sign_is_that_of_decimals_until_one_shows_it(text: str) -> None:
    with pytest.raises(Unreadable, match="two readings"):
        cells.number(text, cells.decimal_of("\t", [text, "7"]))
    assert cells.number("1.234", cells.decimal_of("\t", ["1.234", "2.50"])) == Decimal("1.234")
    with pytest.raises(Unreadable, match="two readings"):
        cells.number("1.234", cells.decimal_of(",", ["1.234", "2,50"]))


def test_not_stocked_is_not_none() -> None:
    with pytest.raises(Unreadable, match="“Not stocked” is not a number"):
        cells.whole("Not stocked", ".")
    assert cells.whole("", ".") is None and cells.whole("0", ".") == 0


@pytest.mark.parametrize("text", ["2 weeks", "3 packs", "12 kg"])
def test_a_number_of_something_else_is_no_number_of_units(text: str) -> None:
    with pytest.raises(Unreadable, match="is not a whole number"):
        cells.whole(text, ".")


@pytest.mark.parametrize(
    ("text", "days"), [("14", 14), ("14 days", 14), ("2 weeks", 14), ("1 Week", 7), ("", None), ("14.0", 14)]
)
def test_a_lead_time_may_say_what_it_counts(text: str, days: int | None) -> None:
    assert cells.lead_time(text, ".") == days


@pytest.mark.parametrize("text", ["2 months", "10-14", "soon"])
def test_a_lead_time_of_other_things_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        cells.lead_time(text, ".")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("text", ["1.000", "1,000", "24.500"])
def test_three_digits_behind_a_sign_may_be_thousands_of_units(separator: str, text: str) -> None:
    with pytest.raises(Unreadable, match="two readings"):
        cells.whole(text, cells.decimal_of(separator, [text, "7"]))
    with pytest.raises(Unreadable, match="two readings"):
        cells.amount(text, cells.decimal_of(separator, [text, "7"]), "GBP")


def test_money_of_three_decimals_is_written_with_three() -> None:
    assert cells.amount("1.250", ".", "KWD") == Decimal("1.250")
    assert cells.amount("0.125", ".", "GBP") == Decimal("0.125")


@pytest.mark.parametrize(
    ("text", "currency", "is_known"),
    [
        ("£3.10", "GBP", True),
        ("GBP 3.10", "GBP", True),
        ("3.10 kr", "SEK", True),
        ("$3.10", "CAD", True),
        ("$3.10", "COP", True),
        ("￥310", "JPY", True),
        ("USD 3.10", "GBP", False),
        ("2.50 €", "GBP", False),
        ("$3.10", "GBP", False),
        ("3.10€", "SEK", False),
        ("3.10 kr", "GBP", False),
        ("Kč 3.10", "CZK", True),
        ("CA$3.10", "CAD", True),
        ("US$3.10", "USD", True),
        ("US$3.10", "CAD", False),
        ("R3.10", "EUR", False),
    ],
)
def test_an_amount_of_other_money_is_not_known(text: str, currency: str, is_known: bool) -> None:
    assert (cells.amount(text, ".", currency) is not None) is is_known


def test_half_a_unit_is_refused() -> None:
    with pytest.raises(Unreadable, match="not a whole number"):
        cells.whole("2.5", ".")
    assert cells.whole("2.0", ".") == 2


@pytest.mark.parametrize("text", ["2026-08-01", "2026-08-01T10:00:00Z", "2026-08-01 10:22:11 +0100", "1 Aug 2026"])
def test_days_are_read_with_or_without_a_time(text: str) -> None:
    assert str(cells.day(text, None)) == "2026-08-01"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("13/02/2026", "2026-02-13"),
        ("2/13/2026", "2026-02-13"),
        ("3.2.2026", "2026-02-03"),
        ("23-02-2026", "2026-02-23"),
    ],
)
def test_a_day_that_can_be_read_one_way_only_is(text: str, read: str) -> None:
    assert str(cells.day(text, None)) == read


def test_a_file_that_writes_days_both_ways_shows_neither() -> None:
    assert cells.writes_day_first(["13/02/2026", "2/13/2026", "3/4/2026"]) is None
    assert cells.writes_day_first(["13.02.2026", "3/4/2026"]) is None


@pytest.mark.parametrize("text", ["soon", "31/02/2026", "2026-13-01", "46143", "13/13/2026", "1/2/20266", "1/2-2026"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        cells.day(text, True)
