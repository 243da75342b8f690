"""A month of the development store's shoppers in memory: the harmful offer is caught in its budget, the good proven.

What shoppers do is the store's scenario; what they are shown is ours: what may be offered, the choice, what is learned
each week. Time, doors and rows are played through by `make smoke SCENARIO=offers`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from devstore.scenarios import GOOD, HARMFUL, PUSHY
from devstore.visiting.reacting import reaction
from pipelines.usecases.contract import PARAMETERS, Frames
from pipelines.usecases.offers import model
from pipelines.usecases.offers.answering.scorer import score
from pipelines.usecases.offers.decisions import decisions_of
from pipelines.usecases.offers.eligible.choosing import choose
from pipelines.usecases.offers.eligible.shelf import OnOffer, Shelf
from pipelines.usecases.offers.judging.added import added
from pipelines.usecases.tills import Cart, Line

FIRST, DAYS, A_DAY, HELD_OUT = date(2027, 5, 3), 28, 240, 0.2
BUDGET = 120_000  # minor units, of the harmful one
OFFERS = {1: GOOD, 2: HARMFUL, 3: PUSHY}
COLUMNS = ["unique_id", "ds", "visitor", "offer", "propensity", "eligible", "margins", "is_held_out"]
COLUMNS += ["accepted", "profit"]


@dataclass
class Month:
    """What was decided, and what it came to."""

    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    shown: Counter[int] = field(default_factory=Counter)
    accepted: Counter[int] = field(default_factory=Counter)
    spent: Counter[int] = field(default_factory=Counter)

    def shelf(self) -> Shelf:
        """Give the merchant's offers with what is left of them."""
        on_offer = (
            OnOffer(
                number,
                "code" if each.code else "message",
                cost_percent=float(each.percent),
                left_minor=BUDGET - self.spent[number] if number == 2 else None,
                shown=self.shown[number],
                accepted=self.accepted[number],
                code=each.code,
                message=each.message,
            )
            for number, each in OFFERS.items()
        )
        return Shelf("GBP", 0.5, tuple(on_offer))

    def frames(self, day: date) -> Frames:
        """Give what is known in the night before a day; of the day before nothing is."""
        table = pd.DataFrame(self.rows, columns=COLUMNS).astype({"ds": "datetime64[s]", "accepted": float})
        late = table["ds"] >= pd.Timestamp(day - timedelta(days=1))
        table["profit"] = table["profit"].astype(float)
        table.loc[late, ["accepted", "profit"]] = np.nan
        offers = pd.DataFrame({"offer_id": [*OFFERS], "kind": "code", "margin": 1_000.0, "is_live": 1, "since": pd.NaT})
        return Frames({"decisions": table, "offers": offers}, day - timedelta(days=1))

    def one(self, day: date, parameters: dict[str, Any]) -> None:
        """Let a shopper come to the checkout."""
        value, would = int(self.rng.lognormal(8.6, 0.5)), bool(self.rng.random() < 0.5)
        cart = Cart("GBP", value, (Line(None, None, 1, value),), None, datetime(2027, 5, 3, tzinfo=UTC))
        chosen, answer = choose(self.shelf(), cart), {"offer": 0, "propensity": 1.0}
        is_held_out = bool(self.rng.random() < HELD_OUT)
        if not is_held_out:
            answer = score(parameters, {"decision": f"{self.rng.integers(2**62):032x}", "eligible": chosen.eligible})
        offer = answer["offer"]
        accepts, earned = False, 0.5 * value * would
        if offer:
            appeal = OFFERS[offer]
            told = (
                {"kind": "code", "code": appeal.code} if appeal.code else {"kind": "message", "message": appeal.message}
            )
            came = reaction(told, appeal.percent, OFFERS.values(), 1.0, would, self.rng)
            accepts = came.accepts
            earned = (0.5 * value - accepts * appeal.percent / 100 * value) * came.buys
            self.shown[offer] += 1
            self.accepted[offer] += accepts
            self.spent[offer] += chosen.costs[offer] * accepts
        lists = [",".join(str(each[name]) for each in chosen.eligible) for name in ("id", "margin")]
        number = len(self.rows) + 1
        decided = (number, day, number, offer, answer["propensity"], *lists, is_held_out)
        self.rows.append((*decided, float(accepts), earned))


@pytest.fixture(scope="module")
def month() -> Month:
    played, parameters = Month(), {}
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        if number % 7 == 0:
            parameters = json.loads(model.dump(model.fit(played.frames(day)))[PARAMETERS])
        for _ in range(A_DAY):
            played.one(day, parameters)
    return played


def lately(month: Month) -> Counter[int]:
    return Counter(row[3] for row in month.rows[-7 * A_DAY :])


def told(month: Month, offer: int) -> dict[str, Any]:
    known = decisions_of(month.frames(FIRST + timedelta(days=DAYS + 1))).decisions
    return added(known, int(np.searchsorted(known.ids, offer)))


def test_the_harmful_offer_is_caught_within_its_budget(month: Month) -> None:
    assert month.spent[2] <= BUDGET
    assert lately(month)[2] < 0.05 * 7 * A_DAY and lately(month)[3] < 0.05 * 7 * A_DAY


def test_the_good_one_is_shown_and_proven(month: Month) -> None:
    assert lately(month)[1] > 0.5 * 7 * A_DAY
    found = told(month, 1)
    assert found["low"] > 0


def test_the_harmful_one_is_never_called_good(month: Month) -> None:
    assert all((told(month, offer)["low"] or 0) <= 0 for offer in (2, 3) if told(month, offer)["value"] is not None)
