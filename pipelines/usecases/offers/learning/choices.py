"""The scorer's choices for many decisions at once: the same draws, counted by numpy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

import numpy as np

from pipelines.usecases.offers.answering.scorer import DRAWS, EVERY, SETS, cube, fixed_draws
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, Ints, Mask
from pipelines.usecases.offers.fitted import Fitted, Weights

BLOCK = 1_500_000  # draws at a time


@dataclass(frozen=True)
class Choices:
    """Let a version choose at decisions, knowing so many tallies of each offer."""

    fitted: Fitted
    decisions: Decisions
    shown: Ints
    accepted: Ints

    @cached_property
    def open(self) -> Mask:
        """Mark the offers that could be shown: those that earn something."""
        margins = self.decisions.margins
        is_open: Mask = (self.decisions.eligible != NO_OFFER) & np.isfinite(margins) & (np.nan_to_num(margins) > 0)
        return is_open

    @cached_property
    def likely(self) -> Floats:
        """Give the chance that each of the offers is accepted, side by side as they were open."""
        if self.odds is None:
            a, b = self.fitted.prior
            chance = (a + self.accepted) / (a + b + self.shown)
            return chance[self.decisions.eligible] if len(chance) else np.zeros(self.decisions.eligible.shape)
        mean, spread = self.odds
        return shares(mean / np.sqrt(1 + np.pi * spread**2 / 8))

    @cached_property
    def worth(self) -> Floats:
        """Give what showing each of the offers brings on average: acceptances times margin, and what lies beyond."""
        extra = self.extras[0][self.decisions.eligible] if len(self.decisions.ids) else 0.0
        return np.where(self.open, self.likely * np.nan_to_num(self.decisions.margins) + extra, 0.0)

    @cached_property
    def chances(self) -> Floats:
        """Give each offer's chance to be shown, side by side as they were open, and that of no offer as the last."""
        rows, width = self.decisions.eligible.shape
        won = np.zeros((rows, width + 1))
        for turn, block in self.blocks():
            worth = np.concatenate([self.drawn(turn, block), np.zeros((DRAWS, len(block), 1))], axis=2)
            best = np.where((worth[..., :-1] > 0).any(axis=2), worth.argmax(axis=2), width)
            for place in range(width + 1):
                won[block, place] = (best == place).sum(axis=0)
        even = self.fitted.explore / (self.open.sum(axis=1) + 1)
        told = (1 - self.fitted.explore) * won / DRAWS
        told[:, :-1] += np.where(self.open, even[:, None], 0.0)
        told[:, -1] += even
        return told

    def blocks(self) -> Iterator[tuple[int, Ints]]:
        """Cut the decisions of each set of draws into as many as can be drawn for at once."""
        step = max(BLOCK // (DRAWS * (self.decisions.eligible.shape[1] + 1)), 1)
        turns = self.decisions.unique_id % SETS
        for turn in range(SETS):
            rows = np.flatnonzero(turns == turn)
            yield from ((turn, rows[low : low + step]) for low in range(0, len(rows), step))

    def drawn(self, turn: int, block: Ints) -> Floats:
        """Draw what showing each offer is worth at some decisions: draws × decisions × offers."""
        eligible, margins = self.decisions.eligible[block], np.nan_to_num(self.decisions.margins[block])
        if not len(self.decisions.ids):
            return np.zeros((DRAWS, *eligible.shape))
        first, second, beyond = self.draws(turn)
        if self.odds is None:
            accepted = beta_draws(*self.counts, first, second)[:, eligible]
        else:
            mean, spread = (each[block] for each in self.odds)
            accepted = shares(mean + spread * first[:, eligible])
        mean, spread = self.extras
        worth = margins * accepted + (mean + spread * beyond + self.shared_draws(turn)[:, None])[:, eligible]
        return np.where(self.open[block], worth, -np.inf)

    @cached_property
    def counts(self) -> tuple[Floats, Floats]:
        """Give both counts of each offer's beta law."""
        a, b = self.fitted.prior
        accepted = self.accepted.astype(np.float64)
        return a + accepted, b + self.shown - accepted

    def draws(self, turn: int) -> Floats:
        """Give the fixed draws of all offers, of one set: three × draws × offers."""
        told = [fixed_draws(self.fitted.seed, offer, turn) for offer in self.decisions.ids.tolist()]
        return np.array(told).transpose(1, 2, 0)

    @cached_property
    def extras(self) -> tuple[Floats, Floats]:
        """Give what lies beyond acceptances by offer, and how sure is what is its own."""
        told = [self.fitted.extras.get(str(offer), (0.0, 0.0)) for offer in self.decisions.ids.tolist()]
        mean, spread = np.array(told).reshape(-1, 2).T
        return mean + (self.fitted.shared or (0.0, 0.0))[0], spread

    def shared_draws(self, turn: int) -> Floats:
        """Draw how far off it is what all offers have alike."""
        spread = (self.fitted.shared or (0.0, 0.0))[1]
        return np.asarray(spread * np.array(fixed_draws(self.fitted.seed, EVERY, turn)[2]), dtype=np.float64)

    @cached_property
    def odds(self) -> tuple[Floats, Floats] | None:
        """Give mean and spread of the log odds that each offer is accepted, where who asks matters."""
        context = self.fitted.context
        if context is None:
            return None
        features = design(self.decisions.features, np.array(context.scales))
        told = [context.offers.get(str(offer), context.new) for offer in self.decisions.ids.tolist()]
        pairs = [of_weights(features, weights) for weights in told] or [(np.zeros(len(features)),) * 2]
        mean, spread = (np.stack(each, axis=1) for each in zip(*pairs, strict=True))
        row = np.arange(len(features))[:, None]
        return mean[row, self.decisions.eligible], spread[row, self.decisions.eligible]

    def chosen(self) -> tuple[Ints, Floats]:
        """Give the place of what each decision's number chooses, NO_OFFER for none, and its chance to be accepted."""
        left = np.array([Random(int(each)).random() for each in self.decisions.unique_id])
        place = np.full(len(left), NO_OFFER, dtype=np.int64)
        for column in range(self.chances.shape[1] - 1):
            left = left - self.chances[:, column]
            place = np.where((place == NO_OFFER) & (left < 0), column, place)
        rows = np.flatnonzero(place != NO_OFFER)
        said = np.zeros(len(place))
        said[rows] = self.likely[rows, place[rows]]
        return place, said


def beta_draws(a: Floats, b: Floats, first: Floats, second: Floats) -> Floats:
    """Draw chances of many offers as the scorer draws those of one."""
    counts = (np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    told = [cubes(count, normal) for count, normal in zip(counts, (first, second), strict=True)]
    part, rest = told
    return np.where(part > 0, part / np.where(part > 0, part + rest, 1.0), 0.0)


def cubes(count: Floats, normal: Floats) -> Floats:
    """Draw from a gamma law by normal draws."""
    pairs = np.array([cube(float(each)) for each in count.ravel()]).reshape(*count.shape, 2)
    return np.asarray(count * np.maximum(pairs[..., 0] + pairs[..., 1] * normal, 0.0) ** 3, dtype=np.float64)


def shares(odds: Floats) -> Floats:
    """Give chances of log odds."""
    return np.asarray(1 / (1 + np.exp(-np.maximum(odds, -30.0))), dtype=np.float64)


def design(raw: Floats, scales: Floats) -> Floats:
    """Measure features from their usual value, with one that is always 1; what is missing is usual."""
    scaled = np.nan_to_num((raw - scales[:, 0]) / scales[:, 1])
    return np.column_stack([np.ones(len(raw)), scaled])


def of_weights(features: Floats, weights: Weights) -> tuple[Floats, Floats]:
    """Give mean and spread of the log odds by one offer's weights."""
    root = np.zeros((len(weights.mean), len(weights.mean)))
    for at, row in enumerate(weights.root):
        root[at, : len(row)] = row
    return features @ np.array(weights.mean), np.sqrt(((features @ root.T) ** 2).sum(axis=1))
