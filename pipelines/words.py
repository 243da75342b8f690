"""Numbers, money and dates as a merchant reads them (standard library only: pages and workers both use it).

Money is in minor units of its currency. No-break spaces stand within a day and before %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

NBSP = "\u00a0"
MINUS = "\u2212"
UNKNOWN = "—"
MONTH, YEAR = 30.44, 365.25  # days

DIGITS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"], 0),
    **dict.fromkeys(["PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
SYMBOLS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$",
    "MXN": "MX$", "BRL": "R$", "CNY": "CN¥", "INR": "₹", "KRW": "₩", "ILS": "₪", "PHP": "₱", "UAH": "₴", "TRY": "₺",
    "VND": "₫", "NGN": "₦", "THB": "฿",
}  # fmt: skip
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# Money


def minor_digits(currency: str) -> int:
    """Give how many decimals a currency has (ISO 4217).

    >>> [minor_digits(currency) for currency in ("EUR", "JPY", "KWD")]
    [2, 0, 3]
    """
    return DIGITS.get(currency, 2)


def to_minor(amount: str | int | Decimal, currency: str) -> int:
    """Turn an amount as Shopify writes it into minor units.

    >>> to_minor("71.50", "GBP"), to_minor("1080", "JPY"), to_minor("-0.125", "KWD")
    (7150, 1080, -125)
    """
    return int((Decimal(amount) * 10 ** minor_digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def to_major(minor: int, currency: str) -> Decimal:
    """Turn minor units into the amount that a person would write down."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def symbol(currency: str) -> str:
    """Give what stands before an amount: the currency's sign, else its code."""
    return SYMBOLS.get(currency, f"{currency}{NBSP}")


def money(minor: int | None, currency: str, *, whole: bool = False) -> str:
    """Write an amount: without decimals from 100 upwards, where nothing follows the point, or where asked.

    >>> money(108000, "GBP"), money(7150, "GBP"), money(-6000, "USD"), money(None, "EUR")
    ('£1,080', '£71.50', '−$60', '—')
    """
    if minor is None:
        return UNKNOWN
    amount = abs(to_major(minor, currency))
    digits = minor_digits(currency)
    if whole or amount >= 100 or amount == amount.to_integral_value():
        digits = 0
    amount = amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{MINUS if minor < 0 and amount else ''}{symbol(currency)}{amount:,}"


def price(minor: int | None, currency: str) -> str:
    """Write a price to its last digit.

    >>> price(14900, "GBP"), price(1490, "JPY")
    ('£149.00', '¥1,490')
    """
    if minor is None:
        return UNKNOWN
    return f"{MINUS if minor < 0 else ''}{symbol(currency)}{abs(to_major(minor, currency)):,}"


def axis_money(minor: float, currency: str, *, signed: bool = False) -> str:
    """Write an amount at an axis: short, and signed only where the axis shows differences.

    >>> [axis_money(minor, "GBP", signed=True) for minor in (50000, 0, -100000, 1500000)]
    ['+£500', '£0', '−£1,000', '+£15k']
    """
    amount = float(minor) / 10 ** minor_digits(currency)
    sign = MINUS if amount < 0 else "+" if signed and amount > 0 else ""
    size = abs(amount)
    for unit, letter in ((1e6, "m"), (1e3, "k")):
        if size >= 10_000 and size >= unit:
            return f"{sign}{symbol(currency)}{size / unit:,.3g}{letter}"
    return f"{sign}{symbol(currency)}{size:,.0f}" if size == round(size) else f"{sign}{symbol(currency)}{size:,.2f}"


def shows_decimals(minors: Sequence[int], currency: str) -> bool:
    """Tell whether amounts that stand together are all so small that decimals matter."""
    return all(abs(to_major(minor, currency)) < 100 for minor in minors)


def whole_major(minor: int, currency: str) -> int:
    """Round minor units to whole units of the currency, still in minor units: for sums that must add up."""
    unit: int = 10 ** minor_digits(currency)
    return int((Decimal(minor) / unit).quantize(Decimal(1), ROUND_HALF_UP)) * unit


# Differences: what a change saves is "less" cost, what it wastes is "more"


def less(saved: int | None, currency: str, *, whole: bool = False) -> str:
    """Say how much less, or more, something costs.

    >>> less(108000, "GBP"), less(-6000, "GBP"), less(0, "GBP")
    ('£1,080 less', '£60 more', 'no difference')
    """
    if saved is None:
        return UNKNOWN
    if saved == 0:
        return "no difference"
    return f"{money(abs(saved), currency, whole=whole)} {_less_or_more(saved)}"


def less_range(low: int, high: int, currency: str) -> str:
    """Say a range of savings in a table cell.

    >>> less_range(41000, 174000, "GBP"), less_range(-21000, 9000, "GBP"), less_range(-9000, -2000, "GBP")
    ('£410 to £1,740 less', '£90 less to £210 more', '£20 to £90 more')
    """
    return _joined(low, high, currency, " to ")


def less_between(low: int, high: int, currency: str) -> str:
    """Say a range of savings in a sentence.

    >>> less_between(41000, 174000, "GBP"), less_between(-21000, 9000, "GBP")
    ('between £410 and £1,740 less', 'between £90 less and £210 more')
    """
    return f"between {_joined(low, high, currency, ' and ')}"


def _joined(low: int, high: int, currency: str, word: str) -> str:
    if low < 0 < high:
        return f"{less(high, currency)}{word}{less(low, currency)}"
    near, far = sorted((low, high), key=abs)
    return f"{money(abs(near), currency)}{word}{money(abs(far), currency)} {_less_or_more(low + high)}"


def _less_or_more(saved: int) -> str:
    return "less" if saved >= 0 else "more"


# Numbers


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with separators.

    >>> number(1342), number(1.94, 1), number(None), number(float("nan"))
    ('1,342', '1.9', '—', '—')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    text = f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"
    return text.replace("-", MINUS) if text.strip("-0.,") else text.lstrip("-")


def counted(value: float | None, noun: str, plural: str = "") -> str:
    """Write a number with its noun.

    >>> counted(71, "unit"), counted(1, "day"), counted(0, "delivery", "deliveries")
    ('71 units', '1 day', '0 deliveries')
    """
    text = number(value)
    return f"{text} {noun if text == '1' else plural or noun + 's'}"


def signed(value: float) -> str:
    """Write a change in units.

    >>> signed(12), signed(-3), signed(0)
    ('+12', '−3', '0')
    """
    text = number(value)
    return f"+{text}" if value > 0 and text != "0" else text


def percent(share: float | None) -> str:
    r"""Write a share as a percentage.

    >>> percent(0.05), percent(0.004), percent(None)
    ('5\xa0%', '0.4\xa0%', '—')
    """
    if share is None or math.isnan(share):
        return UNKNOWN
    return f"{number(100 * share, 0 if abs(share) >= 0.01 or share == 0 else 1)}{NBSP}%"


def exact_percent(share: float | None) -> str:
    r"""Write a share whose reader may divide it by another: to a tenth of a percent.

    >>> exact_percent(0.2346), exact_percent(-0.0646), exact_percent(None)
    ('23.5\xa0%', '−6.5\xa0%', '—')
    """
    return UNKNOWN if share is None or math.isnan(share) else f"{number(100 * share, 1)}{NBSP}%"


def of_thousand(share: float) -> str:
    """Write a small share as a count.

    >>> of_thousand(0.0068)
    '6.8 of 1,000'
    """
    return f"{number(1000 * share, 1)} of 1,000"


def rounded_to_total(parts: Sequence[float], total: float | None = None) -> list[int]:
    """Round parts to whole numbers that add up to their rounded total; the largest rests round up first.

    >>> rounded_to_total([33.4, 33.3, 33.3]), rounded_to_total([10.6, -2.6])
    ([34, 33, 33], [11, -3])
    """
    wanted = math.floor((math.fsum(parts) if total is None else total) + 0.5)
    floors = [math.floor(part) for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda index: floors[index] - parts[index])
    missing = wanted - sum(floors)
    for step in range(abs(missing) if parts else 0):
        floors[by_rest[step % len(parts)]] += 1 if missing > 0 else -1
    return floors


# Days and times, always the shop's own


def day(value: date | None, today: date) -> str:
    r"""Write a day; the year only when it is not this one.

    >>> day(date(2026, 11, 19), date(2026, 11, 23)), day(date(2025, 1, 2), date(2026, 11, 23))
    ('Thu 19\xa0Nov', 'Thu 2\xa0Jan\xa02025')
    """
    return UNKNOWN if value is None else f"{WEEKDAYS[value.weekday()]} {short_day(value, today)}"


def short_day(value: date, today: date) -> str:
    """Write a day without its weekday, as at an axis."""
    year = "" if value.year == today.year else f"{NBSP}{value.year}"
    return f"{value.day}{NBSP}{MONTHS[value.month - 1]}{year}"


def day_range(first: date, last: date, today: date) -> str:
    r"""Write a span of days.

    >>> day_range(date(2026, 11, 27), date(2026, 11, 30), date(2026, 11, 23))
    '27 to 30\xa0Nov'
    >>> day_range(date(2026, 11, 29), date(2026, 12, 3), date(2026, 11, 23))
    '29\xa0Nov to 3\xa0Dec'
    """
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {short_day(last, today)}"
    start = short_day(first, last if first.year == last.year else today)
    return f"{start} to {short_day(last, today)}"


def clock(value: datetime) -> str:
    """Write a time of day."""
    return f"{value:%H:%M}"


def moment(value: datetime | None, now: datetime) -> str:
    r"""Write a time: with its age within one day, else with its date.

    >>> now = datetime(2026, 11, 19, 9, 42)
    >>> moment(datetime(2026, 11, 19, 9, 39), now), moment(datetime(2026, 11, 17, 9, 39), now)
    ('09:39, 3 min ago', 'Tue 17\xa0Nov, 09:39')
    """
    if value is None:
        return UNKNOWN
    age = (now - value).total_seconds()
    if 0 <= age < 86_400:
        return f"{clock(value)}, {ago(age)}"
    return f"{day(value.date(), now.date())}, {clock(value)}"


def ago(seconds: float) -> str:
    """Write an age under a day in one unit, above it in days.

    >>> ago(20), ago(180), ago(7300), ago(90_000)
    ('now', '3 min ago', '2 h ago', '1 day ago')
    """
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86_400:
        return f"{int(seconds // 3600)} h ago"
    return f"{counted(seconds // 86_400, 'day')} ago"


def duration(seconds: float) -> str:
    """Write how long something takes in at most two units.

    >>> duration(0.038), duration(11), duration(12_720), duration(86_400)
    ('38 ms', '11 seconds', '3 hours 32 minutes', '1 day')
    """
    if seconds < 1:
        return f"{number(1000 * seconds)} ms"
    rest, words = round(seconds), []
    for size, noun in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, rest = divmod(rest, size)
        if count:
            words.append(counted(count, noun))
    return " ".join(words[:2])


def roughly(days: float) -> str:
    """Write how long something takes, as roughly as it is known.

    >>> [roughly(each) for each in (4, 71, 236, 800, 4000)]
    ['about 1 week', 'about 10 weeks', 'about 8 months', 'about 2 years', 'more than 5 years']
    """
    if days > 5 * YEAR:
        return "more than 5 years"
    for size, noun in ((YEAR, "year"), (MONTH, "month")):
        if days >= max(1.6 * size, 90):
            return f"about {counted(round(days / size), noun)}"
    return f"about {counted(max(1, round(days / 7)), 'week')}"
