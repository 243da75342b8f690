"""A shop's peak hours: those that bring the top fifth of its revenue, on weekdays and on weekends (METHODS 4e)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from math import isfinite

WEEKS = 8  # of past that peak hours are learned from
SHARE = 0.2
SATURDAY = 5
WEEKDAY, WEEKEND = "weekday", "weekend"

PeakHours = Mapping[str, Collection[int]]


def peak_hours(rows: Iterable[tuple[int, int, float]]) -> dict[str, list[int]]:
    """Learn the hours from (weekday, hour, revenue), Monday 0, in the store's zone; a class without sales has none.

    >>> peak_hours([(0, 9, 10.0), (1, 10, 70.0), (2, 20, 20.0), (6, 12, 5.0)])
    {'weekday': [10], 'weekend': [12]}
    """
    revenue: dict[str, dict[int, float]] = {WEEKDAY: defaultdict(float), WEEKEND: defaultdict(float)}
    for weekday, hour, amount in rows:
        if isfinite(amount):
            revenue[class_of(weekday)][hour] += amount
    return {name: top(by_hour) for name, by_hour in revenue.items()}


def top(revenue: Mapping[int, float]) -> list[int]:
    """Give the fewest hours that bring the share; of equal ones the earlier."""
    left = SHARE * sum(amount for amount in revenue.values() if amount > 0)
    chosen = []
    for hour, amount in sorted(revenue.items(), key=lambda item: (-item[1], item[0])):
        if left <= 0:
            break
        chosen.append(hour)
        left -= amount
    return sorted(chosen)


def class_of(weekday: int) -> str:
    """Name the class of a weekday, Monday 0."""
    return WEEKEND if weekday >= SATURDAY else WEEKDAY


def classes_with_peaks(hours: PeakHours) -> frozenset[str]:
    """Name the classes in which the shop has peak hours at all."""
    return frozenset(name for name in (WEEKDAY, WEEKEND) if hours.get(name))
