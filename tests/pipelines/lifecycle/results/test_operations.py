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
