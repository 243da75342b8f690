"""A use case that learns one number, so that the lifecycle is tested apart from any model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd

from pipelines.usecases.contract import (
    Frames,
    Gates,
    Limit,
    Metric,
    NotEnoughHistory,
    Output,
    PairedWeeks,
    Progress,
    Remembered,
    Soundness,
    UseCase,
    silent,
)
from pipelines.usecases.demand_forecast import USE_CASE as DEMAND

SLUG = "toy"


@dataclass
class Mood:
    """How the toy is to behave in a test."""

    rmsse: float = 0.8
    bias: float = 0.02
    verdict: str = "better"
    leaks: bool = False
    needs_days: int = 1
    fails: Exception | None = None
    on_fit: Callable[[], None] = lambda: None
    champions: list[Any] = field(default_factory=list)


mood = Mood()


@dataclass(frozen=True)
class Told:
    """A result that is stored as it is."""

    content: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.content


def seen(frames: Frames) -> pd.DataFrame:
    sales = frames["daily_sales"]
    return sales if mood.leaks else sales[sales["ds"] <= pd.Timestamp(frames.asof)]


def fit(frames: Frames, *, progress: Progress = silent, **recipe: Any) -> float:
    mood.on_fit()
    if mood.fails:
        raise mood.fails
    if seen(frames)["ds"].nunique() < mood.needs_days:
        raise NotEnoughHistory(f"Sales on {mood.needs_days} days are needed.")
    progress(0.5, "Half way")
    return float(seen(frames)["y"].sum())


def evaluate(frames: Frames, *, champion: float | None = None, **known: Any) -> Told:
    mood.champions.append(champion)
    figures = {"candidate": {"rmsse": mood.rmsse, "bias": mood.bias}, "seasonal_naive": {"rmsse": 1.0}}
    if champion is not None:
        figures["champion"] = {"rmsse": 0.8}
    by_origin = {who: [told["rmsse"]] * 2 for who, told in figures.items()}  # no chance explains a difference
    origins = [(frames.asof - timedelta(days=7)).isoformat()]
    return Told(figures | {"by_origin": {"all": by_origin}, "origins": origins, "horizon": 7})


def replay(frames: Frames, fitted: float, *, champion: float | None) -> Told:
    group = {"group": "All variants", "variants": 1, "profit": 100, "interval": [10, 190], "verdict": mood.verdict}
    versus = {"naive": [group]} | ({} if champion is None else {"champion": [group]})
    policies = {"champion": {"cost_of_errors": 1000}}
    return Told({"verdict": mood.verdict, "reason": "3 of 4 weeks", "versus": versus, "policies": policies})


def predict(fitted: float, frames: Frames) -> pd.DataFrame:
    sold = seen(frames).groupby("unique_id")["y"].sum().astype("float64")
    units = sorted({1, *sold.index})  # something is said before anything was sold
    return pd.DataFrame({"unique_id": units, "y_hat": sold.reindex(units, fill_value=0.0).to_numpy()})


def answer(fitted: float, frames: Frames) -> dict[str, pd.DataFrame]:
    return {"forecasts": pd.DataFrame({"variant_id": [], "mean": [], "dispersion": [], "model_error": []})}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "fit": fit,
    "predict": predict,
    "evaluate": evaluate,
    "replay": replay,
    "answer": answer,
    "judge": lambda rows, frames: Soundness(),
    "present": lambda evaluation, replay, **words: Told({"cards": []}),
    "dump": lambda fitted: {"number.json": json.dumps(fitted).encode()},
    "load": lambda files: json.loads(files["number.json"]),
}


class Toy(UseCase):
    """A use case whose functions stand in this file; what it has none of, it has from the demand forecast."""

    def function(self, name: str) -> Callable[..., Any]:
        where, _, function = name.partition(":")
        return FUNCTIONS[function] if where == "here" else DEMAND.function(name)


def here(*verbs: str) -> dict[str, str]:
    return {verb: f"here:{verb}" for verb in verbs}


TOY = Toy(
    slug=SLUG,
    title="Toy",
    needs=("daily_sales",),
    min_history=timedelta(days=1),
    unit="variant",
    serves="batch",
    reaches_shoppers=False,
    primary_metric=Metric("rmsse", lower_is_better=True),
    evidence=PairedWeeks("here:compare", "forecasts", DEMAND.evidence.reads),
    settings=DEMAND.settings,
    tested_with=DEMAND.tested_with,
    outputs=(Output("forecasts", "Forecast", "here:judge", Remembered()),),
    gates=Gates(
        "seasonal_naive", limits=(Limit("Bias", "bias", -0.1, 0.1, "{percent:.0f} % too {side}.", "Unknown."),)
    ),
    **here("fit", "predict", "evaluate", "replay", "answer", "dump", "load", "present"),
)
