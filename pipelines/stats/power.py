"""What a test can find and how long it takes, said before it starts (METHODS 4e). Standard library: pages call it.

Approximations, held against simulations of the exact tests in the tests of this module. An e-process that has to learn
its rates as it goes still ends about where the signed root of the log-likelihood ratio does: it reaches a limit L when
that root, normal around theta with sd 1, is above sqrt(2 ln L).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

CONTROL_SHARE = 0.5
POWER = 0.8
ALPHA = 0.05
HARM_LIMIT = 40.0
NON_INFERIOR_LIMIT = 20.0


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

    return _smallest(is_found, 0.0, 1.0) if is_found(1.0) else None


def harm_power(
    control_units: float, canary_units: float, rate: float, loss: float, *, limit: float = HARM_LIMIT
) -> float:
    """Give the probability that a relative loss is found within so many units.

    >>> round(harm_power(20_000, 20_000, rate=0.02, loss=0.2), 2)
    0.62
    """
    evidence = _evidence(control_units, rate, canary_units, (1 - loss) * rate, kept=1.0)
    return NormalDist().cdf(math.sqrt(2 * evidence) - math.sqrt(2 * math.log(limit)))


def expected_days(
    units_a_day: float, weight: float, rate: float, margin: float = 0.1, *, limit: float = NON_INFERIOR_LIMIT
) -> float:
    """Give the days after which two equally good versions are, one time in two, proven to be within the margin."""
    _check(units_a_day, weight, rate)
    if not 0 < margin < 1:
        raise ValueError(f"a margin is a share between 0 and 1, not {margin}")
    a_day = _evidence(CONTROL_SHARE * units_a_day, rate, weight * units_a_day, rate, kept=1 - margin)
    return math.log(limit) / a_day


def planned_units(
    rate: float, effect: float, *, weight: float = CONTROL_SHARE, power: float = POWER, alpha: float = ALPHA
) -> int:
    """Give the units of both arms at which an always-valid interval shows this relative effect with this power.

    >>> planned_units(rate=0.02, effect=0.2)
    80831
    """
    if not 0 < rate < 1 or not effect or not 0 < rate * (1 + effect) < 1:
        raise ValueError("a planned size needs a rate between 0 and 1, before and after an effect that is not 0")
    canary = weight / (weight + CONTROL_SHARE)
    changed = rate * (1 + effect)
    spread = rate * (1 - rate) / (1 - canary) + changed * (1 - changed) / canary
    reach = interval_reach(alpha) + NormalDist().inv_cdf(power)
    return math.ceil(spread * (reach / (rate * effect)) ** 2)


def interval_reach(alpha: float = ALPHA) -> float:
    """Give how many standard errors wide half an always-valid interval is at its planned size."""
    tail = -2 * math.log(alpha)
    spread = tail + math.log(tail + 1) + 1
    return math.sqrt(2 * spread / (spread - 1) * math.log(math.sqrt(spread) / alpha))


def _evidence(control_units: float, control: float, canary_units: float, canary: float, kept: float) -> float:
    """Give the expected log-likelihood ratio of these rates to the closest pair of the null (see sequential)."""
    units = control_units + canary_units
    orders = control_units * control + canary_units * canary
    middle = control_units * (1 + kept * control) + canary_units * (kept + canary)
    null = 2 * orders / (middle + math.sqrt(max(middle * middle - 4 * kept * units * orders, 0.0)))
    return control_units * _divergence(control, null) + canary_units * _divergence(canary, kept * null)


def _divergence(rate: float, null: float) -> float:
    """Give KL(rate || null) of two coins."""
    ordered = rate * math.log(rate / null) if rate > 0 else 0.0
    return ordered + (1 - rate) * math.log((1 - rate) / (1 - null))


def _smallest(is_enough: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _check(units_a_day: float, weight: float, rate: float) -> None:
    if not units_a_day > 0 or not 0 < weight <= CONTROL_SHARE or not 0 < rate < 1:
        raise ValueError(
            "this takes traffic, a share for the canary up to a half, and a rate of orders between 0 and 1"
        )
