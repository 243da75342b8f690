"""A shopper's answer is exact, repeatable and quick, and never an offer that earns nothing."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.offers.answering import scorer
from pipelines.usecases.offers.answering.scorer import NONE, score

PLAIN: dict[str, Any] = {"prior": [1, 19], "explore": 0.05, "seed": 1, "shared": None, "extras": {}, "context": None}
EIGHT = [{"id": number, "margin": 300 + number, "shown": 500, "accepted": 20 + number} for number in range(1, 9)]


def asked(decision: int, eligible: list[dict[str, Any]] = EIGHT, **more: Any) -> dict[str, Any]:
    return {"decision": f"{decision:032x}", "eligible": eligible} | more


def test_the_same_decision_is_answered_alike_and_others_as_often_as_was_told() -> None:
    answers = [score(PLAIN, asked(number)) for number in range(3_000)]
    assert answers == [score(PLAIN, asked(number)) for number in range(3_000)]
    for turn in range(scorer.SETS):
        mine = answers[turn :: scorer.SETS]
        told = {answer["offer"]: answer["propensity"] for answer in mine}
        times = Counter(answer["offer"] for answer in mine)
        assert {answer["propensity"] for answer in mine} == {*told.values()}  # one chance for each
        for offer, chance in told.items():
            assert times[offer] / len(mine) == pytest.approx(chance, abs=5 * math.sqrt(chance / len(mine)))


def test_the_sets_of_draws_say_nearly_the_same() -> None:
    each = [scorer.chances_of(PLAIN, {}, scorer.open_offers(EIGHT), turn) for turn in range(scorer.SETS)]
    assert len({tuple(chances) for chances in each}) > 1
    for first, *others in zip(*each, strict=True):
        assert all(abs(other - first) < 0.12 for other in others)


def test_the_order_in_which_offers_are_told_changes_nothing() -> None:
    assert score(PLAIN, asked(5, EIGHT[::-1])) == score(PLAIN, asked(5))


def test_what_is_likelier_to_be_accepted_or_earns_more_is_shown_more() -> None:
    two = [
        {"id": 1, "margin": 500, "shown": 900, "accepted": 90},
        {"id": 2, "margin": 500, "shown": 900, "accepted": 60},
    ]
    dear = [two[0], two[1] | {"margin": 900}]
    chances = [scorer.chances_of(PLAIN, {}, scorer.open_offers(each), 0) for each in (two, dear)]
    assert chances[0][0] > 0.9 and chances[1][1] > 0.8


def test_one_that_nobody_has_seen_yet_is_tried() -> None:
    new = [EIGHT[0], {"id": 99, "margin": 300, "shown": 0, "accepted": 0}]
    assert scorer.chances_of(PLAIN, {}, scorer.open_offers(new), 0)[1] > 0.1


def test_an_offer_that_costs_more_orders_than_it_brings_is_left_to_what_is_explored() -> None:
    harmful = PLAIN | {"shared": [-60.0, 5.0]}
    answer = score(harmful, asked(3, [EIGHT[0]]))
    assert answer == {"offer": 0, "propensity": pytest.approx(0.975), "score": 0.0}


def test_what_one_offer_has_of_its_own_counts_for_it_alone() -> None:
    own = PLAIN | {"extras": {"8": [-100.0, 1.0]}}
    with_it, without = (scorer.chances_of(each, {}, scorer.open_offers(EIGHT), 0) for each in (own, PLAIN))
    assert with_it[7] == pytest.approx(0.05 / 9) and without[7] > 0.1


def test_it_takes_more_steps_where_it_looks_at_who_asks() -> None:
    known = {**PLAIN, "context": context()}
    assert scorer.steps(PLAIN) == scorer.PARTS * scorer.DRAWS
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
    chances = scorer.chances_of(PLAIN, {}, open_then, decision % scorer.SETS)
    if answer["offer"]:
        assert {each.id: each.margin for each in open_then}[answer["offer"]] > 0
    least = PLAIN["explore"] / (len(open_then) + 1) if open_then else 1.0
    assert answer["propensity"] >= least - 1e-9 and 0 <= answer["score"] <= 1
    assert math.fsum(chances) + (scorer.none_of(PLAIN, chances) if open_then else 1.0) == pytest.approx(1.0)


def test_the_draws_are_those_of_a_beta_law() -> None:
    first, second, _ = scorer.fixed_draws(3, 7, 0)
    for a, b in ((1.0, 19.0), (40.0, 400.0)):
        drawn = scorer.beta_draws(a, b, first, second)
        mean, variance = a / (a + b), a * b / (a + b) ** 2 / (a + b + 1)
        assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.03)
        assert sum((each - mean) ** 2 for each in drawn) / len(drawn) == pytest.approx(variance, rel=0.1)


def test_eight_offers_take_a_few_thousand_steps_of_arithmetic_and_draws_are_made_once() -> None:
    score(PLAIN, asked(0))
    made = (scorer.fixed_draws, scorer.accepted_draws)
    before = [each.cache_info().misses for each in made]
    score(PLAIN, asked(scorer.SETS))
    assert [each.cache_info().misses for each in made] == before and scorer.DRAWS * len(EIGHT) <= 2_048


def test_an_offer_whose_counts_moved_is_drawn_anew() -> None:
    few, many = ({"id": 7, "margin": 500, "shown": 9000, "accepted": accepted} for accepted in (9, 900))
    drawn = [scorer.draws_of(PLAIN, {}, *scorer.open_offers([each]), 0) for each in (few, many, few)]
    assert drawn[0] == drawn[2] and 50 * sum(drawn[0]) < sum(drawn[1])
