"""From many features in a window, and many windows, to what lasts: Holm, then three of five (METHODS 4a)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.drift.findings import CHANGED, Finding

LAST = 5
ENOUGH = 3
IMPORTANT = 0.3  # share of the features' importance that makes the data drift as a whole


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Give p-values that hold for all features of a window together (Holm 1979); unknown ones (NaN) are not counted.

    >>> holm([0.01, 0.04, float("nan"), 0.03])
    array([0.03, 0.06,  nan, 0.06])
    """
    values = np.asarray(p, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    adjusted = np.full(values.shape, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)), 1.0)
    return adjusted


def lasting(windows: Iterable[Finding]) -> Finding:
    """Say what three of the last five decided windows agree on, oldest first; others neither count nor reset.

    A breach is a drift, too. Without agreement the newest window speaks where it was not decided.

    >>> lasting([Finding.DRIFT, Finding.OK, Finding.DRIFT, Finding.INSUFFICIENT, Finding.DRIFT]).value
    'drift'
    """
    findings = list(windows)
    recent = [finding for finding in findings if finding.is_decided][-LAST:]
    if recent.count(Finding.BREACH) >= ENOUGH:
        return Finding.BREACH
    if len(recent) - recent.count(Finding.OK) >= ENOUGH:
        return Finding.DRIFT
    if not findings or not findings[-1].is_decided:
        return findings[-1] if findings else Finding.NO_DATA
    return Finding.OK if len(recent) >= ENOUGH else Finding.INSUFFICIENT


def of_all_features(findings: Mapping[str, Finding], importance: Mapping[str, float]) -> Finding:
    """Say whether features that matter drift together; insufficient where those not decided could make it so."""
    total = sum(importance.get(name, 0.0) for name in findings)
    if not total > 0 or all(finding is Finding.NO_DATA for finding in findings.values()):
        return Finding.NO_DATA
    share = {name: importance.get(name, 0.0) / total for name in findings}
    drifted = sum(share[name] for name, found in findings.items() if found in CHANGED)
    unknown = sum(share[name] for name, found in findings.items() if not found.is_decided)
    if drifted >= IMPORTANT:
        return Finding.DRIFT
    return Finding.INSUFFICIENT if drifted + unknown >= IMPORTANT else Finding.OK
