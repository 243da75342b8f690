"""How likely a customer orders within a day, a week and four weeks: a logistic regression of a few weights for each.

It weighs how long ago the last order was beside what is usual for this customer, how far apart orders are, and how many
there were. Weights are learned on past days of the shop and drawn towards nought; customers are read anew each night.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipelines.stats.logistic import sigmoid, solve
from pipelines.usecases.contract import PARAMETERS, Frames, NotEnoughHistory, Progress, silent
from pipelines.usecases.repeat_orders.customers import Days, Floats, days_of, number_of
from pipelines.usecases.repeat_orders.past import Past, past_of

LEAST_DAYS = 56
HORIZONS = (1, 7, 28)
WEEK = 7
PENALTY = 1.0
LEAST = 1e-4  # nobody is told to be surer


@dataclass(frozen=True)
class Fitted:
    """What was learned: the weights of each horizon."""

    asof: date
    weights: dict[str, list[float]]

    def chances(self, known: pd.DataFrame, horizon: int) -> Floats:
        """Give how likely each of these customers orders within so many days."""
        return chances(known, np.array(self.weights[str(horizon)]))


def fit(frames: Frames, *, seed: int = 0, progress: Progress = silent) -> Fitted:
    """Learn from how customers stood on past days and who came; nothing is drawn, so the seed is not asked."""
    require_history(frames)
    days, weights = days_of(frames), {}
    for done, horizon in enumerate(HORIZONS):
        progress(done / len(HORIZONS), "Learning who orders again, and when")
        weights[str(horizon)] = learned(past_of(days, number_of(frames.asof), horizon))
    return Fitted(frames.asof, weights)


def require_history(frames: Frames) -> None:
    """Refuse a history that is too short, in words; orders that name no customer tell nothing."""
    days = days_of(frames)
    if days.rows.empty:
        raise NotEnoughHistory(
            "No order of yours names a customer yet. Shopify tells us of orders since the installation under a"
            f" pseudonym; {LEAST_DAYS} days of them are needed."
        )
    known = number_of(frames.asof) - days.first + 1
    if known < LEAST_DAYS:
        raise NotEnoughHistory(f"Orders that name a customer are known of {known} of the {LEAST_DAYS} days needed.")


def learned(past: Past) -> list[float]:
    """Find the weights; where nobody came, or everybody, the share stays short of certain."""
    came = past.came
    share = (came.sum() + 0.5) / (len(came) + 1)
    features = design(past.known)
    start = np.zeros(features.shape[1])
    start[0] = np.log(share / (1 - share))
    found = solve(features, came, np.ones(len(came)), start, np.full(len(start), PENALTY))
    return [float(weight) for weight in found]


def design(known: pd.DataFrame) -> Floats:
    """Give the numbers that are weighed, one row a customer; being overdue bends twice."""
    gap, orders = known["gap"].to_numpy(np.float64), np.log(known["orders"].to_numpy(np.float64))
    late = np.log1p(known["since"].to_numpy(np.float64)) - gap
    return np.column_stack(
        [np.ones(len(known)), late, gap, orders, np.maximum(late, 0.0), np.maximum(late - 1, 0.0)],
    )


def chances(known: pd.DataFrame, weights: Floats) -> Floats:
    """Give the chance of an order, one a row."""
    return np.asarray(np.clip(sigmoid(design(known) @ weights), LEAST, 1 - LEAST))


def predict(fitted: Fitted, frames: Frames) -> pd.DataFrame:
    """Say of each customer how likely an order comes within a week: unique_id | y_hat."""
    known = standing(days_of(frames), frames)
    return pd.DataFrame({"unique_id": known.index, "y_hat": fitted.chances(known, WEEK)})


def standing(days: Days, frames: Frames) -> pd.DataFrame:
    """Give the customers as they stand now."""
    return days.known_on(number_of(frames.asof))


def dump(fitted: Fitted) -> dict[str, bytes]:
    """Write the weights."""
    plain = asdict(fitted) | {"asof": fitted.asof.isoformat()}
    return {PARAMETERS: json.dumps(plain, sort_keys=True).encode()}


def load(files: Mapping[str, bytes]) -> Fitted:
    """Read the weights."""
    plain = json.loads(files[PARAMETERS])
    return Fitted(date.fromisoformat(plain["asof"]), plain["weights"])
