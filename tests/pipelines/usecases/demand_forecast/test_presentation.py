"""A version is told in money first, with its range, and never more firmly than it was measured."""

import json
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.judging.replay_result import Difference, PolicyCost, Replay
from pipelines.usecases.demand_forecast.presentation import present

WEEKS = 12


@dataclass
class Evaluation:
    """Figures as an evaluation stores them."""

    figures: dict

    def as_dict(self):
        return self.figures


RULE = {"simple_rule": "moving_average", "simple_rule_words": "the average of the last four weeks"}
MEASURED = Evaluation(
    {
        "candidate": {"rmsse": 0.78, "wape28": 0.42, "bias": 0.031},
        "moving_average": {"rmsse": 1.0, "wape28": 0.56, "bias": 0.0},
        "seasonal_naive": {"rmsse": 2.0, "wape28": 0.9, "bias": 0.0},
    }
    | RULE
)
NOTHING = Evaluation({})


def outcome(too_little, holding, markdown=0.0, weekly=0.0):
    """Make one policy's money."""
    return PolicyCost(np.full(WEEKS, weekly), 900.0, 100.0, too_little, holding, markdown, 0.0)


def a_replay(
    *,
    mine=(284_000.0, 199_000.0),
    other=(348_000.0, 243_000.0),
    interval=(41_000.0, 174_000.0),
    groups=(),
    rival="naive",
    history_days=400,
    weeks=WEEKS,
    **more,
):
    """Make a replay with these costs of too little and too much stock."""
    profit = sum(other) - sum(mine)
    outcomes = {"candidate": outcome(*mine, weekly=profit / WEEKS), "naive": outcome(*other), rival: outcome(*other)}
    total = Difference("All variants", 412, profit, interval)
    versus = {rival: (total, *groups), "naive": (total, *groups)}
    facts = {"variants": 412, "left_out": 0, "imputed_share": 0.0} | more
    return Replay(date(2026, 8, 31), weeks, history_days, outcomes, versus, **facts)


def cards(replay, evaluation=MEASURED, currency="GBP"):
    """Present, and give the cards by name."""
    page = present(evaluation, replay, currency=currency)
    return page, {card.name: card for card in page.cards}


def test_the_headline_is_money_with_its_range_and_what_it_was_measured_on():
    page, card = cards(a_replay())
    headline = card["headline"]
    assert headline.big == "£1,080 less"
    assert headline.aside == "cost of ordering mistakes than with the best simple rule, on your last 12 weeks"
    assert headline.sentences[0] == "Very likely (19 of 20 times) between £410 and £1,740 less."
    assert headline.sentences[1].endswith("same 412 variants on your own sales, 31\u00a0Aug to 22\u00a0Nov.")
    assert headline.heading == "Use this version for all variants?"
    assert page.badge.words == "Proven"


def test_no_difference_is_said_as_one_and_not_drawn():
    page, card = cards(a_replay(other=(284_000.0, 199_000.0)))
    assert f"{card['headline'].big} {card['headline'].aside}".startswith(
        "no difference in cost of ordering mistakes to the best simple rule"
    )
    assert page.figure is None


def test_a_range_that_includes_zero_is_not_proven():
    page, card = cards(a_replay(interval=(-20_000.0, 174_000.0)))
    assert page.badge.words == "Not proven" and card["headline"].heading.startswith("Not proven. ")
    assert card["headline"].sentences[0] == (
        "Not proven: the range includes zero. Very likely (19 of 20 times) between £1,740 less and £200 more."
    )
    assert card["if_wrong"].sentences[0] == (
        "At the cautious end of the range it costs £200 more in 12 weeks than the best simple rule."
    )


def test_thin_history_is_never_proven():
    page, card = cards(a_replay(history_days=60))
    assert page.badge.words == "Not proven"
    assert (
        card["headline"].sentences[0].startswith("Not proven: 60 days of sales are thin evidence, a proof needs 140.")
    )


def test_few_variants_are_never_proven():
    page, card = cards(a_replay(variants=99))
    assert page.badge.words == "Not proven" and card["headline"].heading.startswith("Not proven. ")
    assert card["headline"].sentences[0] == (
        "Not proven: 99 variants are thin evidence, a proof needs 100. "
        "Very likely (19 of 20 times) between £410 and £1,740 less."
    )
    assert cards(a_replay(variants=100))[0].badge.words == "Proven"


def test_what_costs_more_says_so():
    page, card = cards(a_replay(mine=(400_000.0, 243_000.0), interval=(-90_000.0, -20_000.0)))
    assert page.badge.words == "Costs more" and card["headline"].big == "£520 more"
    assert card["headline"].sentences[0].endswith("between £200 and £900 more.")


def test_too_few_weeks_are_not_measured():
    empty = Replay(date(2026, 8, 31), 4, 60, {}, {}, 12, 0, 0.0, "A replay of 8 weeks needs 112 days.")
    page, card = cards(empty)
    assert page.badge.words == "Not measured" and page.figure is None and not card["headline"].big
    assert card["headline"].sentences[0] == "Not measured: A replay of 8 weeks needs 112 days."
    assert card["if_wrong"].sentences[0] == "Nothing tells yet whether it orders better than the best simple rule."


def test_a_replay_of_nothing_has_words_too():
    empty = Replay(date(2026, 8, 31), 0, 30, {}, {}, 0, 5, 0.0, "A replay of 8 weeks needs 112 days.")
    page, card = cards(empty, NOTHING)
    assert card["headline"].heading == "Not measured" and "parts" not in card and "method" not in card
    json.dumps(page.as_dict())


def test_against_a_live_version_the_simple_rule_is_not_named():
    _, card = cards(a_replay(rival="champion"))
    told = json.dumps([card["headline"].sentences, card["headline"].aside, card["parts"].table.head])
    assert "the live version" in told and "simple rule" not in told


def test_what_was_left_out_and_filled_in_is_said():
    _, card = cards(a_replay(left_out=5, imputed_share=0.031))
    told = " ".join(card["headline"].sentences)
    assert "On 3\u00a0% of days there was no stock" in told and "5 variants left out" in told


@given(st.lists(st.floats(0, 3e6), min_size=4, max_size=4), st.sampled_from(["GBP", "JPY", "KWD"]))
@example([11.7, 1.0, 2554.7, 7936.4], "GBP")  # parts under a hundred, their total over it
def test_the_parts_shown_add_up_in_every_row_and_column(costs, currency):
    replay = a_replay(mine=(costs[0], costs[1]), other=(costs[2], costs[3]))
    _, card = cards(replay, currency=currency)

    def amount(text):
        number = float("".join(letter for letter in text if letter in "0123456789."))
        return 0.0 if text == "no difference" else -number if text.endswith("more") else number

    rows = [[amount(text.replace("no difference", "0")) for text in row[1:]] for row in card["parts"].table.rows]
    for other, mine, saved in rows:
        assert other - mine == pytest.approx(saved)
    for little, much, total in zip(*rows, strict=True):
        assert little + much == pytest.approx(total)
    assert card["headline"].big == card["parts"].table.rows[-1][-1]


def test_what_is_saved_in_all_is_rounded_as_everywhere_else():
    _, card = cards(a_replay(mine=(1_000_050.0, 1_000_050.0), other=(1_500_049.0, 1_500_049.0)))
    assert card["parts"].table.rows[-1][-1] == card["headline"].big == "£10,000 less"


def groups():
    """A total's groups, of which one may lose."""
    return (
        Difference("Best-sellers", 40, 69_000.0, (18_000.0, 119_000.0)),
        Difference("New products", 18, -6_000.0, (-21_000.0, 9_000.0)),
        Difference("Steady sellers", 170, 35_000.0, (4_000.0, 66_000.0)),
    )


def test_the_worst_group_stands_right_under_the_total():
    _, card = cards(a_replay(groups=groups()))
    rows = card["groups"].table.rows
    assert [row[0] for row in rows] == ["All variants", "New products", "Best-sellers", "Steady sellers"]
    assert rows[1] == ("New products", "18", "Worst group", "£60 more", "£90 less to £210 more")
    assert card["groups"].heading == "New products are the only group that may get worse"
    assert len(card["groups"].drawings) == 1 + len(rows)


def test_when_no_group_may_lose_none_is_called_worst():
    _, card = cards(a_replay(groups=groups()[::2]))
    assert card["groups"].heading == "No group gets worse"
    assert {row[2] for row in card["groups"].table.rows} == {"Better"}


def test_the_weeks_are_drawn_and_their_message_counts_them():
    page, _ = cards(a_replay())
    assert page.figure.title == "It would have cost less in 12 of 12 weeks"
    assert len(page.figure.table_rows) == 12 and "£1,080 less" in page.figure.svg


def test_errors_are_told_in_plain_words():
    _, card = cards(a_replay())
    assert card["method"].sentences == (
        "Errors per day are 22\u00a0% smaller than those of the best simple rule.",
        "Errors of the 28-day total are 25\u00a0% smaller than those of the best simple rule.",
        "The best simple rule on these weeks: the average of the last four weeks.",
        "In all, forecasts were 3.1\u00a0% too high.",
    )
    worse = Evaluation(
        {"candidate": {"rmsse": 1.1, "wape28": None, "bias": -0.001}, "moving_average": {"rmsse": 1.0}} | RULE
    )
    assert cards(a_replay(), worse)[1]["method"].sentences == (
        "Errors per day are 10\u00a0% larger than those of the best simple rule.",
        "The best simple rule on these weeks: the average of the last four weeks.",
        "In all, forecasts were neither too high nor too low.",
    )


def test_every_page_is_plain_json():
    page, _ = cards(a_replay(groups=groups()))
    stored = json.loads(json.dumps(page.as_dict()))
    assert [card["name"] for card in stored["cards"]] == ["headline", "parts", "groups", "if_wrong", "undo", "method"]
    assert stored["figure"]["svg"].startswith("<svg")


# One variant
