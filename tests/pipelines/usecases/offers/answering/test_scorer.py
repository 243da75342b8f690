"""A shopper's answer is exact, repeatable and quick, and never an offer that earns nothing."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from pipelines.usecases.offers.answering import scorer
from pipelines.usecases.offers.answering.scorer import NONE, score

PLAIN: dict[str, Any] = {"prior": [1, 19], "explore": 0.05, "seed": 1, "shared": None, "extras": {}, "context": None}
EIGHT = [{"id": number, "margin": 300 + number, "shown": 500, "accepted": 20 + number} for number in range(1, 9)]


def asked(decision: int, eligible: list[dict[str, Any]] = EIGHT, **more: Any) -> dict[str, Any]:
    return {"decision": f"{decision:032x}", "eligible": eligible} | more


def chances(parameters: dict[str, Any], eligible: list[dict[str, Any]], decision: int = 0) -> list[float]:
    """Give the chance of no offer, and of each that is open, at a decision."""
    told = scorer.open_offers(eligible)
    worth = scorer.worths(parameters, {}, told, scorer.drawn_by(decision, len(told) + 1).sets)
    return [scorer.chance_of(parameters["explore"], worth, place) for place in range(len(worth))]


def test_the_same_decision_is_answered_alike_and_others_as_often_as_was_told() -> None:
    answers = [score(PLAIN, asked(number)) for number in range(3_000)]
    assert answers == [score(PLAIN, asked(number)) for number in range(3_000)]
    told = np.array([chances(PLAIN, EIGHT, number) for number in range(3_000)])
    offers = [answer["offer"] for answer in answers]
    assert [answer["propensity"] for answer in answers] == pytest.approx(told[np.arange(3_000), offers].tolist())
    for offer, times in Counter(offers).items():
        spread = math.sqrt((told[:, offer] * (1 - told[:, offer])).sum())
        assert times == pytest.approx(told[:, offer].sum(), abs=4 * spread)


def test_what_is_drawn_of_each_place_has_nothing_to_do_with_the_others() -> None:
    drawn = [scorer.drawn_by(number, 3) for number in range(2_000)]
    rows = [[each.share, *each.sets, *each.values] for each in drawn]
    values = np.array(rows) / [1, *[scorer.SETS] * 3, *[scorer.VALUES] * 3]
    assert values.min() >= 0 and values.max() < 1 and np.abs(values.mean(axis=0) - 0.5).max() < 0.03
    assert np.abs(np.corrcoef(values.T) - np.eye(7)).max() < 0.1


def test_what_seems_hopeless_is_still_tried() -> None:
    poor = [EIGHT[0] | {"shown": 9_000, "accepted": 1_350}, EIGHT[1] | {"shown": 25, "accepted": 1}]
    told = [chances(PLAIN | {"explore": 0.0}, poor, number)[2] for number in range(2_000)]
    assert np.mean(told) == pytest.approx(1 - beta.cdf(0.15 * 301 / 302, 2, 43), rel=0.4) and max(told) < 0.04


@pytest.mark.parametrize(
    "more", [{}, {"shared": [-15.0, 20.0]}, {"shared": [-15.0, 20.0], "extras": {"2": [3.0, 9.0]}}]
)
def test_the_chance_that_is_told_counts_every_draw(more: dict[str, Any]) -> None:
    worth = scorer.worths(PLAIN | more, {}, scorer.open_offers([EIGHT[0], EIGHT[1] | {"margin": 350}]), [0, 3, 7])
    most = Counter(values.index(max(values)) for values in itertools.product(*worth))
    assert [scorer.wins(worth, place) for place in range(3)] == [most[place] / scorer.VALUES**3 for place in range(3)]
    assert all([*each] == sorted(each) for each in worth)


def test_of_equals_the_first_counts_as_more_and_no_offer_before_all() -> None:
    alone = [-1.0, 0.0] + [1.0] * (scorer.VALUES - 2)
    assert scorer.wins([scorer.NOTHING, alone], 0) == 2 / scorer.VALUES
    assert [scorer.wins([scorer.NOTHING, scorer.NOTHING], place) for place in range(2)] == [1.0, 0.0]
    same = [EIGHT[0] | {"id": number} for number in (1, 2)]
    told = np.mean([chances(PLAIN, same, number) for number in range(1_000)], axis=0)
    assert told[1] == pytest.approx(told[2], abs=0.01)


@pytest.mark.parametrize(
    ("margins", "shared"),
    [((300, 310, 305, 320), None), ((900, 310, 200, 20), [-40.0, 25.0]), ((300, 300, 300, 300), [-30.0, 30.0])],
)
def test_chances_are_those_of_a_hundred_thousand_draws(margins: tuple[int, ...], shared: list[float] | None) -> None:
    counts = ((500, 25), (40, 2), (0, 0), (4_000, 260))
    offers = [
        {"id": place, "margin": margin, "shown": shown, "accepted": accepted}
        for place, (margin, (shown, accepted)) in enumerate(zip(margins, counts, strict=True), start=1)
    ]
    rng, level = np.random.default_rng(0), shared or [0.0, 0.0]
    none = -level[0] + level[1] * rng.standard_normal(100_000)
    drawn = [none] + [
        each["margin"] * rng.beta(1 + each["accepted"], 19 + each["shown"] - each["accepted"], size=100_000)
        for each in offers
    ]
    wanted = np.bincount(np.argmax(drawn, axis=0), minlength=5) / 100_000
    told = np.array([chances(PLAIN | {"explore": 0.0, "shared": shared}, offers, number) for number in range(400)])
    assert np.abs(told.mean(axis=0) - wanted).max() < 0.006 and np.abs(told - wanted).max() < 0.06


def test_the_order_in_which_offers_are_told_changes_nothing() -> None:
    assert score(PLAIN, asked(5, EIGHT[::-1])) == score(PLAIN, asked(5))


def test_what_is_likelier_to_be_accepted_or_earns_more_is_shown_more() -> None:
    two = [
        {"id": 1, "margin": 500, "shown": 900, "accepted": 90},
        {"id": 2, "margin": 500, "shown": 900, "accepted": 60},
    ]
    dear = [two[0], two[1] | {"margin": 900}]
    assert chances(PLAIN, two)[1] > 0.9 and chances(PLAIN, dear)[2] > 0.8


def test_one_that_nobody_has_seen_yet_is_tried() -> None:
    new = [EIGHT[0], {"id": 99, "margin": 300, "shown": 0, "accepted": 0}]
    assert chances(PLAIN, new)[2] > 0.1


def test_an_offer_that_costs_more_orders_than_it_brings_is_left_to_what_is_explored() -> None:
    harmful = PLAIN | {"shared": [-60.0, 5.0]}
    answer = score(harmful, asked(4, [EIGHT[0]]))
    assert answer == {"offer": 0, "propensity": pytest.approx(0.975), "score": 0.0}


def test_what_one_offer_has_of_its_own_counts_for_it_alone() -> None:
    own = PLAIN | {"extras": {"8": [-100.0, 1.0]}}
    with_it, without = (chances(each, EIGHT) for each in (own, PLAIN))
    assert with_it[8] == pytest.approx(0.05 / 9) and without[8] > 0.1


def test_it_takes_more_steps_where_it_looks_at_who_asks() -> None:
    known = {**PLAIN, "context": context()}
    assert scorer.steps(PLAIN) == scorer.PARTS * scorer.VALUES
    assert scorer.steps(known) > scorer.steps(PLAIN) + len(scorer.FEATURES) ** 2 / 2


def context() -> dict[str, Any]:
    """Weights by which phones like offer 1, and nobody else does."""
    size = len(scorer.FEATURES) + 1
    phone = scorer.FEATURES.index("phone") + 1
    root = [[0.0] * place + [0.01] for place in range(size)]
    mean = [[-2.0] + [0.0] * (size - 1) for _ in range(2)]
    mean[0][phone], mean[1][phone] = 2.0, -2.0
    offers = {str(offer): {"mean": mean[offer - 1], "root": root} for offer in (1, 2)}
    scales = [[0.0, 1.0] for _ in scorer.FEATURES]
    return {"scales": scales, "offers": offers, "new": {"mean": [-2.0] + [0.0] * (size - 1), "root": root}}


def test_who_asks_matters_where_that_was_learned() -> None:
    with_context, two = PLAIN | {"context": context(), "explore": 0.0}, [EIGHT[0], EIGHT[1]]
    phone, unknown = (
        score(with_context, asked(4, two, device="phone")),
        score(with_context, asked(4, two, device="fax")),
    )
    assert (phone["offer"], phone["propensity"]) == (1, 1.0) and phone["score"] == pytest.approx(0.5, abs=0.001)
    assert unknown["score"] == pytest.approx(0.119, abs=0.001)
    assert score(with_context, asked(4, [EIGHT[7]]))["score"] == pytest.approx(0.119, abs=0.001)  # a new one


def test_whatever_is_missing_or_strange_about_who_asks_is_usual() -> None:
    strange = {"value": "much", "units": -1, "device": [], "hour": None, "chance": 7, "is_returning": "yes", "more": {}}
    assert scorer.raw_features(strange) == [None] * len(scorer.FEATURES) == scorer.raw_features({})
    told = {"value": 9_999, "chance": 0.2, "is_returning": True, "device": "phone", "source": "ads", "hour": 6}
    assert sum(value is not None for value in scorer.raw_features(told | {"weekday": 6})) == 12


@pytest.mark.parametrize(
    "eligible",
    [
        None,
        "7",
        {},
        [],
        [7],
        [{"id": 7}],
        [{"id": 7, "margin": 0}],
        [{"id": 7, "margin": -5}],
        [{"id": "7", "margin": 5}],
        [{"id": 7, "margin": float("nan")}],
        [{"id": True, "margin": 5}],
        [{"id": -7, "margin": 5}],
        [{"id": 7, "margin": 5, "shown": 3, "accepted": 4}],
        [{"id": 7, "margin": 5, "shown": float("nan")}],
        [{"id": 7, "margin": float("inf")}],
        [{"id": 7, "margin": "5"}],
        [{"margin": 5}],
    ],
)
def test_a_bad_question_gives_no_offer(eligible: Any) -> None:
    assert score(PLAIN, {"decision": "0f", "eligible": eligible}) == NONE


@pytest.mark.parametrize("decision", [None, "", "no number", 7, []])
def test_without_a_number_of_the_decision_nothing_is_drawn(decision: Any) -> None:
    assert score(PLAIN, {"decision": decision, "eligible": EIGHT}) == NONE == score(PLAIN, {"eligible": EIGHT})


def test_an_offer_that_was_told_twice_counts_once_and_a_bad_one_leaves_the_others() -> None:
    bad = {"id": 9, "margin": -100, "shown": 0, "accepted": 0}
    assert score(PLAIN, asked(2, [*EIGHT, EIGHT[0], bad])) == score(PLAIN, asked(2))


offers_told = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(-2, 9),
            "margin": st.one_of(st.integers(-500, 5_000), st.floats(allow_nan=True)),
            "shown": st.integers(0, 10**6),
            "accepted": st.integers(0, 10**6),
        }
    ),
    max_size=8,
)


@given(eligible=offers_told, decision=st.integers(0, 2**128 - 1))
def test_whatever_is_told_the_chances_add_up_and_nothing_worthless_is_shown(
    eligible: list[dict[str, Any]], decision: int
) -> None:
    answer = score(PLAIN, {"decision": f"{decision:032x}", "eligible": eligible})
    open_then = scorer.open_offers(eligible)
    if answer["offer"]:
        assert {each.id: each.margin for each in open_then}[answer["offer"]] > 0
    least = PLAIN["explore"] / (len(open_then) + 1) if open_then else 1.0
    assert answer["propensity"] >= least - 1e-9 and 0 <= answer["score"] <= 1
    assert math.fsum(chances(PLAIN, eligible, decision)) == pytest.approx(1.0)


def test_the_values_are_those_of_a_beta_law() -> None:
    places = [(each, place) for place in range(scorer.VALUES) for each in range(scorer.SETS)]
    for a, b in ((1.0, 19.0), (2.0, 3.0), (40.0, 400.0)):
        values = [scorer.accepted_values(a, b, each)[place] for each, place in places]
        levels = [(place + 0.5) / len(values) for place in range(len(values))]
        assert beta.cdf(values, a, b) == pytest.approx(levels, abs=0.013) and values == sorted(values)
    odd = scorer.accepted_values(1.0, 0.5, 7)  # less than one of either kind: no law that was learned
    assert odd[-1] == 1.0 and [*odd] == sorted(odd)


def test_eight_offers_take_few_steps_of_arithmetic_and_values_are_made_once() -> None:
    score(PLAIN, asked(0))
    before = scorer.accepted_values.cache_info().misses
    score(PLAIN, asked(0, [each | {"margin": 200} for each in EIGHT]))
    assert scorer.accepted_values.cache_info().misses == before and scorer.steps(PLAIN) * len(EIGHT) <= 2_000


def test_an_offer_whose_counts_moved_has_other_values() -> None:
    few, many = ({"id": 7, "margin": 500, "shown": 9000, "accepted": accepted} for accepted in (9, 900))
    worth = [scorer.worth_of(PLAIN, {}, *scorer.open_offers([each]), 0) for each in (few, many, few)]
    assert worth[0] == worth[2] and 50 * sum(worth[0]) < sum(worth[1])
