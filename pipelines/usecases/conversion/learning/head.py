"""One of the two chances: a model of what was known, grown with the shop, and corrected by the newest labels.

Few orders: a logistic regression drawn towards other shops. From 300 on: trees beside it, whose log odds are mixed with
its own. Both weigh late days more. The last weeks are told by models that did not know them: by what those would have
missed are chosen the trees' share and how fast the correction follows; and it starts from what they missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion.learning import correction as corrections
from pipelines.usecases.conversion.learning import leakage, logistic, trees
from pipelines.usecases.conversion.learning.columns import Columns, Floats, Ints, Rows
from pipelines.usecases.conversion.learning.correction import Correction
from pipelines.usecases.conversion.learning.logistic import Prior
from pipelines.usecases.conversion.learning.trees import Trees
from pipelines.usecases.conversion.scorer import LEAST

ENOUGH_ORDERS = 300  # and as many without one, before trees join (METHODS 5c)
SHARES = (0.9, 0.3, 0.0, 0.6)  # of the log odds that may be theirs; the last one where nothing tells
HALF_LIFE = 90.0  # days after which a moment counts half
MOST_ROWS = 60_000  # the newest
STRETCH, STRETCHES = 14, 4  # days that are told by models which did not know them, and how often
LEAST_TOLD = 30  # orders among them, before anything is chosen by them


@dataclass(frozen=True)
class Head:
    """Hold what was learned of one chance; `refused` are the features that give the outcome away, each with why."""

    linear: Mapping[str, Any]
    grown: Trees | None
    share: float  # of the trees
    moved: Correction
    rows: int
    orders: float
    refused: Mapping[str, str] = field(default_factory=dict)

    def raw(self, known: pd.DataFrame) -> Floats:
        """Say log odds before they are corrected."""
        said = logistic.logits(self.linear, known)
        return said if self.grown is None else said + self.share * (self.grown.logits(known) - said)

    def chances(self, known: pd.DataFrame) -> Floats:
        """Say chances."""
        return np.asarray(np.clip(sigmoid(self.moved.moved(self.raw(known))), LEAST, 1 - LEAST))

    def corrected(self, later: Rows) -> Head:
        """Learn the correction further, from moments that were ripe since."""
        ripe = later.ripe
        moved = corrections.after(self.moved, ripe.day, self.raw(ripe.known), ripe.came, ripe.weight)
        return replace(self, moved=moved)

    def exported(self) -> dict[str, Any]:
        """Give what `scorer` reads."""
        grown = {} if self.grown is None else {"grown": {"share": self.share, **self.grown.exported()}}
        return {**self.linear, **grown, "moved": self.moved.exported()}

    def as_dict(self) -> dict[str, Any]:
        """Give plain values, all but the trees' text."""
        grown = None if self.grown is None else {"features": list(self.grown.features), "codes": dict(self.grown.codes)}
        told = {
            "share": self.share,
            "moved": asdict(self.moved),
            "rows": self.rows,
            "orders": self.orders,
            "refused": dict(self.refused),
        }
        return {"linear": self.linear, "grown": grown, **told}


def of_dict(plain: Mapping[str, Any], text: str) -> Head:
    """Read a head back."""
    grown = plain["grown"] and Trees(text, tuple(plain["grown"]["features"]), plain["grown"]["codes"])
    moved = corrections.of_dict(plain["moved"])
    return Head(plain["linear"], grown, plain["share"], moved, plain["rows"], plain["orders"], plain["refused"])


@dataclass(frozen=True)
class Told:
    """Hold what models said of days that they did not know, in log odds; NaN where no trees had grown yet."""

    day: Ints
    came: Floats
    linear: Floats
    grown: Floats

    @property
    def last(self) -> Told:
        """Keep the last stretch."""
        late = self.day > (self.day.max() if len(self.day) else 0) - STRETCH
        return Told(self.day[late], self.came[late], self.linear[late], self.grown[late])

    def mixed(self, share: float) -> Floats:
        """Mix both kinds, where there are both."""
        return np.where(np.isnan(self.grown), self.linear, self.linear + share * (self.grown - self.linear))


@dataclass(frozen=True)
class Choice:
    """Say how much of the log odds is the trees', and how fast the correction follows."""

    share: float = SHARES[-1]
    pace: float = corrections.PACES[-1]


def learn(rows: Rows, columns: Columns, prior: Prior, *, seed: int) -> Head:
    """Learn one chance from all that is ripe."""
    ripe = rows.ripe
    ripe = ripe.where(np.arange(len(ripe)) >= len(ripe) - MOST_ROWS)
    refused = leakage.leaks(ripe, columns)
    kept = columns.without(refused)
    told = foretold(ripe, kept, prior, seed=seed)
    centre = middle_of(told, prior)
    chosen = choose(told, centre, ripe.weight)
    weight = late(ripe)
    linear = logistic.fit(ripe, kept, prior, weight)
    grown = trees.grow(ripe, kept, weight, seed=seed) if chosen.share and is_enough(ripe) else None
    start = Correction(centre, pace=chosen.pace)
    moved = corrections.after(start, told.day, told.mixed(chosen.share), told.came, ripe.weight)
    share = chosen.share if grown else 0.0
    model = Head(linear, grown, share, moved, len(ripe), ripe.counted[0], refused)
    return replace(model, moved=anchored(model, ripe, told.last.mixed(chosen.share)))


def anchored(model: Head, rows: Rows, said: Floats) -> Correction:
    """Take off the correction what the model, which knows the last days, no longer needs: its level there stays."""
    if not len(said):
        return model.moved
    late = rows.where(np.arange(len(rows)) >= len(rows) - len(said))
    learned = float((model.raw(late.known) - said).mean())
    return model.moved.shifted(learned)


def late(rows: Rows) -> Floats:
    """Weigh late days more."""
    age = rows.day.max() - rows.day if len(rows) else rows.day
    return np.asarray(0.5 ** (age / HALF_LIFE))


def is_enough(rows: Rows) -> bool:
    """Tell whether trees have enough to grow on."""
    return min(rows.counted) >= ENOUGH_ORDERS


def foretold(rows: Rows, columns: Columns, prior: Prior, *, seed: int) -> Told:
    """Let models that know only the days before it tell each of the last stretches of days."""
    parts = [Told(rows.day[:0], rows.came[:0], np.empty(0), np.empty(0))]
    first, last = (int(rows.day.min()), int(rows.day.max())) if len(rows) else (0, 0)
    for back in range(STRETCHES, 0, -1):
        cut = last + 1 - STRETCH * back
        if cut - first < STRETCH:  # a model of so few days says more of them than of what is learned from all
            continue
        before, after = rows.where(rows.day < cut), rows.where((rows.day >= cut) & (rows.day < cut + STRETCH))
        if len(after):
            parts.append(told_by(before, after, columns, prior, seed=seed))
    return Told(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Told)))


def told_by(before: Rows, after: Rows, columns: Columns, prior: Prior, *, seed: int) -> Told:
    """Let models that know one stretch tell another."""
    weight = late(before)
    linear = logistic.logits(logistic.fit(before, columns, prior, weight), after.known)
    grown = np.full(len(after), np.nan)
    if is_enough(before):
        grown = trees.grow(before, columns, weight, seed=seed).logits(after.known)
    return Told(after.day, after.came, linear, grown)


def middle_of(told: Told, prior: Prior) -> float:
    """Give log odds in the middle of what is said, about which a slope turns."""
    return float(np.median(told.linear)) if len(told.linear) else float(np.log(prior.share / (1 - prior.share)))


def choose(told: Told, centre: float, weight: float) -> Choice:
    """Choose what would have missed least, day by day, by what was known before each; little decides nothing."""
    if weight * min(told.came.sum(), len(told.came) - told.came.sum()) < LEAST_TOLD:
        return Choice()
    shares = SHARES if np.isfinite(told.grown).any() else SHARES[-1:]
    choices = [Choice(*each) for each in product(shares, corrections.PACES)]
    return min(choices, key=lambda each: missed(told, each, centre, weight))


def missed(told: Told, choice: Choice, centre: float, weight: float) -> float:
    """Add up the log loss of a choice."""
    said = told.mixed(choice.share)
    return corrections.followed(Correction(centre, pace=choice.pace), told.day, said, told.came, weight)[1]
