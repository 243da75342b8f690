"""Tell where chances do not hold in the shop's busiest hours, though they may look fine over all: there it costs most.

The orders of four weeks that came are set beside those that were said. Days have luck of their own, so what chance can
do is learned from how far apart the days are. A look is made each day: it must be sure (one in a thousand by chance
alone, over all parts that are looked at) and large before anybody is told, and it is over once chance explains what is
left. Visits and checkouts are looked at apart: too many orders said of the ones would hide too few said of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
from scipy.stats import t as student

from pipelines import words
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.data import moments
from pipelines.lifecycle.monitor.logged import Asked, labels, scores
from pipelines.lifecycle.monitor.watch import revenue
from pipelines.models import Deployment, Measurement, Shop, ShopSettings
from pipelines.stats import claims, clock, peak_hours
from pipelines.usecases import USE_CASES

DAYS = 28
BY_CHANCE = 0.001  # that anybody is told on one day where nothing is wrong
CALM = 2.0  # standard errors: one in twenty (Student's t of four weeks)
LEAST_DAYS = 10
FAR = 0.2  # of the orders that were said
LEAST = 20.0  # orders, said or come
METRIC = "ordered_of_said_28d"
PEAK, OTHER = "peak", "offpeak"
PARTS = {moments.SESSION: "visits", moments.CHECKOUT: "checkouts"}
NEXT = "Look under Monitoring at this model's busiest hours. If the version before did better there, go back to it."


@dataclass(frozen=True)
class Held:
    """How many orders came of some hours, and how many were said."""

    units: int
    days: tuple[tuple[float, float, float], ...]  # of each: orders that came, that were said, and their variance
    looks: int = 1  # parts that are looked at on the same day

    @property
    def came(self) -> float:
        return sum(came for came, _, _ in self.days)

    @property
    def said(self) -> float:
        return sum(said for _, said, _ in self.days)

    @property
    def variance(self) -> float:
        """Give the variance of what came: by the chances alone, or by how far the days are apart if that is more."""
        apart = [came - said for came, said, _ in self.days]
        between = float(np.var(apart, ddof=1)) * len(apart) if len(apart) > 1 else 0.0
        return max(between, sum(variance for _, _, variance in self.days))

    @property
    def off(self) -> float:
        """Give by how many standard errors more came than were said (calibration in the large, METHODS 4d)."""
        return (self.came - self.said) / self.variance**0.5 if self.variance > 0 else 0.0

    @property
    def is_enough(self) -> bool:
        return max(self.came, self.said) >= LEAST and len(self.days) >= LEAST_DAYS

    @property
    def share(self) -> float:
        """Give the share of orders about which it was wrong."""
        return abs(self.came - self.said) / max(self.came, self.said, 1.0)

    @property
    def is_wrong(self) -> bool:
        return self.is_enough and abs(self.off) >= sure(self.looks) and self.share >= FAR

    @property
    def is_calm(self) -> bool:
        return not self.is_enough or abs(self.off) < CALM


Found = Mapping[str, Mapping[str, Held]]  # part of what is asked about -> kind of hour


@cache
def sure(looks: int) -> float:
    """Give the standard errors that chance alone passes so seldom, over so many looks at once (Bonferroni).

    >>> round(sure(1), 1), round(sure(2), 1)
    (3.7, 4.0)
    """
    return float(student.ppf(1 - BY_CHANCE / 2 / looks, DAYS - 1))


def is_watched(use_case: str) -> bool:
    """Tell whether a use case says how likely its units order."""
    monitored = USE_CASES[use_case].monitored
    return monitored is not None and monitored.says == "chances"


def look(shop: Shop, use_case: str, now: datetime) -> None:
    """See whether what runs holds in the busiest hours, keep what was seen, and tell or take back."""
    key, version = f"{board.PEAK}{use_case}", Deployment.of(shop, use_case).active_id
    found = hours_of(shop, use_case, version, now) if version else {}
    if version:
        keep(shop, use_case, version, found, now)
    wrong = {part: each for part, each in found.items() if each[PEAK].is_wrong}
    if wrong:
        tell(shop, key, use_case, wrong, now)
    elif all(each[PEAK].is_calm for each in found.values()):
        board.close(shop, key, now)


def hours_of(shop: Shop, use_case: str, version: int, now: datetime) -> Found:
    """Sum up what a version said and what came in four weeks, part by part, in the busiest hours and in all others."""
    asked = Asked.of(shop, use_case, now)
    after = last_known(asked)
    rows = asked.chances(after - timedelta(days=DAYS), after, known=after, apart=True)
    mine = rows[(rows["version_id"] == version) & rows["came"].notna()]
    is_peak = in_peak(mine, ShopSettings.of(shop).peak_hours)
    kinds, parts = {PEAK: is_peak, OTHER: ~is_peak}, sorted(mine["part"].unique())
    return {
        part: {name: held(mine[of & (mine["part"] == part).to_numpy()], len(parts)) for name, of in kinds.items()}
        for part in parts
    }


def last_known(asked: Asked) -> date:
    """Return the first day of which not all outcomes are known yet."""
    return asked.today - timedelta(days=1) - asked.within


def in_peak(rows: pd.DataFrame, hours: peak_hours.PeakHours) -> np.ndarray:
    """Mark the rows that lie in a busiest hour of their kind of day."""
    known = {(name, hour) for name, each in hours.items() for hour in each}
    kinds = (peak_hours.class_of(day.weekday()) for day in rows["day"])
    return np.array([each in known for each in zip(kinds, rows["hour"], strict=True)], dtype=bool)


def held(rows: pd.DataFrame, looks: int) -> Held:
    """Sum up some answers, day by day."""
    said, came = scores(rows), labels(rows)
    sums = (
        pd.DataFrame({"came": came, "said": said, "variance": said * (1 - said)}).groupby(rows["day"].to_numpy()).sum()
    )
    return Held(len(rows), tuple(sums.itertuples(index=False, name=None)), looks)


def keep(shop: Shop, use_case: str, version: int, found: Found, now: datetime) -> None:
    """Write how many of the orders that were said came, once a day."""
    ends_at = clock.midnight(last_known(Asked.of(shop, use_case, now)), shop.zone)
    rows = [
        Measurement(
            shop=shop,
            use_case=use_case,
            version_id=version,
            metric=METRIC,
            segment=f"{part}:{kind}" if part else kind,
            starts_at=ends_at - timedelta(days=DAYS),
            ends_at=ends_at,
            n=each.units,
            value=each.came / each.said if each.is_enough and each.said > 0 else None,
            verdict=claims.BREACH if each.is_wrong else claims.OK if each.is_enough else claims.INSUFFICIENT,
        )
        for part, kinds in found.items()
        for kind, each in kinds.items()
    ]
    Measurement.objects.bulk_create(rows, ignore_conflicts=True)


def tell(shop: Shop, key: str, use_case: str, wrong: Found, now: datetime) -> None:
    """Say how far off it was there, beside the other hours, of the part that is farthest off first."""
    by_share = sorted(wrong.items(), key=lambda each: -each[1][PEAK].share)
    part, kinds = by_share[0]
    at_peak, of = kinds[PEAK], f" of {PARTS[part]}" if part in PARTS else ""
    way = "fewer" if at_peak.came < at_peak.said else "more"
    title = f"{USE_CASES[use_case].title}: in your busiest hours {at_peak.share:.0%} {way} orders{of} came than it said"
    board.tell(
        shop,
        key,
        title=title,
        text=" ".join(sentence(part, kinds) for part, kinds in by_share),
        next_step=NEXT,
        use_case=use_case,
        minor_per_hour=revenue.at_risk(shop, at_peak.share, at_peak=True, now=now),
        now=now,
    )


def sentence(part: str, kinds: Mapping[str, Held]) -> str:
    """Say what was said and what came, in the busiest hours and in the others."""
    at_peak, other, about = kinds[PEAK], kinds[OTHER], f" of {PARTS[part]}" if part in PARTS else ""
    told = f"Of {words.counted(at_peak.units, 'answer')}{about} given in them in four weeks {round(at_peak.came):,}"
    told += f" were followed by an order; about {at_peak.said:,.0f} were said."
    if other.is_enough:
        told += f" In the other hours it was {round(other.came):,} of {other.units:,},"
        told += f" and about {other.said:,.0f} were said."
    return told
