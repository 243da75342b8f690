"""What showing something brings beside a small share that is shown nothing, with ranges that hold at every look.

The always-valid interval of `intervals`, but no arm has less spread than all units together: the held-out arm is small,
and an order is worth very different sums, so where it happens to order little its own spread looks small, too, and
ranges from own spreads claim gains that are none (measured: benchmarks/evidence/hold_outs.py). Shares of a hold-out are
strata; each is weighed by its shown units.
"""

from __future__ import annotations

import numpy as np

from pipelines.stats.inference import power
from pipelines.stats.inference.intervals import Estimate, Sums
from pipelines.stats.inference.significance import Interval

PLANNED = power.HELD_OUT_PLANNED  # the same for every share and shop, so that nobody can choose it by what was seen
MOST = 100  # times as much as the held out: nothing is said beyond


def difference(held_out: Sums, shown: Sums) -> Estimate | None:
    """Estimate what a unit brings more where it is shown something, stratum by stratum.

    >>> round(difference(Sums.of_orders([1_000], [20]), Sums.of_orders([19_000], [570])).value, 4)
    0.01
    """
    everybody = Sums.of(held_out.n + shown.n, held_out.total + shown.total, held_out.squares + shown.squares)
    both = (held_out.n > 0) & (shown.n > 0) & (everybody.n > 2)
    if not both.any():
        return None
    spread = (everybody.variance_of_mean * everybody.n)[both]
    variance = sum(np.fmax(arm.variance_of_mean[both], spread / arm.n[both]) for arm in (held_out, shown))
    weights = shown.n[both] / shown.n[both].sum()
    value = float(weights @ (shown.mean - held_out.mean)[both])
    return Estimate(value, float(np.sqrt(weights**2 @ variance)), float(everybody.n[both].sum()))


def interval(held_out: Sums, shown: Sums) -> Interval | None:
    """Give the difference with the range that holds the truth at all looks together, 19 of 20 times."""
    found = difference(held_out, shown)
    return found.interval(PLANNED) if found else None


def relative(more: Interval, brings: float) -> Interval:
    """Give a difference as a share of what the held out bring, where a shown unit brings so much.

    What is shown is known well, so what the held out bring is told as what is left: their own few orders below the
    line would make the range lopsided.

    >>> relative(Interval(0.5, -1.0, 2.0), brings=3.0)
    Interval(value=0.2, low=-0.25, high=2.0)
    """
    if not brings > 0:
        raise ValueError("nothing is a share of nothing")
    return Interval(*(each / max(brings - each, brings / MOST) for each in (more.value, more.low, more.high)))
