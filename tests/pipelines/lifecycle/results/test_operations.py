"""How the machine did, in rows: shares with what they are of, dashes where nobody measured."""

from __future__ import annotations

from pipelines.lifecycle.results import operations

ALARMS = {"opened": 2, "open": 1, "unfounded": 1, "others": 0, "models": 1, "budget": 0.0213}


def model(**changes):
    facts = {"title": "Model", "is_asked": True, "answered_days": None, "drifts": 0, "decays": 1}
    shares = dict.fromkeys(("availability", "answered_share", "fallback_share"))
    return facts | shares | changes


def rows(*models, stale=0):
    report = {"uptime": {"models": models, "stale_minutes": stale}, "alarms": ALARMS}
    return {what: (figure, of) for what, figure, of in operations.rows(report)}


def test_a_door_tells_its_shares_with_the_visits_that_they_are_of():
    found = rows(model(availability={"value": 0.9987, "n": 12_400}))
    assert found["Model: Visitors who got an answer"] == ("99.9\u00a0%", "of 12,400 visits, hour by hour")
    assert found["Model: Answered by the simple rule instead"] == ("—", "not measured")


def test_a_door_tells_the_hours_in_which_nothing_was_heard_of_it():
    what = "Model: Nothing heard where visitors should have asked"
    assert rows(model(silent_hours=[2, 700]))[what] == ("2 hours", "of 700 in which somebody asked or should have")
    assert rows(model())[what] == ("—", "not measured")


def test_who_answers_daily_tells_days():
    found = rows(model(is_asked=False, answered_days=[30, 31]))
    assert found["Model: days with a sound answer"] == ("30 of 31", "days measured")
    assert rows(model(is_asked=False))["Model: days with a sound answer"] == ("—", "not measured")


def test_stale_data_is_minutes_or_not_known():
    assert rows(stale=95)["Data too old to act on"] == ("95 minutes", "older than 26 hours")
    assert rows(stale=None)["Data too old to act on"][0] == "—"


def test_false_alarms_stand_beside_their_budget():
    found = rows(model())
    assert found["Alarms with nothing behind them"] == ("1 alarm", "at most 0.02 a month were to be expected")
    assert found["Model: decay"][0] == "1 version" and found["Model: drift"][0] == "0 features"


def test_what_nobody_watched_has_no_count():
    found = rows(model(drifts=None, decays=None))
    assert found["Model: drift"] == found["Model: decay"] == ("—", "not measured")


def test_releases_are_told_with_their_number_and_nothing_without():
    figures = {"a_week": {"value": 0.23, "n": 3}, "lead_seconds": {"value": 259_200, "n": 3}}
    figures |= {"failed_share": {"value": 1 / 3, "n": 3}, "restore_seconds": {"value": None, "n": 0}}
    assert operations.delivery(figures) == [
        ("Versions that went live", "0.2 a week", "of 3 versions in 90 days"),
        ("From the data to live", "3 days", "of 3 versions in 90 days"),
        ("Versions that were taken back", "33\u00a0%", "of 3 versions in 90 days"),
        ("From first shown to taken back", "—", "none in 90 days"),
    ]


def test_28_days_are_told_beside_the_simple_rule_and_a_report_of_before_knows_none():
    found = {"title": "Model", "simple_rule": "the same days of last week", "units": "variants", "n": 1200}
    found |= {"first": "2026-09-28", "last": "2026-10-25", "value": 0.234, "rule": 0.31}
    less = {"value": 0.12, "low": 0.04, "high": 0.2, "n": 25, "p_value": 0.01}
    told = {what: (figure, of) for what, figure, of in operations.near({"near": [found | {"less": less}]})}
    of = "of what happened from 28\u00a0Sep to 25\u00a0Oct, each of 1,200 variants"
    assert told["Model: error of 28 days in all"] == ("23.4\u00a0%", of)
    assert told["Model: the same, the same days of last week"] == ("31.0\u00a0%", of)
    figure, ground = told["Model: missed less, day by day"]
    assert figure == "12.0\u00a0%" and ground.startswith("4.0\u00a0% to 20.0\u00a0% (19 of 20 times")
    *_, (_, unknown, why) = operations.near({"near": [found | {"less": None}]})
    assert (unknown, why) == ("—", "too few days could be judged")
    assert operations.near({}) == []
