"""Simulated logs of decisions whose truth is known: light and heavy tails, few rewards, visitors who come again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.usecases.offers.decisions import Floats, Ints

ARMS = 4
LIKES = np.array([0.0, 0.0, 1.0, -1.0])  # by how much the other policy chooses an arm by who asks
CENTRED = np.arange(ARMS) - (ARMS - 1) / 2


@dataclass(frozen=True)
class Law:
    """How logs of one kind come about.

    `chances` are those of the policy that decided, before who asks moves them by `leaning`; `again` is how often a
    visitor comes on average, with likings of their own; `tail` is the spread of the logarithm of a reward's worth.
    """

    name: str
    decisions: int
    rate: float = 0.1
    chances: tuple[float, ...] = (0.25, 0.25, 0.25, 0.25)
    leaning: float = 0.0
    least: float = 0.1  # of the decisions, that are spread evenly
    tail: float = 0.0
    again: float = 1.0
    sticky: bool = False  # a visitor is shown the same each time


RARE = (0.7, 0.2, 0.07, 0.03)
LAWS = (
    Law("light", 3_000),
    Law("short", 400),
    Law("heavy weights", 3_000, chances=RARE, leaning=0.7, least=0.04),
    Law("heavy rewards", 3_000, tail=1.0),
    Law("heavy both", 5_000, tail=1.0, chances=RARE, leaning=0.5, least=0.04),
    Law("very heavy rewards", 5_000, tail=1.5),
    Law("few rewards", 3_000, rate=0.01),
    Law("visitors again", 4_000, rate=0.08, again=4.0),
    Law("visitors again, shown the same", 3_000, rate=0.08, again=6.0, sticky=True),
    Law("visitors again, heavy both", 4_000, rate=0.08, again=5.0, tail=0.8, chances=(0.6, 0.2, 0.15, 0.05)),
)


@dataclass(frozen=True)
class Drawn:
    """Hold one log: rewards, the other policy's weights and chances, arms, visitors, and each arm's true mean."""

    reward: Floats
    weight: Floats
    wanted: Floats
    arm: Ints
    visitor: Ints
    mean: Floats


def truth(law: Law, rng: np.random.Generator, decisions: int = 500_000) -> float:
    """Give what the other policy would bring on average, whoever comes."""
    drawn = draw(law, rng, decisions)
    return float((drawn.wanted * drawn.mean).sum(axis=1).mean())


def draw(law: Law, rng: np.random.Generator, decisions: int = 0) -> Drawn:
    """Draw a log."""
    n = decisions or law.decisions
    visitor, taste = visitors(law, rng, n)
    who = rng.standard_normal(n)
    odds = np.log(law.rate / (1 - law.rate)) + 0.3 * CENTRED + taste[:, None] + 0.4 * who[:, None] * (LIKES > 0)
    mean = 1 / (1 + np.exp(-odds))
    logged = np.array(law.chances) * np.exp(law.leaning * who[:, None] * np.array([1.0, -1.0, 0.5, -0.5]))
    logged = (1 - law.least) * logged / logged.sum(axis=1, keepdims=True) + law.least / ARMS
    arm = np.minimum((logged.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1), ARMS - 1)
    if law.sticky:
        first = np.unique(visitor, return_index=True)[1][visitor]
        arm, logged = arm[first], logged[first]
    wanted = np.array([0.05, 0.05, 0.2, 0.7]) * np.exp(0.8 * who[:, None] * LIKES)
    wanted /= wanted.sum(axis=1, keepdims=True)
    row = np.arange(n)
    worth = np.exp(law.tail * rng.standard_normal(n) - law.tail**2 / 2)
    reward = (rng.random(n) < mean[row, arm]) * worth
    return Drawn(reward, wanted[row, arm] / logged[row, arm], wanted, arm, visitor, mean)


def visitors(law: Law, rng: np.random.Generator, n: int) -> tuple[Ints, Floats]:
    """Number who comes, one after the other, with each one's liking."""
    if law.again <= 1:
        return np.arange(n), np.zeros(n)
    visitor = np.repeat(np.arange(n), rng.geometric(1 / law.again, size=n))[:n]
    return visitor, rng.standard_normal(n)[visitor]


def model_of(drawn: Drawn) -> tuple[Floats, Floats]:
    """Learn each arm's mean on one half, for the other: what the other policy should bring, and what is said."""
    half = np.arange(len(drawn.arm)) * 2 // len(drawn.arm)
    said = np.zeros((len(drawn.arm), ARMS))
    for side in (0, 1):
        known = half != side
        count = np.bincount(drawn.arm[known], minlength=ARMS)
        total = np.bincount(drawn.arm[known], drawn.reward[known], ARMS)
        said[half == side] = (total + 20 * drawn.reward[known].mean()) / (count + 20)
    return (drawn.wanted * said).sum(axis=1), said[np.arange(len(said)), drawn.arm]
