"""How much more is wanted for less: units go with (usual price / price) to a power, learned week by week.

Of a cut beyond 45 % half counts: what can be wanted runs out.

A power for the whole shop, for what was announced and what was not, and for each product type of both, each shrunk
towards the one before it and the shop's towards what is usual. Expected at the usual price is what a series sold over
eight weeks before, each day weighed by its own lift, at the pace of what was not discounted that week. Only days before
a week decide what is believed in it, so that the past reads the same from every origin.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Mask, Matrix

Vector = NDArray[np.float64]
USUAL = 1.9  # 1.3 times as much at 10 to 20 % off, 1.8 times at 20 to 30 %, 2.6 times at 30 to 50 % (METHODS 6)
SHOP_SPREAD, KIND_SPREAD, TYPE_SPREAD = 0.8, 0.8, 0.5  # how far powers lie from the one that they lean on
BURSTS = 4.0  # variance over mean of what sells on discounted days around what is expected
LEAST_POWER, MOST_POWER, MOST_LIFT = 0.0, 6.0, 12.0
DEEP, OF_DEEP = -float(np.log1p(-0.45)), 0.5  # the log from which on a further cut counts, and how much of it
WEEK, LOOK_BACK, LEAST_DAYS = 7, 8, 14.0  # weeks that the expected pace is read from, and days it needs of them
LEAST_PACE = 0.5  # a day: what sells less tells too seldom what it costs; what was announced is known anyway
FEW_UNITS = 50.0
STEP, STEPS = 0.08, 30  # of the logs of usual price over price
ROUNDS = 12


def lift_of(power: Vector | Matrix, log: Vector | Matrix) -> Vector | Matrix:
    """Give how many times as much sells.

    >>> [round(float(lift_of(USUAL, -np.log(1 - depth))), 1) for depth in (0.15, 0.25, 0.4)]
    [1.4, 1.7, 2.6]
    """
    return np.minimum(np.exp(power * felt(log)), MOST_LIFT)


def felt(log: Vector | Matrix) -> Vector | Matrix:
    """Give what of a cut counts: all of it to 45 % off, half of what goes beyond, since demand runs out.

    >>> np.round(1 - np.exp(-felt(-np.log(1 - np.array([0.2, 0.45, 0.6])))), 2).tolist()
    [0.2, 0.45, 0.53]
    """
    return log - OF_DEEP * np.maximum(log - DEEP, 0)


class Effects:
    """Collect what sold at a discount beside what was expected without, and read powers from it."""

    def __init__(self, types: int) -> None:
        self.shape = (2, types, STEPS)
        self.sold, self.expected, self.log = np.zeros(self.shape), np.zeros(self.shape), np.zeros(self.shape)

    def learn(self, cell: Ints, log: Vector, sold: Vector, expected: Vector) -> None:
        """Add discounted days; `cell` numbers announced or not, and the type."""
        place = cell * STEPS + np.minimum((log / STEP).astype(np.int64), STEPS - 1)
        for into, values in ((self.sold, sold), (self.expected, expected), (self.log, felt(log) * expected)):
            into += np.bincount(place, values, minlength=into.size).reshape(self.shape)

    def powers(self) -> Matrix:
        """Give the power of what was announced or not (rows) for each type (columns)."""
        shop = self._power(self._summed((0, 1)), np.full((1, 1), USUAL), SHOP_SPREAD)
        kind = self._power(self._summed((1,)), shop, KIND_SPREAD)
        return self._power((self.sold, self.expected, self.log), kind, TYPE_SPREAD)

    def _summed(self, axes: tuple[int, ...]) -> tuple[Vector, Vector, Vector]:
        sold, expected, log = (values.sum(axis=axes, keepdims=True) for values in (self.sold, self.expected, self.log))
        return sold, expected, log

    def _power(self, found: tuple[Vector, Vector, Vector], towards: Vector, spread: float) -> Vector:
        """Solve for the most likely power by Newton's steps, in every cell at once."""
        sold, expected, log = found
        x = np.divide(log, expected, out=np.zeros_like(log), where=expected > 0)
        power = np.broadcast_to(towards, sold.shape[:2]).copy()
        for _ in range(ROUNDS):
            said = expected * np.exp(power[..., None] * x)
            slope = (x * (sold - said)).sum(axis=-1) / BURSTS - (power - towards) / spread**2
            bend = (x * x * said).sum(axis=-1) / BURSTS + 1 / spread**2
            power = np.clip(power + np.clip(slope / bend, -1, 1), LEAST_POWER, MOST_POWER)
        return np.asarray(power)


def learn(
    y: Matrix, seen: Mask, log: Matrix, announced: Mask, teaches: Mask, kind: Ints
) -> Iterator[tuple[int, Matrix, Matrix]]:
    """Walk through the weeks: first day, powers believed in it, lift of its days; the last one has no days.

    `log` is the log of usual price over price, `kind` the number of each series' type. A discount that has held for
    longer than the pace looks back teaches nothing: it would be compared with itself.
    """
    types, n_days = int(kind.max(initial=0)) + 1, y.shape[1]
    effects = Effects(types)
    units, days, shop = np.zeros((LOOK_BACK, len(y))), np.zeros((LOOK_BACK, len(y))), np.zeros((LOOK_BACK, WEEK))
    for number, first in enumerate(range(0, n_days, WEEK)):
        part = slice(first, min(first + WEEK, n_days))
        powers, known, x = effects.powers(), seen[:, part], log[:, part]
        lift = lift_of(powers[announced[:, part].astype(np.int64), kind[:, None]], x)
        yield first, powers, lift
        sold, usual = np.where(known, y[:, part], 0).astype(np.float64), known * _rhythm(shop)[: lift.shape[1]]
        long, total = days.sum(axis=0), units.sum(axis=0)
        pace = np.divide(total, long, out=np.zeros(len(y)), where=long >= LEAST_DAYS)
        expected = pace[:, None] * usual
        expected *= _level(sold, expected, x == 0)
        told = announced[:, part]
        tells = teaches[:, part] & (told | (pace >= LEAST_PACE)[:, None])
        row, day = np.nonzero((x > 0) & known & (expected > 0) & tells)
        cell = told[row, day] * types + kind[row]
        effects.learn(cell, x[row, day].astype(np.float64), sold[row, day], expected[row, day])
        shop[number % LOOK_BACK, : lift.shape[1]] = (sold / lift).sum(axis=0)
        units[number % LOOK_BACK], days[number % LOOK_BACK] = sold.sum(axis=1), (usual * lift).sum(axis=1)
    yield n_days, effects.powers(), np.ones((len(y), 0))


def _rhythm(shop: Matrix) -> Vector:
    """Give what each weekday sold of an average one at usual prices, over the weeks before."""
    weekday = shop.sum(axis=0)
    return np.asarray(weekday / weekday.mean() if weekday.any() else np.ones(WEEK))


def _level(sold: Matrix, expected: Matrix, plain: Mask) -> float:
    """Give how the week sold at usual prices beside what was expected."""
    known = plain & (expected > 0)
    return float((sold[known].sum() + FEW_UNITS) / (expected[known].sum() + FEW_UNITS))
