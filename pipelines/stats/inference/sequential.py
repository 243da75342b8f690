"""E-values that may be read at any time: harm, non-inferiority, the sample ratio, betting on weeks (METHODS 4b, 4e).

Every function gives the natural log of the evidence after each block. With `group` (sorted whole numbers) many series
are worked through at once: estimates and products begin again with each group. Under its null an e-value reaches L
with probability 1/L at most, however often one looks (Ville's inequality).

Harm and non-inferiority are the two-sample e-variables of Turner, Ly & Grunwald (arXiv 2106.02693) with estimates from
past blocks only; strata that share no units multiply (arXiv 2302.11401). The ratio check is Lindon & Malek's
(arXiv 2011.03567), betting is Waudby-Smith & Ramdas' (arXiv 2010.09686).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from pipelines.stats.assignment import CONTROL_FROM

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Starts = NDArray[np.intp]

PRIOR_ORDERS, PRIOR_UNITS = 0.18, 0.36  # what an arm is taken to have seen before its first block
RATIO_PRIOR = 100.0  # units that speak for the expected ratio
STAKES = (0.1, 0.25, 0.5, 0.75)
LARGEST_LOG = 690.0  # e-values above are written as this much: JSON knows no infinity

_BELOW_ONE = math.nextafter(1.0, 0.0)


def harm_log_e(
    control_orders: ArrayLike,
    control_units: ArrayLike,
    canary_orders: ArrayLike,
    canary_units: ArrayLike,
    group: ArrayLike | None = None,
) -> Floats:
    """Weigh block by block the evidence that the canary converts worse than the control.

    A canary that sells nothing where 2 % do is found at the sixth block:

    >>> np.exp(harm_log_e([10] * 6, [500] * 6, [0] * 6, [50] * 6)).round(1)
    array([ 1. ,  2.2,  5.3, 13. , 32.5, 82.2])
    """
    blocks = _Blocks(control_orders, control_units, canary_orders, canary_units, group)
    control, canary = blocks.past_rates()
    return blocks.log_e(control, canary, bets=canary < control, kept=1.0)


def non_inferior_log_e(
    control_orders: ArrayLike,
    control_units: ArrayLike,
    canary_orders: ArrayLike,
    canary_units: ArrayLike,
    margin: float,
    group: ArrayLike | None = None,
) -> Floats:
    """Weigh block by block the evidence that the canary loses less than the margin, a share of the control's rate.

    The null says: its rate is (1 - margin) of the control's, or lower. While the past looks like that nothing is bet.
    """
    if not 0 <= margin < 1:
        raise ValueError(f"a margin is a share from 0 up to 1, not {margin}")
    blocks = _Blocks(control_orders, control_units, canary_orders, canary_units, group)
    control, canary = blocks.past_rates()
    return blocks.log_e(control, canary, bets=canary > (1 - margin) * control, kept=1 - margin)


def ratio_log_e(
    control_units: ArrayLike, canary_units: ArrayLike, weight: ArrayLike, group: ArrayLike | None = None
) -> Floats:
    """Weigh the evidence that units were not split as planned, canary to control as weight to 0.5.

    One group is one step of a release; its weight must not change within it.

    >>> float(np.exp(ratio_log_e([9500], [1150], weight=0.05)[0]).round(-5))
    4100000.0
    """
    control, canary = _counts(control_units, "units"), _counts(canary_units, "units")
    _same_length(control, canary)
    starts = _starts(group, len(control))
    share = _share(weight, len(control), starts)
    seen_control, seen_canary = _running(control, starts), _running(canary, starts)
    evidence = _beta_ratio(seen_canary, share) + _beta_ratio(seen_control, 1 - share)
    return evidence - _rising(np.float64(RATIO_PRIOR), seen_control + seen_canary)


def betting_log_e(x: ArrayLike, group: ArrayLike | None = None) -> Floats:
    """Weigh the evidence that the mean of values within [-1, 1] is above 0, whatever else their law is.

    >>> np.exp(betting_log_e([1.0, 1.0, -1.0])).round(3)
    array([1.4  , 2.021, 1.038])
    """
    values = _numbers(x, "values")
    if np.any(np.abs(values) > 1):
        raise ValueError("values must be clipped to [-1, 1] before they are bet on")
    starts = _starts(group, len(values))
    capital = np.stack([_running(np.log1p(stake * values), starts) for stake in STAKES])
    return np.asarray(np.logaddexp.reduce(capital, axis=0) - math.log(len(STAKES)), dtype=np.float64)


# What they stand at


def last(log_e: ArrayLike, group: ArrayLike | None = None) -> Floats:
    """Give what each group stands at after its last block, in the order of the groups.

    >>> last([0.1, 0.2, 0.0, 0.5], group=[7, 7, 9, 9])
    array([0.2, 0.5])
    """
    values = _numbers(log_e, "e-values")
    starts = _starts(group, len(values))
    return values[np.append(starts[1:], len(values)) - 1] if len(values) else values


def e_value(log_e: ArrayLike) -> Floats:
    """Give e-values that can be stored, however great the evidence is.

    >>> e_value([0.0, 1e9]).tolist() == [1.0, np.exp(LARGEST_LOG)]
    True
    """
    return np.asarray(np.exp(np.minimum(log_e, LARGEST_LOG)), dtype=np.float64)


# What the functions share


class _Blocks:
    """Hold checked counts of both arms, block by block."""

    def __init__(
        self,
        control_orders: ArrayLike,
        control_units: ArrayLike,
        canary_orders: ArrayLike,
        canary_units: ArrayLike,
        group: ArrayLike | None,
    ) -> None:
        self.control_orders, self.control_units = _arm(control_orders, control_units)
        self.canary_orders, self.canary_units = _arm(canary_orders, canary_units)
        _same_length(self.control_units, self.canary_units)
        self.starts = _starts(group, len(self.control_units))

    def past_rates(self) -> tuple[Floats, Floats]:
        """Estimate both rates from the blocks before each block."""
        return self._rate(self.control_orders, self.control_units), self._rate(self.canary_orders, self.canary_units)

    def log_e(self, control: Floats, canary: Floats, bets: Bools, kept: float) -> Floats:
        """Bet on these rates against the closest pair in which the canary keeps this share of the control's rate.

        Nothing is bet on a block that holds more units than an arm was seen with before it. Of two shoppers no rate is
        known, and what is bet on one by a busy hour after them is lost for good, whatever comes later.
        """
        null = closest_null(control, self.control_units, canary, self.canary_units, kept)
        factor = _log_ratio(self.control_orders, self.control_units, control, null)
        factor += _log_ratio(self.canary_orders, self.canary_units, canary, kept * null)
        is_known = self._is_known(self.control_units) & self._is_known(self.canary_units)
        return _running(np.where(bets & is_known, factor, 0.0), self.starts)

    def _is_known(self, units: Floats) -> Bools:
        before = self._before(units)
        return (before > 0) & (before >= units)

    def _rate(self, orders: Floats, units: Floats) -> Floats:
        return (self._before(orders) + PRIOR_ORDERS) / (self._before(units) + PRIOR_UNITS)

    def _before(self, counts: Floats) -> Floats:
        return _running(counts, self.starts) - counts


def closest_null(control: Floats, control_units: Floats, canary: Floats, canary_units: Floats, kept: float) -> Floats:
    """Give the a0 that minimises nA KL(a || a0) + nB KL(b || kept a0), the null's point closest to the rates a, b.

    Setting the derivative to zero leaves kept N a0^2 - (nA (1 + kept a) + nB (kept + b)) a0 + (nA a + nB b) = 0; its
    smaller root is the answer, written here so that nothing cancels. A block without units gives back the estimate.
    Where only the canary has units the root can reach 1, which a rate may not.
    """
    units = control_units + canary_units
    orders = control_units * control + canary_units * canary
    middle = control_units * (1 + kept * control) + canary_units * (kept + canary)
    inner = np.sqrt(np.maximum(middle * middle - 4 * kept * units * orders, 0.0))
    root = np.divide(2 * orders, middle + inner, out=control.copy(), where=units > 0)
    return np.minimum(root, _BELOW_ONE)


def _log_ratio(orders: Floats, units: Floats, rate: Floats, null: Floats) -> Floats:
    evidence: Floats = orders * np.log(rate / null) + (units - orders) * (np.log1p(-rate) - np.log1p(-null))
    return evidence


def _beta_ratio(seen: Floats, share: Floats) -> Floats:
    return _rising(RATIO_PRIOR * share, seen) - seen * np.log(share)


def _rising(prior: Floats | np.float64, seen: Floats) -> Floats:
    return np.asarray(gammaln(prior + seen) - gammaln(prior), dtype=np.float64)


def _share(weight: ArrayLike, length: int, starts: Starts) -> Floats:
    """Give the share of analysed units that the canary is expected to have."""
    weights = np.broadcast_to(_numbers(weight, "weights", ndim=None), (length,))
    if np.any((weights <= 0) | (weights > CONTROL_FROM)):
        raise ValueError(f"a canary takes a share above 0 and up to {CONTROL_FROM} of all units")
    changes = np.flatnonzero(weights[1:] != weights[:-1]) + 1
    if np.setdiff1d(changes, starts).size:
        raise ValueError("the weight may not change within one step")
    return weights / (weights + CONTROL_FROM)


def _arm(orders: ArrayLike, units: ArrayLike) -> tuple[Floats, Floats]:
    ordered, seen = _counts(orders, "orders"), _counts(units, "units")
    _same_length(ordered, seen)
    if np.any(ordered > seen):
        raise ValueError("a block cannot have more units with an order than units")
    return ordered, seen


def _counts(values: ArrayLike, what: str) -> Floats:
    numbers = _numbers(values, what)
    if np.any(numbers < 0):
        raise ValueError(f"{what} cannot be negative")
    return numbers


def _numbers(values: ArrayLike, what: str, ndim: int | None = 1) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    if ndim is not None and numbers.ndim != ndim:
        raise ValueError(f"{what} are a plain list, one number per block")
    if not np.all(np.isfinite(numbers)):
        raise ValueError(f"{what} must be known, finite numbers")
    return numbers


def _same_length(one: Floats, other: Floats) -> None:
    if len(one) != len(other):
        raise ValueError("every block needs a number of orders and units for both arms")


def _starts(group: ArrayLike | None, length: int) -> Starts:
    """Give where each group begins."""
    if group is None:
        return np.zeros(min(length, 1), dtype=np.intp)
    groups = np.asarray(group)
    if groups.shape != (length,):
        raise ValueError("every block belongs to one group")
    if np.any(groups[1:] < groups[:-1]):
        raise ValueError("groups must be sorted")
    return np.append(np.zeros(min(length, 1), dtype=np.intp), np.flatnonzero(groups[1:] != groups[:-1]) + 1)


def _running(values: Floats, starts: Starts) -> Floats:
    """Add up within each group."""
    total = np.cumsum(values)
    if len(starts) > 1:
        before = np.append(0.0, total[starts[1:] - 1])
        total -= np.repeat(before, np.diff(np.append(starts, len(values))))
    return total
