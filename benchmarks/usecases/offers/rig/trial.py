"""A real randomised trial, run again: a policy chooses, and what comes of it is drawn from the arm that it chose.

Each run has as many decisions as the trial has rows; an outcome is that of a row of the chosen arm, drawn at random, so
a run is what the trial would have been with these choices. `by_rejection` instead keeps only the rows whose own arm is
the one that is chosen, each once, in an order of its own: a third of the decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, Ints
from pipelines.usecases.offers.fitted import EXPLORE, Fitted
from pipelines.usecases.offers.learning.choices import Choices
from pipelines.usecases.offers.learning.prior import WEAK

NOBODY = "No E-Mail"
STEP = 50  # decisions between two looks at the tallies


@dataclass(frozen=True)
class Trial:
    """Hold whether each row came to something, by arm; the last arm is that of nothing sent."""

    name: str
    arms: tuple[str, ...]
    outcome: tuple[Floats, ...]

    @property
    def rows(self) -> int:
        """Count all rows."""
        return sum(map(len, self.outcome))

    @property
    def rates(self) -> Floats:
        """Give how much comes of each arm."""
        return np.array([each.mean() for each in self.outcome])


def read(path: Path, outcome: str = "visit") -> Trial:
    """Read a file of the trial."""
    rows = pd.read_parquet(path, columns=["segment", outcome])
    arms = (*sorted(set(rows["segment"]) - {NOBODY}), NOBODY)
    return Trial(path.stem, arms, tuple(rows.loc[rows["segment"] == arm, outcome].to_numpy(np.float64) for arm in arms))


def policy(seed: int, explore: float) -> Fitted:
    """Give a policy that has learned nothing yet."""
    return Fitted(date(2008, 3, 20), seed, WEAK, None, {}, explore=explore)


def chances(fitted: Fitted, shown: Ints, accepted: Ints, number: int) -> Floats:
    """Give the chance of each arm by its tallies, that of none as the last: as a version chooses at a decision."""
    offers = np.arange(1, len(shown) + 1)
    one = np.zeros(1, dtype=np.int64)
    decision = Decisions(
        ids=offers,
        unique_id=one + number,
        day=one,
        offer=one + NO_OFFER,
        propensity=np.ones(1),
        accepted=np.zeros(1),
        profit=np.zeros(1),
        held_out=one.astype(bool),
        visitor=one,
        eligible=offers[None, :] - 1,
        margins=np.ones((1, len(offers))),
        features=np.zeros((1, 0)),
    )
    return np.asarray(Choices(fitted, decision, shown, accepted).chances[0], dtype=np.float64)


def gain(trial: Trial, seed: int, explore: float = 0.0) -> float:
    """Run the trial once; give how much of what the best arm has more than a random one was gained while learning."""
    rng, emails = np.random.default_rng(seed), len(trial.arms) - 1
    fitted, every = policy(seed, explore), np.concatenate(trial.outcome)
    size = np.array([len(each) for each in trial.outcome])
    first = size.cumsum() - size
    shown, accepted, total, done = np.zeros(emails, np.int64), np.zeros(emails, np.int64), 0.0, 0
    while done < trial.rows:
        step = min(STEP, trial.rows - done)
        arm = rng.choice(emails + 1, size=step, p=chances(fitted, shown, accepted, done // STEP))
        came = every[first[arm] + (rng.random(step) * size[arm]).astype(np.int64)]
        tally(shown, accepted, arm, came)
        total, done = total + float(came.sum()), done + step
    return share(trial, total / trial.rows)


def by_rejection(trial: Trial, seed: int, explore: float = EXPLORE) -> float:
    """Run it once on the rows whose arm is the one that is chosen."""
    rng, emails = np.random.default_rng(seed), len(trial.arms) - 1
    arms = np.repeat(np.arange(emails + 1), [len(each) for each in trial.outcome])
    order = rng.permutation(len(arms))
    arms, outcome = arms[order], np.concatenate(trial.outcome)[order]
    fitted = policy(seed, explore)
    shown, accepted = np.zeros(emails, np.int64), np.zeros(emails, np.int64)
    kept: list[Floats] = []
    for low in range(0, len(arms), STEP * (emails + 1)):
        block = slice(low, low + STEP * (emails + 1))
        wanted = rng.choice(emails + 1, size=len(arms[block]), p=chances(fitted, shown, accepted, len(kept)))
        same = wanted == arms[block]
        tally(shown, accepted, arms[block][same], outcome[block][same])
        kept.append(outcome[block][same])
    return share(trial, float(np.concatenate(kept).mean()))


def tally(shown: Ints, accepted: Ints, arm: Ints, came: Floats) -> None:
    """Count what came of the arms that were shown something."""
    for each in range(len(shown)):
        shown[each] += int((arm == each).sum())
        accepted[each] += round(float(came[arm == each].sum()))


def share(trial: Trial, mean: float) -> float:
    """Give a mean as a share of the way from a random arm to the best one."""
    rates = trial.rates
    return float((mean - rates.mean()) / (rates.max() - rates.mean()))
