"""The simple rule: how long ago somebody ordered, beside what usually lies between two orders of the shop."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.usecases.repeat_orders.customers import Floats
from pipelines.usecases.repeat_orders.past import Past

TIMES = np.array([0.25, 0.5, 1, 2, 4, 8, 16])  # of the usual days between two orders
PRIOR = 5.0  # customers with the share of all, beside those who stood like that


def said(known: pd.DataFrame, past: Past) -> Floats:
    """Give the share of those who stood like each of these customers in the past, and came."""
    place, came = group_of(past.known), past.came
    usual = (came.sum() + 0.5) / (len(came) + 1)
    size = np.bincount(place, minlength=len(TIMES) + 1)
    orders = np.bincount(place, came, minlength=len(TIMES) + 1)
    return np.asarray(((orders + PRIOR * usual) / (size + PRIOR))[group_of(known)])


def group_of(known: pd.DataFrame) -> np.ndarray:
    """Sort customers by how many times the usual days have passed."""
    return np.digitize((known["since"] + 1) / known["usual"], TIMES)
