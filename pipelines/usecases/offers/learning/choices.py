"""The scorer's choices for many decisions at once: the same values, compared by numpy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.usecases.offers.answering.scorer import (
    LEVELS,
    MIXED,
    SETS,
    VALUES,
    Drawn,
    accepted_values,
    drawn_by,
    explored_at,
    no_offer,
)
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, Ints, Mask
from pipelines.usecases.offers.fitted import Fitted, Weights

BLOCK = 500_000  # values at a time


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
        of_none, sets = self.sets[block, 0], self.sets[block, 1:]
        if self.odds is None:
            accepted = self.accepted_values[eligible, sets]
        else:
            mean, spread = (each[block][..., None] for each in self.odds)
            accepted = shares(mean + spread * np.array(LEVELS)[sets])
        worth = np.sort(margins[..., None] * accepted + self.beyond[eligible, sets], axis=2)
        worth = np.where(self.open[block][..., None], worth, -np.inf)
        nothing = np.array([no_offer(self.fitted.shared, each) for each in range(SETS)])
        return np.concatenate([nothing[of_none][:, None], worth], axis=1)

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
    def accepted_values(self) -> Floats:
        """Give the chances that each offer may have, of the sets that were drawn: offers × sets × values.

        The last one is that of no offer.
        """
        (a, b), found = self.fitted.prior, np.zeros((len(self.accepted) + 1, SETS, VALUES))
        drawn = np.unique(self.sets).tolist()
        pairs = zip((a + self.accepted).tolist(), (b + self.shown - self.accepted).tolist(), strict=True)
        for row, pair in enumerate(pairs):
            found[row, drawn] = [accepted_values(*pair, each) for each in drawn]
        return found

    @cached_property
    def beyond(self) -> Floats:
        """Give what may lie beyond acceptances of each offer's own: offers × sets × values; the last one is of none."""
        told = [self.fitted.extras.get(str(offer), (0.0, 0.0)) for offer in self.decisions.ids.tolist()]
        mean, spread = np.array([*told, (0.0, 0.0)]).T[..., None, None]
        return np.asarray(mean + spread * np.array(LEVELS)[:, MIXED], dtype=np.float64)

    @cached_property
    def extras(self) -> Floats:
        """Give what lies beyond acceptances of each offer, on average."""
        told = [self.fitted.extras.get(str(offer), (0.0, 0.0))[0] for offer in self.decisions.ids.tolist()]
        return np.array(told) + (self.fitted.shared or (0.0, 0.0))[0]

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
