"""Numbers, money and days in the files of other apps: each has one reading, or is refused by its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from pipelines.words import minor_digits, symbol

LARGEST, MONTHS = Decimal(10_000_000), 12
GAPS = "'\u2019 \u00a0\u2009\u202f"  # signs for thousands that are never one for decimals
AMOUNT = re.compile(  # a number with the sign or the letters of a currency before it or after it
    rf"[^\d()+-]{{0,5}}?((?:(?<![^\W\d_])[.,])?\d[\d.,{GAPS}]*|[+-][\d.,{GAPS}]*\d)[^\d()+-]{{0,5}}"
)
LAST_SIGN = re.compile(r"\d([.,])\d{1,2}(?!\d|[.,]\d)")  # of a number, where it can only be that of decimals
LEAD_TIME = re.compile(r"(\d{1,4}) ?(d|days?|w|weeks?)?", re.IGNORECASE)
E_MAIL = re.compile(r"\S@\S+\.\S")
THOUSANDS = re.compile(rf"\d{{1,3}}(?:[.,{GAPS}]\d{{3}})+")
TWO_READINGS = re.compile(r"\D*[1-9]\d{0,2}[.,]\d{3}\D*")  # of what has no use for three decimals
MARK = re.compile(r"[^\W\d_]+|[^\w\s.,+()'\u2019-]")  # letters, or a sign, beside a number
WRITTEN = {  # how money is written other than by its code and our sign for it
    "$": "ARS BBD BSD CLP COP DOP FJD JMD MXN TTD UYU XCD",
    "kr": "DKK ISK NOK SEK",
    "fr": "CHF",
    "rs": "INR LKR PKR",
    "zł": "PLN",
    "kč": "CZK",
    "ft": "HUF",
    "lei": "RON",
    "r": "ZAR",
    "us": "USD",
    "円": "JPY",
    "元": "CNY",
    "rm": "MYR",
    "rp": "IDR",
}
SHARE = re.compile("[%\u2030/]")
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?!\d)")
DOT = "."  # who writes it between the parts of a day begins with the day


class Unreadable(ValueError):
    """A cell that has no reading, or two, in words for the merchant."""


def decimal_of(separator: str, texts: Iterable[str]) -> str:
    """Tell the sign of a file's decimals by its numbers, else by what stands between its columns; none: either.

    >>> decimal_of(",", ["7", "1.234", "2,50"]), decimal_of(";", ["7", "1.234"]), decimal_of("\\t", ["2,50", "2.50"])
    (',', ',', '')
    """
    shown = {found[1] for text in texts if (found := LAST_SIGN.search(text))}
    if shown:
        return shown.pop() if len(shown) == 1 else ""
    return {",": ".", ";": ","}.get(separator, "")


def number(text: str, decimal: str) -> Decimal | None:
    """Read a number of a file whose decimals have this sign, with or without the sign of a currency.

    >>> [str(number(text, ".")) for text in ("12.5", "1,234.50", "1.234,50", "£12", "12,5", "")]
    ['12.5', '1234.50', '1234.50', '12', '12.5', 'None']
    >>> str(number("1,234", ","))
    '1.234'
    >>> number("1,234", ".")
    Traceback (most recent call last):
    dashboard.usecases.demand_forecast.brought.cells.Unreadable: “1,234” has two readings
    """
    plain = text.strip()
    if not plain:
        return None
    if (amount := AMOUNT.fullmatch(plain)) and not SHARE.search(plain):
        plain = amount[1].rstrip(f".,{GAPS}")
    signs = {sign for sign in ".," if sign in plain}
    if len(signs) == 2:
        decimal = max(signs, key=plain.rfind)
    elif signs and THOUSANDS.fullmatch(plain) and len(re.findall("[.,]", plain)) > 1:
        decimal = "." if signs == {","} else ","  # a sign that comes again is that of thousands
    elif signs and decimal not in signs:
        if THOUSANDS.fullmatch(plain):
            raise Unreadable(f"“{text}” has two readings")
        (decimal,) = signs
    decimal = decimal or "."
    other = "," if decimal == "." else "."
    plain = re.sub(rf"(?<=\d)[{other}{GAPS}](?=\d{{3}}(?!\d))", "", plain).replace(decimal, ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise Unreadable(f"“{text[:20]}” is not a number") from None
    if not found.is_finite() or not 0 <= found <= LARGEST:
        raise Unreadable(f"“{text[:20]}” is below 0 or too large")
    return found


def whole(text: str, decimal: str) -> int | None:
    """Read a whole number; one with a word beside it counts something else: 2 weeks, 3 packs."""
    found = number(text, decimal)
    if found is not None and re.search(r"[^\W\d_]", text):
        raise Unreadable(f"“{text[:20]}” is not a whole number")
    if found is not None and TWO_READINGS.fullmatch(text.strip()):
        raise Unreadable(f"“{text[:20]}” has two readings")
    if found is not None and found != found.to_integral_value():
        raise Unreadable(f"“{text[:20]}” is not a whole number")
    return None if found is None else int(found)


def amount(text: str, decimal: str, currency: str) -> Decimal | None:
    """Read an amount of the shop's money; one that names other money is not known.

    >>> str(amount("£2.50", ".", "GBP")), amount("USD 2.50", ".", "GBP"), amount("2,50 €", ",", "GBP")
    ('2.50', None, None)
    """
    found = number(text, decimal)
    if found is not None and minor_digits(currency) < 3 and TWO_READINGS.fullmatch(text.strip()):
        raise Unreadable(f"“{text[:20]}” has two readings")
    return found if is_of(text, currency) else None


def is_of(text: str, currency: str) -> bool:
    """Tell whether all that stands beside an amount is a way to write this money."""
    ours, marks = (
        MARK.findall(unicodedata.normalize("NFKC", told).casefold())
        for told in (f"{symbol(currency)} {currency}", text)
    )
    return all(mark in ours or currency in WRITTEN.get(mark, "") for mark in marks)


def lead_time(text: str, decimal: str) -> int | None:
    """Read how many days a delivery takes; weeks have seven.

    >>> lead_time("14 days", "."), lead_time("2 weeks", "."), lead_time("", ".")
    (14, 14, None)
    """
    if found := LEAD_TIME.fullmatch(text.strip()):
        return int(found[1]) * (7 if (found[2] or "").lower().startswith("w") else 1)
    return whole(text, decimal)


def name(text: str) -> str:
    """Read the name of a supplier, which is nobody's e-mail address."""
    if E_MAIL.search(text):
        raise Unreadable("its supplier is an e-mail address: those are not kept")
    return text


def day(text: str, day_first: bool | None) -> date | None:
    """Read a day, with or without a time after it; `day_first` tells how the file writes days between slashes.

    >>> str(day("2026-08-01 10:22", None)), str(day("Aug 1, 2026", None)), str(day("13/08/2026", True))
    ('2026-08-01', '2026-08-01', '2026-08-13')
    """
    text = text.strip()
    if not text:
        return None
    for form in DAYS:
        for tried in (text, text.partition(" ")[0].partition("T")[0]):
            try:
                return datetime.strptime(tried, form).date()
            except ValueError:
                continue
    if found := SLASHED.match(text):
        first, second, year = (int(found[place]) for place in (1, 3, 4))
        if max(first, second) > MONTHS or found[2] == DOT:
            day_first = second <= MONTHS
        elif day_first is None and first != second:
            raise Unreadable(f"the day “{text[:20]}” has two readings: write it as 2026-08-31")
        try:
            return date(year, second, first) if day_first else date(year, first, second)
        except ValueError:
            pass
    raise Unreadable(f"“{text[:20]}” is not a day like 2026-08-31")


def writes_day_first(texts: list[str]) -> bool | None:
    """Tell how a file writes days between slashes, where they show it and agree.

    >>> writes_day_first(["01/02/2026", "13/02/2026"]), writes_day_first(["2/13/2026"]), writes_day_first(["1/2/2026"])
    (True, False, None)
    """
    found = [match for text in texts if (match := SLASHED.match(text.strip())) and match[2] != DOT]
    first, second = (any(int(match[place]) > MONTHS for match in found) for place in (1, 3))
    return None if first == second else first
