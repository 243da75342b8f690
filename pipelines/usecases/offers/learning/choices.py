"""The scorer's choices for many decisions at once: the same values, compared by numpy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.usecases.offers.answering.scorer import (
    LEVELS,
    MIXED,
    VALUES,
    Drawn,
    drawn_by,
    explored_at,
)
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, Ints, Mask
from pipelines.usecases.offers.fitted import Fitted, Weights

BLOCK = 500_000  # values at a time
QUANTILES = np.array(LEVELS)  # sets × values


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
        extra = self.extras[self.decisions.eligible] if len(self.decisions.ids) else 0.0
        return np.where(self.open, self.likely * np.nan_to_num(self.decisions.margins) + extra, 0.0)

    @cached_property
    def chances(self) -> Floats:
        """Give each offer's chance to be shown, side by side as they were open, and that of no offer as the last."""
        rows, width = self.decisions.eligible.shape
        share = np.zeros((rows, width + 1))
        for block in self.blocks():
            share[block] = np.roll(wins(self.worths(block)), -1, axis=1)
        even = self.fitted.explore / (self.open.sum(axis=1) + 1)
        told = (1 - self.fitted.explore) * share
        told[:, :-1] += np.where(self.open, even[:, None], 0.0)
        told[:, -1] += even
        return told

    def blocks(self) -> Iterator[slice]:
        """Cut the decisions into as many as can be weighed at once."""
        step = max(BLOCK // (VALUES * (self.decisions.eligible.shape[1] + 1)), 1)
        return (slice(low, low + step) for low in range(0, len(self.decisions), step))

    def worths(self, block: slice) -> Floats:
        """Give what no offer, which stands first, and each offer may be worth: decisions × offers × values of a set."""
        eligible, margins = self.decisions.eligible[block], np.nan_to_num(self.decisions.margins[block])
        of_none, levels = np.split(QUANTILES[self.sets[block]], [1], axis=1)
        if self.odds is None:
            a, b = (each[eligible][..., None] for each in self.counts)
            accepted = beta_values(a, b, levels)
        else:
            mean, spread = (each[block][..., None] for each in self.odds)
            accepted = shares(mean + spread * levels)
        mean, spread = (each[eligible][..., None] for each in self.beyond)
        worth = np.sort(margins[..., None] * accepted + (mean + spread * levels[..., MIXED]), axis=2)
        shared, its_spread = self.fitted.shared or (0.0, 0.0)
        worth = np.where(self.open[block][..., None], worth, -np.inf)
        return np.concatenate([-shared + its_spread * of_none, worth], axis=1)

    @cached_property
    def places(self) -> Mask:
        """Mark what can be drawn: no offer, which stands first, and the offers that are open."""
        return np.insert(self.open, 0, True, axis=1)

    @cached_property
    def drawn(self) -> list[Drawn]:
        """Draw by each decision's number."""
        pairs = zip(self.decisions.unique_id.tolist(), self.places.sum(axis=1).tolist(), strict=True)
        return [drawn_by(*pair) for pair in pairs]

    @cached_property
    def sets(self) -> Ints:
        """Give which set of values was drawn of each place."""
        sets = np.zeros(self.places.shape, dtype=np.int64)
        sets[self.places] = [each for drawn in self.drawn for each in drawn.sets]
        return sets

    @cached_property
    def counts(self) -> tuple[Floats, Floats]:
        """Give both counts of each offer's beta law; the last ones are those of no offer."""
        a, b = self.fitted.prior
        return np.append(a + self.accepted, 1.0), np.append(b + self.shown - self.accepted, 1.0)

    @cached_property
    def beyond(self) -> tuple[Floats, Floats]:
        """Give what lies beyond acceptances of each offer's own, and how sure that is; the last one is of no offer."""
        told = [self.fitted.extras.get(str(offer), (0.0, 0.0)) for offer in self.decisions.ids.tolist()]
        mean, spread = np.array([*told, (0.0, 0.0)]).T
        return mean, spread

    @cached_property
    def extras(self) -> Floats:
        """Give what lies beyond acceptances of each offer, on average."""
        return np.asarray(self.beyond[0][:-1] + (self.fitted.shared or (0.0, 0.0))[0], dtype=np.float64)

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
        place = np.full(len(self.decisions), NO_OFFER, dtype=np.int64)
        for block in self.blocks():
            place[block] += self.best(block)
        rows = np.flatnonzero(place != NO_OFFER)
        said = np.zeros(len(place))
        said[rows] = self.likely[rows, place[rows]]
        return place, said

    def best(self, block: slice) -> Ints:
        """Give the place that is chosen at some decisions: 0 for no offer, else one more than the offer's."""
        values, drawn = np.zeros(self.places[block].shape, dtype=np.int64), self.drawn[block]
        values[self.places[block]] = [each for one in drawn for each in one.values]
        best = np.take_along_axis(self.worths(block), values[..., None], axis=2)[..., 0].argmax(axis=1)
        for row, one in enumerate(drawn):
            explored = explored_at(self.fitted.explore, one.share, len(one.sets))
            if explored is not None:
                best[row] = np.flatnonzero(self.places[block][row])[explored]
        return np.asarray(best, dtype=np.int64)


def wins(worth: Floats) -> Floats:
    """Give the share of all draws, one value of each place, in which each is worth most; of equals the first one is."""
    rows, places, values = worth.shape
    order = worth[:, ::-1].reshape(rows, -1).argsort(axis=1, kind="stable")
    place, share = places - 1 - order // values, np.ones(order.shape)
    for rival in range(places):
        is_rival = place == rival
        share *= np.where(is_rival, 1.0, is_rival.cumsum(axis=1) / values)
    sums = [np.where(place == each, share, 0.0).sum(axis=1) for each in range(places)]
    return np.asarray(np.column_stack(sums) / values, dtype=np.float64)


def beta_values(a: Floats, b: Floats, level: Floats) -> Floats:
    """Give values of many beta laws as the scorer gives those of one."""
    (c, s), (d, r) = ((1 - 1 / (9 * each), 1 / (3 * np.sqrt(each))) for each in (a, b))
    spread, rest = np.abs(level) * r, (d * s) ** 2 + (c * r) ** 2 - (level * s * r) ** 2
    is_known = d > spread
    root = np.maximum(c * d + level * np.sqrt(np.maximum(rest, 0.0)), 0.0) / np.where(is_known, d * d - spread**2, 1.0)
    part = a * root * root * root
    return np.where(is_known, part / (part + b), level > 0).astype(np.float64)


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
