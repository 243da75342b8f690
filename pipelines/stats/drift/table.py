"""Judge every feature of a window against the reference, figures and names in one call (METHODS 4a)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.drift.feature import measured, read_pair, usable
from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.persistence import holm
from pipelines.stats.drift.schema import check
from pipelines.stats.drift.smirnov import ks_probability
from pipelines.stats.drift.windows import LEAST_ROWS

Ints = NDArray[np.int64]

ALPHA = 0.05  # for all features of a window together

COLUMNS = [
    "n", "m", "missing", "infinite", "unseen", "ks", "ks_p", "wasserstein", "wasserstein_sd", "jensen_shannon",
    "largest_gap", "chi_square", "psi", "threshold", "p", "holm_p", "problem", "finding", "bins",
]  # fmt: skip


def compare(
    reference: pd.DataFrame, current: pd.DataFrame, groups: ArrayLike | None = None, told_once: Sequence[str] = ()
) -> pd.DataFrame:
    """Compare each feature (column) of a window's rows with the reference's.

    Reads   reference, current: one column per feature; groups: the day, or week, of each row of the reference;
            told_once: features that one of several rows holds: the others lack nothing
    Writes  one row per feature (index) with COLUMNS. `psi` above `threshold` with `holm_p` decides, the other distances
            are to look at, as are its bins. What cannot be told is NaN, and its finding says so.
    """
    codes = None if groups is None else pd.factorize(np.asarray(groups))[0].astype(np.int64)
    names = [*reference.columns, *current.columns.difference(reference.columns)]
    sides = {name: _sides(reference.get(name), current.get(name), codes, name in told_once) for name in names}
    rows = [_row(old, new, _rows(old, reference), _rows(new, current), days) for old, new, days in sides.values()]
    table = pd.DataFrame(rows, index=pd.Index(names, name="feature"), columns=[*COLUMNS, "usable_m", "usable_n"])
    table["ks_p"] = ks_probability(table["ks"].astype(float), table.pop("usable_m"), table.pop("usable_n"))
    enough = table[["n", "m"]].min(axis=1) >= LEAST_ROWS
    table["holm_p"] = holm(table["p"].astype(float).where(enough))
    table["problem"] = pd.Series([row.get("problem") for row in rows], index=table.index, dtype=object)
    table["bins"] = pd.Series([row.get("bins") for row in rows], index=table.index, dtype=object)
    table["finding"] = pd.Series([_finding(row) for row in table.itertuples()], index=table.index, dtype=object)
    return table


def _sides(
    reference: pd.Series | None, current: pd.Series | None, codes: Ints | None, is_told_once: bool
) -> tuple[pd.Series | None, pd.Series | None, Ints | None]:
    """Give a feature on both sides and the days of the reference; of one that is told once, the rows that tell it."""
    if not is_told_once or reference is None or current is None:
        return reference, current, codes
    held = reference.notna().to_numpy()
    return reference[held], current.dropna(), None if codes is None else codes[held]


def _rows(column: pd.Series | None, side: pd.DataFrame) -> int:
    return len(side if column is None else column)


def _row(reference: pd.Series | None, current: pd.Series | None, m: int, n: int, codes: Ints | None) -> dict[str, Any]:
    if not m or not n:
        return {"m": m, "n": n, "usable_m": 0, "usable_n": 0}
    old, new = read_pair(reference, current, m, n)
    sizes = {"m": m, "n": n, "usable_m": usable(old), "usable_n": usable(new)}
    return sizes | asdict(check(old, new)) | measured(old, new, codes)


def _finding(row: Any) -> Finding:
    """Say what a row of the table means; a small window may break a schema, but it never shows that all is well."""
    if not row.n:
        return Finding.NO_DATA
    if row.problem is not None:
        return Finding.BREACH
    if np.isnan(row.holm_p):
        return Finding.INSUFFICIENT
    return Finding.DRIFT if row.holm_p <= ALPHA and row.psi >= row.threshold else Finding.OK
