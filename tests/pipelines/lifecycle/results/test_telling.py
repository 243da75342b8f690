"""Figures in words: differences with a direction, ranges, and never a number for what was not measured."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.results import telling


def claim(key, value, low, high, mark="proven", **changes):
    facts = {"about": "Model", "title": "Title", "how": "How.", "n": 28, "counted": "usual day"}
    facts |= {"key": key, "value": value, "low": low, "high": high, "mark": mark, "is_counted": True, "details": {}}
    return facts | changes


@pytest.mark.parametrize(
    ("key", "figures", "result", "range_"),
    [
        ("errors", (502_000, 264_000, 739_000), "£5,020 less", "£2,640 to £7,390 less"),
        ("errors", (-502_000, -739_000, 20_000), "£5,020 more", "£7,390 more to £200 less"),
        ("errors", (-502_000, -739_000, -264_000), "£5,020 more", "£2,640 to £7,390 more"),
        ("revenue", (89_000, -21_000, 199_000), "£890 more", "£210 less to £1,990 more"),
        ("rollback", (16_000, 4_000, 31_000), "£160 avoided", "£40 to £310 avoided"),
        ("rollback", (-16_000, -31_000, 4_000), "£160 given away", "£310 given away to £40 avoided"),
        ("accuracy", (0.25, 0.1, 0.4), "25\u00a0% smaller", "10\u00a0% to 40\u00a0% smaller"),
        ("orders", (-0.05, -0.08, 0.02), "5\u00a0% less", "8\u00a0% less to 2\u00a0% more"),
    ],
)
def test_each_kind_of_claim_has_its_words(key, figures, result, range_):
    line = telling.line(claim(key, *figures), "GBP")
    assert (line.result, line.range, line.counted) == (result, range_, "28 usual days")


def test_what_was_not_measured_has_a_dash_and_its_reason():
    line = telling.line(claim("errors", 5, None, None, mark="not_measured"), "GBP")
    assert (line.result, line.range, line.mark, line.how) == ("—", "", "Not measured", "How.")


@pytest.mark.parametrize(
    ("key", "mark", "high", "said", "costs_on"),
    [
        ("errors", "proven", 3, ("Proven", "success"), False),
        ("errors", "proven", -1, ("Costs you", "critical"), True),
        ("orders", "proven", -1, ("Fewer orders", "critical"), True),
        ("revenue", "suggestive", -1, ("Suggestive: costs you", "warning"), True),
        ("revenue", "suggestive", 3, ("Suggestive", "info"), False),
        ("rollback", "proven", -1, ("Cost you", "critical"), False),
        ("errors", "not_proven", 1, ("Not proven", ""), False),
    ],
)
def test_a_loss_reads_as_one_and_is_never_green(key, mark, high, said, costs_on):
    line = telling.line(claim(key, -2, -3 if high < 3 else 1, high, mark=mark), "GBP")
    assert ((line.mark, line.tone), line.costs_on) == (said, costs_on)


def test_each_key_says_what_its_loss_does():
    assert set(telling.LOSSES) == set(telling.SAYS)


def report(**changes):
    cost = {"hours": 2.5, "runs": 4, "minor": 10, "price": "0.04"}
    facts = {"currency": "GBP", "proven": None, "cost": cost, "claims": [], "verdict": "not_measured"}
    return facts | changes


@pytest.mark.parametrize(
    ("proven", "headline"),
    [
        (None, ("", "No money is proven for this month.")),
        (
            {"value": 518_000.0, "low": 280_000.0, "high": 756_000.0},
            ("£5,180", "proven, very likely between £2,800 and £7,560"),
        ),
        (
            {"value": -50_000.0, "low": -90_000.0, "high": -10_000.0},
            ("£500", "lost for certain, very likely between £100 and £900"),
        ),
    ],
)
def test_the_headline_is_what_is_proven_and_nothing_else(proven, headline):
    assert telling.headline(report(proven=proven)) == headline


def test_the_balance_sets_cost_beside_what_it_brought_and_names_what_it_does_not_know():
    proven = {"value": 518_000.0, "low": 280_000.0, "high": 756_000.0}
    rows = telling.balance(report(proven=proven, claims=[claim("errors", 518_000, 280_000, 756_000)]))
    assert [row[:2] for row in rows] == [
        ("Model: Title", "£5,180 less"),
        ("Proven in all", "£5,180"),
        ("Computing", "£0.10"),
        ("Price of your plan", "—"),
    ]
    assert "2.50 CPU hours: 2.50 in 4 trainings, at £0.04 an hour" in rows[2][2]


def test_what_computing_was_for_is_told_and_each_model_where_there_are_several():
    parts = [{"what": "training", "hours": 1.0, "times": 1}, {"what": "refresh", "hours": 0.5, "times": 31}]
    models = [
        {"title": title, "minor": 6, "hours": 1.5, "parts": parts if title != "Idle" else []}
        for title in ("One", "Other", "Idle")
    ]
    cost = {"hours": 3.0, "runs": 2, "minor": 12, "price": "0.04", "parts": parts, "models": models}
    rows = telling.balance(report(cost=cost))
    said = "1.00 in 1 training, 0.50 in 31 refreshes of answers"
    assert rows[0] == ("Computing", "£0.12", f"3.00 CPU hours: {said}, at £0.04 an hour. Pages are not counted.")
    assert rows[1:3] == [("Computing, One", "£0.06", said), ("Computing, Other", "£0.06", said)]
    assert rows[3][0] == "Price of your plan"
    alone = telling.balance(report(cost=cost | {"models": models[1:]}))
    assert [row[0] for row in alone] == ["Computing", "Price of your plan"]


def test_without_a_price_only_hours_are_told():
    rows = telling.balance(report(cost={"hours": 1, "runs": 1, "minor": None, "price": None}))
    assert rows[0][1] == "—" and "nobody named a price in GBP" in rows[0][2]
