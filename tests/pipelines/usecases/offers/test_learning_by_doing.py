"""A month of checkouts: each night is learned from what the policy itself showed, and a harmful offer is given up."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.usecases.contract import PARAMETERS, Frames
from pipelines.usecases.offers import model
from pipelines.usecases.offers.answering.scorer import score

FIRST, DAYS, A_DAY = date(2026, 5, 1), 24, 300
GOOD, HARMFUL = 1, 2
MARGINS = {GOOD: 1_700.0, HARMFUL: 1_000.0}  # of the whole order; without an offer it earns 2,000
TAKEN, WON = {0: 0.0, GOOD: 0.3, HARMFUL: 0.6}, {0: 0.0, GOOD: 0.04, HARMFUL: 0.005}  # of who orders anyway, of others
COLUMNS = ["unique_id", "ds", "visitor", "offer", "propensity", "eligible", "margins", "is_held_out"]
COLUMNS += ["accepted", "profit"]
OFFERS = pd.DataFrame(
    {"offer_id": [GOOD, HARMFUL], "kind": "code", "margin": list(MARGINS.values()), "is_live": 1, "since": pd.NaT}
)


def came_of(offer: int, rng: np.random.Generator) -> tuple[bool, float]:
    """Say whether an offer is accepted, and what the order earned."""
    would = rng.random() < 0.1
    accepts = rng.random() < (TAKEN if would else WON)[offer]
    return accepts, MARGINS[offer] if accepts else 2_000.0 * would


def learned(rows: list[tuple[object, ...]], day: date) -> dict[str, object]:
    """Learn in the night before a day; what came of the day before is not known yet."""
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"ds": "datetime64[s]", "accepted": float, "profit": float})
    table.loc[table["ds"] >= pd.Timestamp(day - timedelta(days=1)), ["accepted", "profit"]] = np.nan
    known = Frames({"decisions": table, "offers": OFFERS}, day - timedelta(days=1))
    return json.loads(model.dump(model.fit(known))[PARAMETERS])


def test_a_harmful_offer_is_given_up_and_a_good_one_is_shown() -> None:
    rng, rows, shown = np.random.default_rng(1), list[tuple[object, ...]](), []
    tally = {offer: [0, 0] for offer in MARGINS}
    for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
        parameters = learned(rows, day)
        for _ in range(A_DAY):
            number, answer = len(rows) + 1, {"offer": 0, "propensity": 1.0}
            is_held_out = rng.random() < 0.1
            if not is_held_out:
                told = [
                    {"id": offer, "margin": MARGINS[offer], "shown": times, "accepted": took}
                    for offer, (times, took) in tally.items()
                ]
                answer = score(parameters, {"decision": f"{rng.integers(2**62):032x}", "eligible": told})
                shown.append(answer["offer"])
            accepts, profit = came_of(answer["offer"], rng)
            if answer["offer"]:
                tally[answer["offer"]][0] += 1
                tally[answer["offer"]][1] += accepts
            chosen = (answer["offer"], answer["propensity"], "1,2", "1700,1000", is_held_out)
            rows.append((number, day, number, *chosen, float(accepts), profit))
    lately = np.array(shown[-5 * A_DAY :])
    assert (lately == HARMFUL).mean() < 0.06 and (lately == GOOD).mean() > 0.5
    assert tally[HARMFUL][0] < 0.12 * len(rows)
