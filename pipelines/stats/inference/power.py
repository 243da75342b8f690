"""What a test can find and how long it takes, said before it starts (METHODS 4e). Standard library: pages call it.

Approximations: the log of an e-value is taken as normal, with the mean and variance that its bets would have if they
knew both rates from the start, less what learning them costs (LEARNING). In simulations of the exact processes (rates
of 0.5 to 10 %, weights of 1 to 50 %, 848 cases) a loss that is found more often than not has its power within 0.12
where the canary would have 30 orders and more, within 0.07 from 60 on; smaller losses are found up to 0.15 more often
than said, and with 15 orders the power is off by up to 0.26 either way. Days are at most a third too many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

CONTROL_SHARE = 0.5
POWER = 0.8
HARM_LIMIT = 40  # e-value at which a version has done harm; half of the error budget of .05
NON_INFERIOR_LIMIT = 20
MIN_ORDERS = 100  # of each arm, before anything is said of a mean
HELD_OUT_PLANNED = 300_000  # units at which the range beside a hold-out is tightest
LEARNING = 1.7  # in log e, measured over rates of 0.5 to 10 % and weights of 1 to 50 %


def smallest_harm(
    units_a_day: float, weight: float, rate: float, days: float, *, power: float = POWER, limit: float = HARM_LIMIT
) -> float | None:
    """Give the smallest relative loss of orders that is found with this power, or nothing when not even a total one is.

    `units_a_day` are all units of the shop, of which the canary gets `weight` and the control half.
    """
    _check(units_a_day, weight, rate)
    control, canary = CONTROL_SHARE * units_a_day * days, weight * units_a_day * days

    def is_found(loss: float) -> bool:
        return harm_power(control, canary, rate, loss, limit=limit) >= power

    return _smallest(is_found) if is_found(1.0) else None


def days_until_shown(
    units_a_day: float, held_out: float, rate: float, effect: float = 0.1, *, alpha: float = 0.05
) -> float:
    """Give the days after which a relative effect on orders shows, one time in two, beside a share that is held out.

    The range of `held_out.interval` is then as wide as the effect, and both arms have the orders it asks for.

    >>> [round(days_until_shown(2_441, share, 0.033)) for share in (0.05, 0.2)]
    [236, 71]
    """
    if not (units_a_day > 0 and 0 < held_out < 1 and 0 < rate < 1 and effect > 0):
        raise ValueError("this takes traffic, a share that is held out, a rate of orders and an effect above 0")
    variance = (1 - rate) / rate / (held_out * (1 - held_out))  # of the relative difference, times the units

    def shows(days: float) -> bool:
        units = units_a_day * days
        return always_valid_factor(units, HELD_OUT_PLANNED, alpha) * math.sqrt(variance / units) <= effect

    least = MIN_ORDERS / (held_out * rate * units_a_day)
    longest = max(least, 1.0)
    while not shows(longest):
        longest *= 2
    low = least
    for _ in range(40):
        middle = (low + longest) / 2
        low, longest = (low, middle) if shows(middle) else (middle, longest)
    return longest


def units_per_arm(rate: float, effect: float) -> int:
    """Give the units of each arm that show a relative effect on a rate in four of five tests (Lehr 1992).

    >>> [round(units_per_arm(rate, 0.2), -2) for rate in (0.03, 0.1)]
    [12900, 3600]
    """
    if not (0 < rate < 1 and effect > 0):
        raise ValueError("this takes a rate between 0 and 1 and an effect above 0")
    return math.ceil(16 * rate * (1 - rate) / (rate * effect) ** 2)


def always_valid_factor(units: float, planned: float, alpha: float) -> float:
    """Give how many standard errors the always-valid interval reaches to either side, as `intervals` has it."""
    tail = -2 * math.log(alpha)
    spread = units * (tail + math.log(tail + 1)) / planned + 1
    return math.sqrt(2 * spread / (spread - 1) * math.log(math.sqrt(spread) / alpha))


def harm_power(
    control_units: float, canary_units: float, rate: float, loss: float, *, limit: float = HARM_LIMIT
) -> float:
    """Give the probability that a relative loss is found within so many units.

    >>> round(harm_power(20_000, 20_000, rate=0.02, loss=0.3), 2)
    0.88
    """
    if not (control_units > 0 and canary_units > 0):
        raise ValueError("nothing can be found without units in both arms")
    if not 0 < loss <= 1:
        raise ValueError(f"a loss is a share above 0 and up to 1, not {loss}")
    control, canary = _bets(control_units, rate, canary_units, (1 - loss) * rate, kept=1.0)
    mean = control_units * control.gain + canary_units * canary.gain
    variance = control_units * control.variance + canary_units * canary.variance
    return NormalDist().cdf((mean - math.log(limit) - LEARNING) / math.sqrt(variance))


def expected_days(
    units_a_day: float, weight: float, rate: float, margin: float = 0.1, *, limit: float = NON_INFERIOR_LIMIT
) -> float:
    """Give the days after which two equally good versions are, one time in two, proven to be within the margin."""
    _check(units_a_day, weight, rate)
    if not 0 < margin < 1:
        raise ValueError(f"a margin is a share between 0 and 1, not {margin}")
    control, canary = _bets(CONTROL_SHARE, rate, weight, rate, kept=1 - margin)
    gain_a_day = units_a_day * (CONTROL_SHARE * control.gain + weight * canary.gain)
    return (math.log(limit) + LEARNING) / gain_a_day


@dataclass(frozen=True)
class _Bet:
    """Hold what one unit adds to the log of the e-value: its mean and variance."""

    gain: float
    variance: float


def _bets(control_units: float, control: float, canary_units: float, canary: float, kept: float) -> tuple[_Bet, _Bet]:
    """Bet on both rates against the closest pair of the null, as `sequential.closest_null` finds it."""
    units = control_units + canary_units
    orders = control_units * control + canary_units * canary
    middle = control_units * (1 + kept * control) + canary_units * (kept + canary)
    null = 2 * orders / (middle + math.sqrt(max(middle * middle - 4 * kept * units * orders, 0.0)))
    return _bet(control, null), _bet(canary, kept * null)


def _bet(rate: float, null: float) -> _Bet:
    without = math.log((1 - rate) / (1 - null))
    if rate == 0:
        return _Bet(without, 0.0)
    ordered = math.log(rate / null)
    return _Bet(rate * ordered + (1 - rate) * without, rate * (1 - rate) * (ordered - without) ** 2)


def _smallest(is_enough: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _check(units_a_day: float, weight: float, rate: float) -> None:
    if not units_a_day > 0 or not 0 < weight <= CONTROL_SHARE or not 0 < rate < 1:
        raise ValueError(
            "this takes traffic, a share for the canary up to a half, and a rate of orders between 0 and 1"
        )
