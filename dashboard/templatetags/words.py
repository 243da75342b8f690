"""Numbers, money and dates in templates, as pipelines/words.py writes them; times are the shop's own."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone

from pipelines import words
from pipelines.charts import experiments

register = template.Library()


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Write an amount."""
    return words.money(minor, currency)


@register.filter
def price(minor: int | None, currency: str) -> str:
    """Write a price to its last digit."""
    return words.price(minor, currency)


@register.filter
def less(saved: int | None, currency: str) -> str:
    """Say how much less, or more, something costs."""
    return words.less(saved, currency)


@register.filter
def less_range(interval: Sequence[int] | None, currency: str) -> str:
    """Say a range of savings in a table cell."""
    return words.less_range(interval[0], interval[1], currency) if interval else ""


@register.filter
def number(value: float | None, digits: int = 0) -> str:
    """Write a number with separators."""
    return words.number(value, digits)


@register.filter
def counted(value: float | None, noun: str) -> str:
    """Write a number with its noun."""
    return words.counted(value, noun)


@register.filter
def one(noun: str) -> str:
    """Write a noun with its article."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


@register.filter
def change(value: float | None) -> str:
    """Write a relative difference."""
    return experiments.change(value)


@register.filter
def signed(value: float) -> str:
    """Write a change in units."""
    return words.signed(value)


@register.filter
def percent(share: float | None) -> str:
    """Write a share as a percentage."""
    return words.percent(None if share is None else float(share))


@register.filter
def exact(share: float | None) -> str:
    """Write a share as a percentage, to its tenth."""
    return words.exact_percent(share)


@register.filter
def day(value: date | datetime | None) -> str:
    """Write a day."""
    return words.day(timezone.localtime(value).date() if isinstance(value, datetime) else value, timezone.localdate())


@register.filter
def last_day(ends_at: datetime) -> str:
    """Write the last day of what ends at a midnight."""
    return day(ends_at - timedelta(microseconds=1))


@register.filter
def moment(value: datetime | None) -> str:
    """Write a time with its date."""
    return words.UNKNOWN if value is None else f"{day(value)}, {clock(value)}"


@register.filter
def recent(value: datetime | None) -> str:
    """Write a time with its age within one day, else with its date."""
    return words.moment(timezone.localtime(value) if value else None, timezone.localtime())


@register.filter
def age(value: datetime | None) -> str:
    """Write how long ago something was."""
    return words.UNKNOWN if value is None else words.ago(max(0.0, (timezone.now() - value).total_seconds()))


@register.filter
def clock(value: datetime) -> str:
    """Write a time of day."""
    return words.clock(timezone.localtime(value))


@register.filter
def long_moment(value: datetime) -> str:
    """Write today at the top of a page: Thursday 19 November, 09:42."""
    local = timezone.localtime(value)
    return f"{local:%A} {local.day} {local:%B}, {clock(value)}"


@register.filter
def short_digest(digest: str) -> str:
    """Show the first eight characters in two groups."""
    return f"{digest[:4]}{words.NBSP}{digest[4:8]}".strip()
