"""Compare two versions by what their errors cost on the same units, week by week (METHODS 4b).

A week counts 7 days after its end, when late cancellations are in; a version is judged for 26 of them. What decided is
never rewritten; 30 days after its end a week is priced once more, for the report. Nothing here knows which use case it
compares: the use case prices.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from pipelines import words
from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.evidence import decay
from pipelines.lifecycle.evidence.asked import said
from pipelines.lifecycle.evidence.decay import DAILY, MATURES_AFTER, Watched
from pipelines.models import Deployment, Measurement, ModelVersion, PairedWeek, Release, Shop
from pipelines.stats import clock
from pipelines.stats.inference import paired_weeks
from pipelines.stats.inference.paired_weeks import JUDGED_FOR
from pipelines.stats.inference.sequential import e_value
from pipelines.stats.inference.significance import MIN_WEEKS
from pipelines.strategies import Evidence
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, PairedWeeks

WEEK = 7
RESTATED_AFTER = 30
LOOKS_BACK = 35  # days: daily origins are kept a little longer
LONGEST_LEAD = 22  # days from an origin to the first day of a week: every version speaks of at least 28
TOO_LITTLE_PAST = "There is too little past to say what a large difference in money is."
HARM = "Week after week, the new version cost more than the one before."
JUDGED = f"A version is judged for {JUDGED_FOR} weeks, and these are over."

Days = dict[date, date]  # first day of a period -> the origin that speaks of it
Table = pd.DataFrame


@dataclass(frozen=True)
class Pair:
    """A version and the one that it is measured against; none is the simple rule."""

    shop: Shop
    version: ModelVersion
    against: ModelVersion | None

    @property
    def weeks(self) -> Any:
        """Give the weeks that were compared."""
        mine = PairedWeek.objects.for_shop(self.shop).filter(version=self.version, against=self.against)
        return mine.order_by("first_day")

    @property
    def days(self) -> Any:
        """Give the version's days beside the simple rule."""
        return decay.days_of(self.version)

    def spoken(self) -> set[date]:
        """Give the days from which both spoke."""
        both = [self.version] if self.against is None else [self.version, self.against]
        return set.intersection(*(said.spoken(self.shop, version) for version in both))

    def midnight(self, day: date) -> datetime:
        """Return when a day began where the shop is."""
        return clock.midnight(day, self.shop.zone)


@dataclass(frozen=True)
class Plan:
    """Periods of a pair that are to be priced, and what becomes of them."""

    pair: Pair
    periods: Days
    length: int
    keep: Callable[[Pair, Table], int]


def compare_weeks(shop: Shop, use_case: str, now: datetime) -> int:
    """Price what has matured of the live version and of the candidate; return how many weeks are new."""
    case = USE_CASES[use_case]
    plans = [plan for pair in pairs_of(shop, use_case) for plan in plans_of(pair, now) if plan.periods]
    if not plans:
        return 0
    facts, compare = dataset.read(dataset.Source(shop, now), use_case), case.function(said.asked_of(use_case).compare)
    return sum(plan.keep(plan.pair, priced(plan, facts, compare)) for plan in plans)


def pairs_of(shop: Shop, use_case: str) -> Iterator[Pair]:
    """Yield who is measured against whom: the candidate against what runs, that against what ran before."""
    pointer, candidate = Deployment.of(shop, use_case), Release.under_way(shop, use_case)
    if candidate:
        yield Pair(shop, candidate.version, pointer.active)
    if pointer.active:
        yield Pair(shop, pointer.active, pointer.standby)


def pair_of(release: Release) -> Pair:
    """Return whom a release's version is measured against."""
    pointer = Deployment.of(release.shop_id, release.use_case)
    is_live = release.version_id == pointer.active_id
    return Pair(release.shop, release.version, pointer.standby if is_live else pointer.active)


# What is due


def plans_of(pair: Pair, now: datetime) -> Iterator[Plan]:
    """Yield what is to be priced of a pair: new weeks, weeks for the report, and days beside the simple rule."""
    today, both = now.astimezone(pair.shop.zone).date(), pair.spoken()
    yield Plan(pair, weeks_due(pair, both, today), WEEK, keep_weeks)
    yield Plan(pair, weeks_to_restate(pair, both, today), WEEK, restate_weeks)
    alone = Pair(pair.shop, pair.version, None)
    yield Plan(alone, days_due(alone, alone.spoken() if pair.against else both, today), 1, keep_days)


def weeks_due(pair: Pair, spoken: Collection[date], today: date) -> Days:
    """Find the matured weeks that nobody priced; weeks run from the first day of which both spoke."""
    known = set(pair.weeks.values_list("first_day", flat=True))
    if not known and not spoken:
        return {}
    anchor = min(known) if known else min(spoken) + timedelta(days=1)
    weeks = min(JUDGED_FOR, (today - anchor).days // WEEK)
    found = [anchor + timedelta(days=WEEK * number) for number in range(weeks)]
    ripe = [week for week in found if is_over(week, WEEK, MATURES_AFTER, today) and not is_past(week, today)]
    return with_origins(set(ripe) - known, spoken)


def weeks_to_restate(pair: Pair, spoken: Collection[date], today: date) -> Days:
    """Find the weeks whose last corrections are in by now."""
    rows = pair.weeks.filter(restated__isnull=True).values_list("first_day", flat=True)
    return with_origins([week for week in rows if is_over(week, WEEK, RESTATED_AFTER, today)], spoken)


def days_due(pair: Pair, spoken: Collection[date], today: date) -> Days:
    """Find the matured days that nobody set beside the simple rule."""
    known = {moment.astimezone(pair.shop.zone).date() for moment in pair.days.values_list("starts_at", flat=True)}
    days = {today - timedelta(days=ago) for ago in range(LOOKS_BACK)}
    return with_origins({day for day in days - known if is_over(day, 1, MATURES_AFTER, today)}, spoken)


def is_over(first_day: date, length: int, matures_after: int, today: date) -> bool:
    """Tell whether a period ended so many days ago."""
    return first_day + timedelta(days=length + matures_after) <= today


def is_past(first_day: date, today: date) -> bool:
    """Tell whether what was said of a period may have been thinned out since."""
    return first_day < today - timedelta(days=LOOKS_BACK)


def with_origins(first_days: Collection[date], spoken: Collection[date]) -> Days:
    """Name the last origin before each period; periods that none is near enough to are left out."""
    near = timedelta(days=LONGEST_LEAD)
    found = {
        day: max((origin for origin in spoken if day - near <= origin < day), default=None)
        for day in sorted(first_days)
    }
    return {day: origin for day, origin in found.items() if origin}


# Pricing, and keeping what was priced


def priced(plan: Plan, facts: Frames, compare: Callable[..., Table]) -> Table:
    """Let the use case price the periods of a plan."""
    against = plan.pair.against
    mine, other = of_version(plan, plan.pair.version), None if against is None else of_version(plan, against)
    found: Table = compare(facts, mine, other, days=plan.length)
    known: Table = found[np.isfinite(found["loss"]) & np.isfinite(found["against"])]
    return known


def of_version(plan: Plan, version: ModelVersion) -> Table:
    """Give what a version had said of every period."""
    return said.rows(plan.pair.shop, version.use_case, version.pk, plan.periods, plan.length)


def keep_weeks(pair: Pair, found: Table) -> int:
    """Write each week once."""
    rows = [
        PairedWeek(
            shop=pair.shop,
            use_case=pair.version.use_case,
            version=pair.version,
            against=pair.against,
            first_day=week["first_day"],
            loss_minor=week["loss"],
            against_minor=week["against"],
            bets=week["bets"],
            units=week["units"],
            coverage=week["coverage"],
            matured_at=pair.midnight(week["first_day"] + timedelta(days=WEEK + MATURES_AFTER)),
        )
        for week in found.to_dict("records")
    ]
    return len(PairedWeek.objects.bulk_create(rows, ignore_conflicts=True))


def restate_weeks(pair: Pair, found: Table) -> int:
    """Note what later cancellations made of a week, beside what decided."""
    for week in found.to_dict("records"):
        restated = {"loss_minor": week["loss"], "against_minor": week["against"], "units": week["units"]}
        pair.weeks.filter(first_day=week["first_day"], restated__isnull=True).update(restated=restated)
    return 0


def keep_days(pair: Pair, found: Table) -> int:
    """Write how much more than the simple rule's errors a version's cost on each day."""
    Measurement.objects.bulk_create(
        [
            Measurement(
                shop=pair.shop,
                use_case=pair.version.use_case,
                version=pair.version,
                metric=DAILY,
                starts_at=pair.midnight(day["first_day"]),
                ends_at=pair.midnight(day["first_day"] + timedelta(days=1)),
                n=day["units"],
                value=day["loss"] - day["against"],
            )
            for day in found.to_dict("records")
        ],
        ignore_conflicts=True,
    )
    return 0


# What it proves


@dataclass(frozen=True)
class Weighed:
    """The matured weeks of a pair, and what they say together."""

    weeks: list[PairedWeek]
    scale: float | None  # the difference at which a week counts in full; none: too little past to say

    @property
    def differences(self) -> np.ndarray:
        """Give how much more the new version's errors cost, week by week."""
        return np.array([week.loss_minor - week.against_minor for week in self.weeks])

    @property
    def shares(self) -> np.ndarray:
        """Give what is bet on, a row for each measure."""
        names = sorted({name for week in self.weeks for name in week.bets})
        bets = [[week.bets.get(name, 0.0) for week in self.weeks] for name in names]
        return paired_weeks.shares_of(self.differences, self.scale, bets)

    @property
    def harm(self) -> float:
        """Give the e-value of harm; without weeks it is 1."""
        return float(e_value(paired_weeks.harm_log_e(self.shares)[-1])) if self.weeks else 1.0

    @property
    def correlation(self) -> float | None:
        """Give how much a week resembles the one before."""
        return paired_weeks.correlation_of(self.shares)

    @property
    def saved(self) -> tuple[float, float | None, float | None] | None:
        """Give the money that the new version saves in a week, with its 95 % interval from four weeks on."""
        if not self.weeks:
            return None
        saved = -self.differences
        mean, n = float(saved.mean()), len(saved)
        if n < MIN_WEEKS:
            return mean, None, None
        reach = float(student.ppf(0.975, n - 1) * saved.std(ddof=1) / np.sqrt(n))
        return mean, mean - reach, mean + reach


def evidence_of(release: Release, now: datetime) -> tuple[Evidence, dict[str, Any]]:
    """Say what the matured weeks prove of a release, as the policy needs it and as the pages show it."""
    pair = pair_of(release)
    matured = list(pair.weeks.filter(matured_at__lte=now)[:JUDGED_FOR])
    weighed = Weighed(matured, scale_of(pair))
    watched = decay.of(release, now)
    _, low, high = weighed.saved or (None, None, None)
    evidence = Evidence(
        kind=PairedWeeks.kind,
        harm_sentence=HARM,
        units=matured[-1].units if matured else 0,
        harm=weighed.harm,
        weeks=len(matured),
        correlation=weighed.correlation,
        ranges={"errors": (low, high)} if low is not None and high is not None else {},
        has_decayed=watched is not None and watched.alarm_at is not None,
    )
    return evidence, shown(pair, weighed, watched, now)


def scale_of(pair: Pair) -> float | None:
    """Return what a large week is, by the version's backtest: by itself, beside the live recipe and the baseline."""
    past, baseline = pair.version.metrics.get("weekly_loss", {}), USE_CASES[pair.version.use_case].gates.baseline
    others = ("champion", baseline) if pair.against else (baseline,)
    return paired_weeks.scale_of(past.get("candidate", []), [past.get(name, []) for name in others])


# What the pages show


def shown(pair: Pair, weighed: Weighed, watched: Watched | None, now: datetime) -> dict[str, Any]:
    """Put the weeks, their money and a sentence together; money above zero is saved, effects below zero are worse."""
    analysis: dict[str, Any] = {
        "kind": PairedWeeks.kind,
        "harm": weighed.harm,
        "weeks": [
            {
                "first_day": week.first_day.isoformat(),
                "new": round(week.loss_minor),
                "old": round(week.against_minor),
                "coverage": round(week.coverage, 4),
            }
            for week in weighed.weeks
        ],
        "not_final": not_final(pair, weighed.weeks, now),
        "correlation": weighed.correlation,
        "sentence": sentence_of(pair, weighed),
    }
    if watched:
        analysis["decay"] = watched.as_dict()
    if weighed.saved is None:
        return analysis
    value, low, high = weighed.saved
    cost = float(np.mean([week.against_minor for week in weighed.weeks]))
    analysis["money"] = {"value": round(value), "low": whole(low), "high": whole(high), "per": "week"}
    if cost > 0:
        relative = [None if bound is None else bound / cost for bound in (value, low, high)]
        analysis["effect"] = {"metric": "loss per week"} | dict(zip(("value", "low", "high"), relative, strict=True))
    return analysis


def not_final(pair: Pair, weeks: list[PairedWeek], now: datetime) -> list[str]:
    """List the weeks that have begun after those that count: they decide nothing yet."""
    today = now.astimezone(pair.shop.zone).date()
    spoken = [] if weeks else pair.spoken()
    if not weeks and not spoken:
        return []
    first = weeks[-1].first_day + timedelta(days=WEEK) if weeks else min(spoken) + timedelta(days=1)
    begun = range(0, (today - first).days + 1, WEEK)
    return [(first + timedelta(days=days)).isoformat() for days in begun]


def sentence_of(pair: Pair, weighed: Weighed) -> str:
    """Say in a sentence what the weeks say, with its range."""
    if weighed.saved is None:
        return "No week is final yet: a week counts seven days after its end."
    value, low, high = weighed.saved
    other = f"version {pair.against.number}" if pair.against else "the simple rule"
    over = words.counted(len(weighed.weeks), "week")
    currency = pair.shop.currency
    told = f"Over {over}, its errors cost {words.less(round(value), currency)} a week than those of {other}"
    if low is not None and high is not None:
        told += f" ({words.less_range(round(low), round(high), currency)})"
    more = [TOO_LITTLE_PAST] if weighed.scale is None else []
    more += [JUDGED] if len(weighed.weeks) == JUDGED_FOR else []
    return " ".join([f"{told}.", *more])


def whole(value: float | None) -> int | None:
    """Round money to whole minor units."""
    return None if value is None else round(value)
