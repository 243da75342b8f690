"""The figures at which the policy acts (METHODS 4e, 4f)."""

from __future__ import annotations

from datetime import timedelta

from pipelines.stats.inference import power

HARM = power.HARM_LIMIT
HARM_COMPARED = 2 * HARM  # where a test may end by its interval, too: both together spend what harm alone spends else
INTERVAL_ALPHA = 2 / HARM_COMPARED  # of the interval that ends a test, a half on each side
HARM_PER_GUARDRAIL = 40  # times the number of guardrails: together the other half
HARM_AT_PEAK = 20  # tells, and keeps from promotion; never acts by itself
HARM_IN_COOLDOWN = 1_000
NON_INFERIOR = power.NON_INFERIOR_LIMIT
UNBALANCED = 1_000  # of the sample ratio: no verdict either way
WEEKS = 9  # paired evidence cannot reach 40 in fewer
DEPENDENT = 0.5  # lag-1 correlation of weeks above which the e-value only alerts
WEEKS_TO_CORRELATE = 12  # on nine, weeks that are correlated by .7 pass that test 79 times of 100
COOLDOWN = timedelta(hours=24)
FRESH = timedelta(hours=26)  # a pull every 24 hours, and two hours for it to run
PROMOTIONS = 2  # to live by itself, in seven days
