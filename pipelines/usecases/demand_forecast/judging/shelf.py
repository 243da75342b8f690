"""The stock of a replay: what lies on the shelf, what is on its way, and how a policy would have filled both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.usecases.demand_forecast.ordering.policies import FloatArray, IntArray, Terms, Wish, rounded_order

GOLDEN = (5**0.5 - 1) / 2


class Shelf:
    """Stock on hand and on order of every variant, each with its own first day."""

    def __init__(self, on_hand: FloatArray, arriving: FloatArray, terms: Terms, starts: IntArray) -> None:
        self.on_hand, self.arriving, self.terms, self.starts = on_hand, arriving, terms, starts
        self.on_order = arriving.sum(axis=0)

    @classmethod
    def steady(
        cls, wishes: Mapping[int, tuple[IntArray, Wish]], per_day: FloatArray, terms: Terms, starts: IntArray
    ) -> Shelf:
        """Fill shelf and deliveries as a policy leaves them that has long ordered up to its first wish.

        A review's worth of sales is ordered at each review, and what is ordered within the lead time is on its way.
        """
        level = np.zeros(starts.size)
        for day in np.unique(starts):
            rows, wish = wishes[int(day)]
            here = starts[rows] == day
            level[rows[here]] = wish.order_up_to[here]
        ordered = np.rint(per_day * terms.review_days)
        arriving = np.zeros((int(terms.lead_time_days.max()) + 1, starts.size))
        reviews = -(-terms.lead_time_days // terms.review_days)
        for back in range(1, int(reviews.max(initial=0))):
            rows = np.flatnonzero(back < reviews)
            due = starts[rows] + terms.lead_time_days[rows] - back * terms.review_days[rows]
            arriving[due % len(arriving), rows] += ordered[rows]
        on_hand = np.maximum(level + _part_of_an_order(terms) - ordered * np.maximum(reviews, 1), 0.0)
        return cls(on_hand, arriving, terms, starts)

    def put(self, recorded: FloatArray) -> None:
        """Put what was recorded on the shelf, with nothing on its way; where that is not known nothing changes."""
        known = ~np.isnan(recorded)
        there = np.where(self.terms.continues, recorded, np.maximum(recorded, 0.0))
        self.on_hand = np.where(known, there, self.on_hand)
        self.on_order, self.arriving = np.where(known, 0.0, self.on_order), np.where(known, 0.0, self.arriving)

    def receive(self, day: int) -> None:
        """Put on the shelf what arrives today."""
        place = day % len(self.arriving)
        delivery = np.where(self.starts <= day, self.arriving[place], 0.0)
        self.on_hand += delivery
        self.on_order -= delivery
        self.arriving[place] -= delivery

    def order(self, day: int, rows: IntArray, wish: Wish) -> None:
        """Order what is missing, in whole packs."""
        ahead = (day + np.arange(len(self.arriving))) % len(self.arriving)
        need = wish.missing(self.on_hand[rows], self.arriving[ahead[:, None], rows])
        if np.isnan(need).any():
            raise ValueError(f"the policy gives no order on day {day}")
        units = rounded_order(need, self.terms.pack_size[rows], self.terms.minimum_order[rows])
        self.arriving[(day + self.terms.lead_time_days[rows]) % len(self.arriving), rows] += units
        self.on_order[rows] += units

    def sell(self, wanted: FloatArray) -> FloatArray:
        """Sell what is there, or owe it where selling goes on, and give what was wanted in vain."""
        sold = np.where(self.terms.continues, wanted, np.minimum(wanted, self.on_hand))
        self.on_hand -= sold
        return np.asarray(wanted - sold)

    def back_to_start(self, day: int, heirs: IntArray) -> None:
        """Begin again on each variant's first day, with the stock that its heir holds at the beginning of a day."""
        ahead, places = np.arange(len(self.arriving))[:, None], len(self.arriving)
        later = np.zeros_like(self.arriving)
        columns = np.arange(self.starts.size)
        later[(self.starts + ahead) % places, columns] = self.arriving[(day + ahead) % places, heirs]
        self.on_hand, self.on_order, self.arriving = self.on_hand[heirs], self.on_order[heirs], later


def alike(sold: FloatArray, terms: Terms) -> IntArray:
    """Give each variant another one that is ordered by the same rules and sells alike, the last one the first.

    `demand` holds days by variants. Sums whose roots differ by less than one cannot be told apart (Anscombe 1948).
    """
    rules = [terms.lead_time_days, terms.review_days, terms.pack_size, terms.minimum_order, terms.service_level]
    keys = np.column_stack([*rules, terms.continues, np.floor(np.sqrt(sold) / 2)])
    _, kind = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(kind, kind="stable")
    heirs = np.empty_like(order)
    for block in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1):
        heirs[block] = np.roll(block, 1)
    return heirs


def _part_of_an_order(terms: Terms) -> FloatArray:
    """Give what whole packs and smallest orders leave above the level, spread evenly from none to all of it.

    The position after a review lies evenly above the level (Hadley & Whitin 1963); shelves that were all filled on
    one day would run out in step.
    """
    most = np.maximum(terms.pack_size, terms.minimum_order).astype(np.float64)
    return np.floor(np.arange(1, most.size + 1) * GOLDEN % 1 * most)
