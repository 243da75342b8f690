"""What the models are beside: a plain logistic regression, LightGBM with its defaults, and the running base rate.

The regression is scikit-learn's with its defaults (an L2 penalty of C = 1 on standardised columns), by scipy's L-BFGS.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from pipelines.usecases.conversion.learning.columns import Columns, Floats, Rows, column_of, names

Said = Callable[[Rows, Rows, Columns, int], Floats]
LATELY = 28  # days whose share is the running base rate


def base_rate(before: Rows, later: Rows, columns: Columns, seed: int) -> Floats:
    """Say the share of the last four weeks that were known, of everybody."""
    came = before.came[before.day > before.day.max() - LATELY]
    return np.full(len(later), (came.sum() + 0.5) / (len(came) + 1))


def logistic(before: Rows, later: Rows, columns: Columns, seed: int) -> Floats:
    """Say the chances of a plain logistic regression."""
    both = pd.concat([before.known, later.known], ignore_index=True)
    numbers = both[[*columns.amounts]].to_numpy(dtype=np.float64)
    dummies = pd.get_dummies(both[[*columns.names]].astype(str)).to_numpy(dtype=np.float64)
    design = np.column_stack([numbers, dummies])
    known = design[: len(before)]
    spread = known.std(axis=0)
    design = (design - known.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    known, came = design[: len(before)], before.came

    def loss(weights: Floats) -> tuple[float, Floats]:
        said = weights[0] + known @ weights[1:]
        wrong = 1 / (1 + np.exp(-said)) - came
        slope = np.append(wrong.sum(), known.T @ wrong + weights[1:])
        return float((np.logaddexp(0, said) - came * said).sum() + weights[1:] @ weights[1:] / 2), slope

    found = minimize(loss, np.zeros(design.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return np.asarray(1 / (1 + np.exp(-(found[0] + design[len(before) :] @ found[1:]))))


def lightgbm(before: Rows, later: Rows, columns: Columns, seed: int) -> Floats:
    """Say the chances of LightGBM as it comes."""
    import lightgbm as library

    coded = [matrix(rows, before, columns) for rows in (before, later)]
    places = [columns.all.index(key) for key in columns.names]
    data = library.Dataset(coded[0], before.came, categorical_feature=places, params={"verbose": -1})
    rules = {"objective": "binary", "verbose": -1, "seed": seed, "deterministic": True, "num_threads": 1}
    return np.asarray(library.train(rules, data, 100).predict(coded[1], num_threads=1))


def matrix(rows: Rows, before: Rows, columns: Columns) -> Floats:
    """Give the columns as numbers, names by their place among those that were there before."""
    table = []
    for key in columns.all:
        column = column_of(rows.known, key)
        if key in columns.names:
            known = {name: place for place, name in enumerate(sorted(set(names(column_of(before.known, key)))))}
            column = pd.Series(names(column), dtype=object).map(known)
        table.append(np.asarray(column, dtype=np.float64))
    return np.column_stack(table)


PLAIN: dict[str, Said] = {"base_rate": base_rate, "logistic": logistic, "lightgbm": lightgbm}
