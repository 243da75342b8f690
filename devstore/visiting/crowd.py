"""Who visits a shop on a day: when, what they would buy, what they look at, and whether they let themselves be counted.

As many of the shop's usual orders as visitors place without any list are taken off the others, so a shop in which
nothing is shown sells what it always sold.
"""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from devstore import campaigns
from devstore.habits import Basket, Habits, how_many
from devstore.scenarios import Scenario, What
from devstore.visiting.buckets import digest

BUYS = 0.02  # of visitors buy where nothing is shown to them
MOST_OF_ORDERS = 0.8  # of a shop's usual orders are ever placed by visitors who are played
AGREES = 0.85  # of people let themselves be counted
RETURNS, BACK_WITHIN = 0.25, 14  # of visitors were there before, within so many days
LOOKS = (0.4, 0.35, 0.25)  # of visitors look at nothing, one or two things beside what they would buy
MOST_A_DAY = 1_000_000
VISITING, LOOKING = 1_000_001, 1_000_002  # luck of their own, apart from that of orders


@dataclass(frozen=True)
class Visitor:
    """One visit of one person."""

    id: str
    basket: Basket  # what this visitor buys, if anything, and at which second of the day
    others: tuple[Basket, ...]  # of what others buy, also looked at
    luck: np.random.Generator

    @property
    def unit(self) -> str:
        return digest(self.id)

    @property
    def agrees(self) -> bool:
        """Tell whether this person lets themselves be counted; it is the same on each visit."""
        return hashlib.sha256(f"agrees:{self.id}".encode()).digest()[0] < AGREES * 256

    @property
    def address(self) -> str:
        """Return a network address of documentation, so that not all come from one."""
        return f"203.0.113.{int(self.unit[:2], 16)}"


def visitors_a_day(scenario: Scenario, habits: Habits) -> float:
    """Say how many visitors a usual day has: as many as the scenario says, where the shop has orders for so many."""
    return min(float(scenario.visitors), MOST_OF_ORDERS * habits.usual / BUYS)


def share_of_orders(scenario: Scenario, habits: Habits) -> float:
    """Say which share of the usual orders visitors place."""
    return visitors_a_day(scenario, habits) * BUYS / habits.usual if habits.usual else 0.0


def crowd(
    scenario: Scenario, habits: Habits, day: date, number: int, seed: int, within: tuple[int, int]
) -> Iterator[Visitor]:
    """Yield who visits on a day of a scenario between two seconds of it, the earliest first.

    The day is drawn as a whole, so it is the same in however many parts it is played.
    """
    rng = np.random.default_rng([seed, number, VISITING])
    count = how_many(expected(scenario, habits, day, number), rng)
    baskets = habits.drawn(count, campaigns.lifts(scenario, habits, number), rng)
    looked_at = rng.integers(0, max(1, len(habits.baskets)), (count, len(LOOKS) - 1))
    more = rng.choice(len(LOOKS), count, p=LOOKS)
    people = people_of(rng, count, number)
    for place in sorted(range(count), key=lambda each: (baskets[each].second, each)):
        if within[0] <= baskets[place].second < within[1]:
            yield Visitor(
                id_of(seed, int(people[place])),
                baskets[place],
                tuple(habits.baskets[each] for each in looked_at[place][: more[place]]),
                np.random.default_rng([seed, number, LOOKING, place]),
            )


def expected(scenario: Scenario, habits: Habits, day: date, number: int) -> float:
    """Say how many visitors are expected on a day."""
    if not scenario.visitors or not habits.baskets or not habits.usual:
        return 0.0
    weekday = habits.per_weekday[day.weekday()] / habits.usual
    more = scenario.factor(What.DEMAND, number) * campaigns.pull(scenario, habits, number)
    return visitors_a_day(scenario, habits) * weekday * more


def people_of(rng: np.random.Generator, count: int, number: int) -> np.ndarray:
    """Number the people who come on a day: most for the first time, the last of them were there some days before.

    Numbers below zero are those of people who came before the scenario began.
    """
    new = round((1 - RETURNS) * count)
    back = rng.integers(1, BACK_WITHIN + 1, count - new)
    known = (number - back) * MOST_A_DAY + rng.integers(0, max(1, new), count - new)
    return np.concatenate([number * MOST_A_DAY + np.arange(new), known])


def id_of(seed: int, person: int) -> str:
    """Return the first-party id that a person's browser keeps."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{seed}:{person}".encode()).digest()[:16], version=4))
