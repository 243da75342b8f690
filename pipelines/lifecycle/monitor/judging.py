"""From counts to figures with ranges and verdicts: one row per figure of an hour."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.lifecycle.evidence import windows
from pipelines.lifecycle.monitor.answered import QUANTILES
from pipelines.lifecycle.monitor.counting import QUESTIONS
from pipelines.lifecycle.monitor.keep import KEY
from pipelines.stats import claims
from pipelines.strategies import Health
from pipelines.usecases import USE_CASES

Told = np.ndarray | str  # one of each row, or of all
CHANCE = windows.FALSE_BREACHES / 2
# What is counted of units, of which units, and which share is allowed.
COUNTED = {
    "error_share": ("failed", "units", windows.ERRORS_ALLOWED),
    "slow_share": ("slow", "units", windows.SLOW_ALLOWED),
    "fallback_share": ("fell_back", "units", windows.ERRORS_ALLOWED),
    "answered_share": ("missed", "units", windows.SLOW_ALLOWED),  # by the version that was meant to, in its time
    "availability": ("refused", "shown", windows.ERRORS_ALLOWED),  # what visitors had an answer of, however late
}
GOOD = ("answered_share", "availability")
NAMES = [QUESTIONS, *COUNTED, *QUANTILES]


def judged(found: pd.DataFrame) -> pd.DataFrame:
    """Work out every figure of hours in which something was asked.

    Reads   what `answered.figures` writes
    Writes  KEY | is_new | metric | n | value | low | high | verdict
    """
    shares = [share(found, metric) for metric in COUNTED]
    times = [quantile(found, metric) for metric in QUANTILES]
    return pd.concat([questions(found), *shares, *times], ignore_index=True)


def questions(found: pd.DataFrame) -> pd.DataFrame:
    """Give how much was asked, a number without a verdict."""
    unknown = np.full(len(found), np.nan)
    ranges = claims.Ranges(found["questions"].to_numpy(float), unknown, unknown)
    return row(found, QUESTIONS, found["units"], ranges, "")


def share(found: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Give a share of units; of what visitors did not see at all there is none."""
    hits, of, allowed = COUNTED[metric]
    count, n = found[hits].to_numpy(float), found[of].to_numpy(float)
    verdict = claims.of_shares(count, n, allowed, CHANCE, windows.SEVERE)
    ranges = claims.wilson(n - count if metric in GOOD else count, n)
    return row(found, metric, found[of], ranges, np.where(n > 0, verdict, claims.INSUFFICIENT))


def quantile(found: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Give a quantile of the times of answers; only the share that is allowed to be slow is held to the limit."""
    budgets = found["use_case"].map(lambda slug: 1000 * USE_CASES[slug].score_seconds).to_numpy(float)
    limit = np.where(1 - QUANTILES[metric] < windows.SLOW_ALLOWED - 1e-9, np.inf, budgets)
    ends = (found[name].to_numpy(float) for name in (metric, f"{metric}_low", f"{metric}_high"))
    ranges = claims.Ranges(*ends)
    return row(found, metric, found["timed"], ranges, claims.of_quantiles(ranges, limit))


def row(found: pd.DataFrame, metric: str, n: pd.Series, ranges: claims.Ranges, verdict: Told) -> pd.DataFrame:
    """Put a figure beside whose and when it is."""
    whose = found[[*KEY, "is_new"]]
    return whose.assign(metric=metric, n=n, value=ranges.value, low=ranges.low, high=ranges.high, verdict=verdict)


def silence(found: pd.DataFrame) -> pd.DataFrame:
    """Say of hours without a question whether that is missing data or quiet; there is no figure.

    Reads   what `answered.silent` writes
    Writes  as `judged`
    """
    is_missing = found["is_missed"].astype(bool) | (found["expected"] >= windows.LEAST_EXPECTED)
    verdict = np.where(is_missing, Health.NO_DATA.value, Health.QUIET.value)
    none = claims.Ranges(*np.full((3, len(found)), np.nan))
    nobody = pd.Series(0, index=found.index)
    return pd.concat([row(found.assign(is_new=True), metric, nobody, none, verdict) for metric in NAMES])
