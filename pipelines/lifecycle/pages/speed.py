"""How fast merchants' pages are, as App Bridge tells it: counted by day and page, and told to operators in time.

Shopify judges an app by the 75th percentile of its visits. Operators hear of it when that comes near the limit.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from pipelines.lifecycle.alerts.pulses import write
from pipelines.models import OperatorsTold, PageSpeed
from pipelines.stats.histograms import Quantile, bucket, quantile

log = logging.getLogger(__name__)

LIMITS = {"LCP": 2500.0, "CLS": 0.1, "INP": 200.0}  # Shopify's: milliseconds, a share of the screen, milliseconds
TITLES = {"LCP": "largest paint", "CLS": "shift of the layout", "INP": "answer to a click"}
SHARE = 0.75
NEAR = 0.8  # of the limit
ENOUGH = 100  # visits, as many as Shopify asks for
WINDOW = timedelta(days=7)
TOLD_AGAIN = timedelta(days=7)
OF_LIMIT = (.05, .1, .2, .3, .4, .5, .6, .65, .7, .75, .8, .85, .9, .95, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10)  # fmt: skip
BOUNDS = {metric: [share * limit for share in OF_LIMIT] for metric, limit in LIMITS.items()}

NOTE = """
    INSERT INTO pipelines_pagespeed AS known (day, route, metric, counts)
    SELECT %(day)s, %(route)s, metric, counts FROM unnest(%(metrics)s, %(places)s) AS one(metric, place)
    CROSS JOIN LATERAL (
        SELECT array_agg((at = place)::int ORDER BY at) AS counts FROM generate_series(0, %(last)s) AS at) AS made
    ORDER BY metric
    ON CONFLICT (day, route, metric) DO UPDATE SET counts = (
        SELECT array_agg(old + new ORDER BY place)
        FROM unnest(known.counts, excluded.counts) WITH ORDINALITY AS both_of(old, new, place))
"""


class Verdict(StrEnum):
    INSUFFICIENT = "too few visits to tell"
    OVER = "over Shopify's limit"
    NEAR = "near Shopify's limit"
    FINE = "well below the limit"


@dataclass(frozen=True)
class Speed:
    """How fast a page, or all of them, was in one way."""

    metric: str
    route: str  # empty: all pages
    found: Quantile

    @property
    def limit(self) -> float:
        return LIMITS[self.metric]

    @property
    def of_limit(self) -> float:
        return self.found.value / self.limit

    @property
    def title(self) -> str:
        return TITLES[self.metric]

    @property
    def figure(self) -> str:
        """Write the figure with its range."""
        value, low, high = (shown(self.metric, each) for each in (self.found.value, self.found.low, self.found.high))
        return f"{value} (19 of 20 times between {low} and {high})"

    @property
    def limit_shown(self) -> str:
        return shown(self.metric, self.limit)

    @property
    def verdict(self) -> Verdict:
        if self.found.n < ENOUGH:
            return Verdict.INSUFFICIENT
        if self.of_limit > 1:
            return Verdict.OVER
        return Verdict.NEAR if self.of_limit > NEAR else Verdict.FINE


def note(route: str, values: Mapping[str, float], day: date) -> None:
    """Count one visit; what is no figure of ours is not counted."""
    known = {metric: value for metric, value in values.items() if metric in LIMITS and is_plausible(value)}
    if not known:
        return
    places = [bucket(value, BOUNDS[metric]) for metric, value in known.items()]
    given: dict[str, Any] = {
        "day": day,
        "route": route,
        "metrics": list(known),
        "places": places,
        "last": len(OF_LIMIT),
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTE, given)


def is_plausible(value: float) -> bool:
    return math.isfinite(value) and value >= 0


def speeds(now: datetime) -> list[Speed]:
    """Return what was measured lately: first of all pages together, then page by page, the slowest first."""
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(OF_LIMIT) + 1))
    for row in PageSpeed.objects.filter(day__gt=(now - WINDOW).date()):
        for route in ("", row.route):
            counts[row.metric, route] = [
                old + new for old, new in zip(counts[row.metric, route], row.counts, strict=True)
            ]
    measured = [
        Speed(metric, route, found)
        for (metric, route), counted in counts.items()
        if (found := quantile(SHARE, counted, BOUNDS[metric]))
    ]
    return sorted(measured, key=lambda speed: (bool(speed.route), list(LIMITS).index(speed.metric), -speed.of_limit))


def look(now: datetime) -> None:
    """Write to operators when a figure comes near its limit, once a week while it stays there."""
    known = speeds(now)
    for metric in LIMITS:
        whole = next((speed for speed in known if speed.metric == metric and not speed.route), None)
        if whole is None or whole.verdict in (Verdict.FINE, Verdict.INSUFFICIENT):
            OperatorsTold.objects.filter(subject=subject(metric)).delete()
        elif is_first(metric, now):
            log.warning("page speed: %s is %s", metric, whole.verdict)
            slowest = [speed for speed in known if speed.metric == metric and speed.route][:3]
            write(f"Page speed: {metric} is {whole.verdict}", text(whole, slowest))


def subject(metric: str) -> str:
    return f"page speed {metric}"


def is_first(metric: str, now: datetime) -> bool:
    """Say whether operators have not been told lately, and note that they are now."""
    told, is_new = OperatorsTold.objects.get_or_create(subject=subject(metric), defaults={"at": now})
    mine = OperatorsTold.objects.filter(pk=told.pk, at__lte=now - TOLD_AGAIN)
    return is_new or bool(mine.update(at=now))


def text(whole: Speed, slowest: list[Speed]) -> str:
    """Say what was measured, and what to look at."""
    pages = "; ".join(f"{speed.route}: {speed.figure}, {speed.found.n} visits" for speed in slowest)
    return (
        f"{whole.metric} ({whole.title}) of three visits in four was up to {whole.figure} in the last "
        f"{WINDOW.days} days; Shopify's limit is {whole.limit_shown}.\n\nSlowest pages: {pages}.\n\n"
        "Next step: look at Page speeds in /admin/, then at what was released since it rose."
    )


def shown(metric: str, value: float) -> str:
    """Write a value in its unit.

    >>> shown("LCP", 1234.5), shown("CLS", 0.0512), shown("INP", math.inf)
    ('1,234 ms', '0.051', 'more than 2,000 ms')
    """
    if math.isinf(value):
        return f"more than {shown(metric, BOUNDS[metric][-1])}"
    return f"{value:.3f}" if metric == "CLS" else f"{value:,.0f} ms"
