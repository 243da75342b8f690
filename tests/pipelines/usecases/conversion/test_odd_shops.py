"""Shops as nobody expects them are learned from, judged, presented and answered without a fault or a warning."""

import json
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import PARAMETERS
from pipelines.usecases.conversion import model, scorer
from pipelines.usecases.conversion.judging.evaluation import evaluate
from pipelines.usecases.conversion.moments import COLUMNS, questions
from pipelines.usecases.conversion.presentation import present
from tests.pipelines.usecases.conversion import shop

Change = Callable[[pd.DataFrame], pd.DataFrame]
NONE_ORDER = "of visits ended in an order: nobody bought, or orders do not reach us."
ODD: dict[str, tuple[Change, str]] = {
    "labels that never come": (lambda told: told.assign(waited=np.nan), NONE_ORDER),
    "a history of one class, who orders": (
        lambda told: told.assign(waited=0.1),
        "who does not buy cannot be told yet.",
    ),
    "no visits": (lambda told: told[told["of"] == "checkout"], "No visit is known yet (that needs the web pixel)"),
    "checkouts and orders alone": (
        lambda told: told[told["of"] == "checkout"].assign(
            **dict.fromkeys(("events", "pages", "products", "minutes", "adds", "carts"), np.nan),
            device=None,
            source=None,
        ),
        "No visit is known yet (that needs the web pixel)",
    ),
    "no checkouts": (lambda told: told[told["of"] == "session"], "No checkout is known yet"),
    "three moments": (lambda told: pd.concat([told.head(1), told.tail(2)]), "usual in other shops"),
    "of young moments alone the outcome": (
        lambda told: told.assign(at=told["at"].max(), waited=np.nan),
        "Of no visit is it known yet whether an order came",
    ),
    "nothing but NaN": (
        lambda told: told.assign(**dict.fromkeys(COLUMNS.amounts, np.nan), **dict.fromkeys(COLUMNS.names, np.nan)),
        "Only",
    ),
    "columns that are not there": (lambda told: told[["unique_id", "ds", "at", "of", "events", "waited"]], "Only"),
    "words where numbers stand": (lambda told: told.assign(value="dear", minutes="long", hour="noon"), "Only"),
    "endless amounts": (lambda told: told.assign(value=np.inf, minutes=-np.inf, lines=1e308), "Only"),
    "times that are not known": (lambda told: told.assign(at=told["at"].where(told.index % 3 > 0)), "Only"),
    "a feature constant since yesterday": (
        lambda told: told.assign(pages=told["pages"].where(told["ds"] < told["ds"].max() - pd.Timedelta(days=2), 4)),
        "“Pages seen” has been the same for all visits of the last 3 days",
    ),
    "each moment twice": (lambda told: pd.concat([told, told]), "usual in other shops"),
    "a day without anything": (lambda told: told[told["ds"].dt.day % 5 > 0], "Only"),
    "orders before their moments": (lambda told: told.assign(waited=-told["waited"]), NONE_ORDER),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_shop_gets_chances_and_a_sentence(name: str) -> None:
    change, sentence = ODD[name]
    frames = shop.of(change(shop.frames(28, 25)["moments"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = model.fit(frames, seed=1)
        said = model.predict(fitted, frames)["y_hat"]
        figures = evaluate(frames, champion=fitted, seed=1)
        page = present(figures, None, currency="GBP").as_dict()
    assert said.between(0, 1, inclusive="neither").all() and len(said) == len(frames["moments"])
    assert any(sentence in told for told in fitted.notices), fitted.notices
    assert json.dumps(page, allow_nan=False) and json.dumps(figures.as_dict(), allow_nan=False)
    parameters = json.loads(model.dump(fitted)[PARAMETERS])
    asked = [scorer.score(parameters, question)["score"] for question in questions(frames)]
    assert asked == pytest.approx(said.tolist(), rel=0, abs=1e-9)


def test_a_shop_without_pixel_still_learns_who_finishes_a_checkout() -> None:
    told = shop.frames(40, 120)["moments"]
    told = told[told["of"] == "checkout"].assign(has_discount=lambda rows: (rows["waited"] <= 24).astype(int))
    random = np.random.default_rng(0)
    told["has_discount"] = np.where(
        random.random(len(told)) < 0.6, told["has_discount"], random.integers(0, 2, len(told))
    )
    fitted = model.fit(shop.of(told))
    assert fitted.heads["checkout"].linear["amounts"]["has_discount"]["weight"] > 0.5
    parameters = json.loads(model.dump(fitted)[PARAMETERS])
    few, many = (scorer.score(parameters, {"of": "checkout", "has_discount": each})["score"] for each in (0, 1))
    assert few < many
    assert scorer.score(parameters, {"of": "session", "events": 1})["score"] == pytest.approx(0.018, abs=0.01)
