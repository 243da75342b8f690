"""How often weeks of two versions roll a good one back, and how often they find a wrong one (METHODS 4b)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.evidence import Row, absent, at_least, at_most, real_data, told
from benchmarks.usecases.demand_forecast.evidence.decay import days_of
from benchmarks.usecases.demand_forecast.rig import real_shops
from benchmarks.usecases.demand_forecast.rig.real_shops import RealShop
from pipelines.stats.inference import paired_weeks
from pipelines.strategies import Evidence, claims, limits
from pipelines.usecases.demand_forecast.judging.comparison import compare, level_bets

Floats = NDArray[np.float64]

SUBJECT = "weeks"
WEEK, JUDGED, PAST = 7, paired_weeks.JUDGED_FOR, paired_weeks.LEAST_PAST
DRAWS, QUICK_DRAWS = 10_000, 1_000
MOST_FALSE, MOST_BETTER = 0.025, 0.02
MEMORIES = (0.0, 0.3, 0.5)
BEYOND = 0.7
LAWS = ("normal", "t4", "mirrored")  # mirrored lognormal: left-skewed

Wrong = Callable[[pd.DataFrame], pd.DataFrame]


def rows(quick: bool) -> list[Row]:
    """Simulate releases of versions that are equally good, and put wrong forecasts into real shops."""
    return [*false_rollbacks(QUICK_DRAWS if quick else DRAWS), *on_real_shops(shuffles=1 if quick else 5)]


@dataclass(frozen=True)
class Told:
    """What K says of a release week by week."""

    shares: Floats

    @cached_property
    def e(self) -> Floats:
        """Give K after each week."""
        return np.exp(paired_weeks.harm_log_e(self.shares))

    @property
    def is_called(self) -> bool:
        """Tell whether K reaches its limit in a week in which it may."""
        return bool((self.e[limits.WEEKS - 1 :] >= limits.HARM).any())

    @property
    def acts(self) -> bool:
        """Tell whether the policy would roll back in some week, by the very rules that it uses."""
        weeks = np.flatnonzero(self.e >= limits.HARM) + 1
        return any(claims.speaks(self.evidence(int(week))) for week in weeks)

    def evidence(self, weeks: int) -> Evidence:
        """Give what the policy would see after so many weeks."""
        correlation = paired_weeks.correlation_of(self.shares[:, :weeks])
        return Evidence("paired", weeks=weeks, harm=float(self.e[weeks - 1]), correlation=correlation)


def told_by(differences: Floats, scale: float | None, bets: list[Floats]) -> Told:
    """Follow K over the weeks of a release."""
    return Told(paired_weeks.shares_of(differences, scale, bets))


# Versions that are equally good


def false_rollbacks(draws: int) -> Iterator[Row]:
    """Count the releases of equally good versions that are rolled back: losses and levels simulated together."""
    for law in LAWS:
        for memory in (*MEMORIES, BEYOND):
            for levels, name in ((of_two_versions, "levels of two versions"), (of_the_losses, "levels move as losses")):
                share = rolled_back(law, memory, draws, levels)
                case = f"equally good, rolled back: {law}, AR {memory:g}, {name}"
                if memory == BEYOND:
                    yield told(SUBJECT, case, share)
                else:
                    yield at_most(SUBJECT, case, share, MOST_FALSE)
    share = rolled_back("normal", MEMORIES[-1], draws, of_opposites)
    yield told(
        SUBJECT, f"equally good, rolled back: normal, AR {MEMORIES[-1]:g}, one always too high, one too low", share
    )


Levels = Callable[[Floats, np.random.Generator, float], list[Floats]]


def rolled_back(law: str, memory: float, draws: int, levels: Levels) -> float:
    """Give the share of releases that are rolled back."""
    rng = np.random.default_rng(2)
    losses, rule = (days_of(law, memory, draws, PAST + JUDGED, seed) for seed in (3, 4))
    acted = 0
    for now, past, other in zip(losses[:, PAST:], losses[:, :PAST], rule[:, :PAST], strict=True):
        scale = paired_weeks.scale_of(past, [past - other])
        acted += told_by(now, scale, levels(now, rng, memory)).acts
    return acted / draws


def of_the_losses(losses: Floats, rng: np.random.Generator, memory: float) -> list[Floats]:
    """Let both tests of the level repeat what the losses say, in thirds of their sd."""
    return [np.clip(losses / paired_weeks.CLIPPED_AT, -1, 1)] * 2


def of_two_versions(losses: Floats, rng: np.random.Generator, memory: float) -> list[Floats]:
    """Let both versions miss the shop's level by their own errors of 10 % a week, while it swings by 15 %."""
    new, old, sold = (np.exp(sd * remembering(rng, memory)) for sd in (0.1, 0.1, 0.15))
    return levels_of(sold, new, old, rng)


def of_opposites(losses: Floats, rng: np.random.Generator, memory: float) -> list[Floats]:
    """Let one version always say 10 % too much and the other 10 % too little: each week they are right in turn."""
    sold = 1 + 0.15 * remembering(rng, memory)
    return levels_of(sold, np.full(JUDGED, 0.9), np.full(JUDGED, 1.1), rng)


def levels_of(sold: Floats, new: Floats, old: Floats, rng: np.random.Generator) -> list[Floats]:
    """Judge levels week by week, on days that scatter by a quarter."""
    days = sold[:, None] * np.exp(0.25 * rng.standard_normal((JUDGED, WEEK)))
    even = np.ones(WEEK)
    bets = [level_bets(day, n * even, o * even) for day, n, o in zip(days, new, old, strict=True)]
    return [np.array([bet[name] for bet in bets]) for name in bets[0]]


def remembering(rng: np.random.Generator, memory: float) -> Floats:
    """Draw weeks that remember the one before."""
    weeks = rng.standard_normal(JUDGED)
    for week in range(1, JUDGED):
        weeks[week] = memory * weeks[week - 1] + np.sqrt(1 - memory**2) * weeks[week]
    return weeks


# Wrong forecasts in real shops


@dataclass(frozen=True)
class Wrongs:
    """A way to be wrong, and how often it must be found."""

    name: str
    spoil: Callable[[pd.DataFrame, int], pd.DataFrame]
    least: float
    draws: bool = False


def times(factor: float) -> Callable[[pd.DataFrame, int], pd.DataFrame]:
    """Say so many times as much of everything."""
    return lambda said, seed: said.assign(mean=said["mean"] * factor)


def shuffled(said: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give every variant the forecast of another one, the same every week."""
    order = np.random.default_rng(seed).permutation(said["variant_id"].unique())
    place = pd.Series(np.arange(len(order)), index=order)
    found = []
    for _, week in said.groupby("first_day", sort=False):
        other = week.iloc[np.argsort(place[week["variant_id"]].to_numpy())]
        found.append(week.assign(mean=other["mean"].to_list(), dispersion=other["dispersion"].to_list()))
    return pd.concat(found, ignore_index=True)


WRONGS = (
    Wrongs("twice as much", times(2.0), 0.90),
    Wrongs("1.3 times as much", times(1.3), 0.75),
    Wrongs("variants shuffled", shuffled, 0.60, draws=True),
    Wrongs("0.7 times as much", times(0.7), 0.50),
)


@dataclass(frozen=True)
class Pairing:
    """A wrong and a right version in a real shop, week by week, in both orders."""

    wrong: pd.DataFrame  # as compared with the right one
    right: pd.DataFrame  # as compared with the wrong one
    rule: Floats  # the simple rule's losses

    @cached_property
    def starts(self) -> range:
        """Give the weeks in which a release may begin, with past enough before it."""
        return range(PAST, len(self.wrong) - JUDGED + 1)

    def follow(self, weeks: pd.DataFrame, start: int, *, turned: bool = False, alike: bool = False) -> Told:
        """Follow a release that begins in some week.

        Turned round it says whether the version is called better; alike are recipes of which one went wrong later.
        """
        before, now = slice(start - PAST, start), weeks.iloc[start : start + JUDGED]
        good, mine, other = (each["loss"].to_numpy()[before] for each in (self.right, weeks, self.other(weeks)))
        past = (good, [good, self.rule[before]]) if alike else (mine, [other, self.rule[before]])
        sign = -1 if turned else 1
        names = sorted(now["bets"].iloc[0])
        bets = [sign * np.array([bet[name] for bet in now["bets"]]) for name in names]
        return told_by(sign * (now["loss"] - now["against"]).to_numpy(), paired_weeks.scale_of(*past), bets)

    def other(self, weeks: pd.DataFrame) -> pd.DataFrame:
        """Give the other version of the two."""
        return self.right if weeks is self.wrong else self.wrong

    def rates(self) -> dict[str, float]:
        """Say how often what is said of the two."""
        worse = [self.follow(self.wrong, start) for start in self.starts]
        return {
            "worse": float(np.mean([one.is_called for one in worse])),
            "taken": float(np.mean([one.acts for one in worse])),
            "better": self.called(self.wrong, turned=True),
            "barred": self.called(self.right),
            "barred_alike": self.called(self.right, alike=True),
        }

    def called(self, weeks: pd.DataFrame, **how: bool) -> float:
        """Count the releases of which K reaches its limit."""
        return float(np.mean([self.follow(weeks, start, **how).is_called for start in self.starts]))


def on_real_shops(shuffles: int, only: frozenset[str] = frozenset()) -> Iterator[Row]:
    """Put wrong forecasts into real shops and count what K says of them within 26 weeks, over the shops and by shop."""
    folder = real_data("demand")
    if folder is None:
        yield absent(SUBJECT, "wrong forecasts in real shops", "../shared/data/demand")
        return
    shops = [shop for shop in real_shops.shops(folder) if not only or shop.name in only]
    right = {shop.name: shop.forecasts(every=WEEK, days=WEEK) for shop in shops}
    rule = {shop.name: compare(shop.frames, right[shop.name])["against"].to_numpy() for shop in shops}
    for wrong in WRONGS:
        found = []
        for shop in shops:
            seeds = range(shuffles if wrong.draws else 1)
            pairs = [pairing(shop, right[shop.name], rule[shop.name], wrong, seed) for seed in seeds]
            rates = pd.DataFrame([pair.rates() for pair in pairs]).mean()
            found.append(rates)
            yield told(SUBJECT, f"{wrong.name}: called worse in {shop.name}", float(rates["worse"]))
        over = pd.DataFrame(found).mean()
        yield at_least(SUBJECT, f"{wrong.name}: called worse, over the shops", float(over["worse"]), wrong.least)
        yield told(SUBJECT, f"{wrong.name}: rolled back, weeks that depend only alert", float(over["taken"]))
        yield at_most(SUBJECT, f"{wrong.name}: called better, over the shops", float(over["better"]), MOST_BETTER)
        for which, when in (("barred", "trained so"), ("barred_alike", "wrong since then")):
            case = f"{wrong.name}, {when}: the right one after it rolled back"
            yield at_most(SUBJECT, case, float(over[which]), MOST_FALSE)


def pairing(shop: RealShop, right: pd.DataFrame, rule: Floats, wrong: Wrongs, seed: int) -> Pairing:
    """Let the comparison that releases use price a wrong and a right version."""
    spoiled = wrong.spoil(right, seed)
    return Pairing(compare(shop.frames, spoiled, right), compare(shop.frames, right, spoiled), rule)
