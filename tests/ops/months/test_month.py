"""A month in minutes: at which hours time stands still, when the app is done, and what is done for the merchant."""

from __future__ import annotations

import importlib.util
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from devstore.scenarios import SCENARIOS, What
from pipelines.ops.errors import ServiceError
from pipelines.ops.months import month, options

RUN = {"zone": "Europe/London", "began": "2027-03-27T00:00:00+00:00", "now": "2027-03-27T02:10:00+00:00"}


class TestTheHoursAtWhichTimeStandsStill:
    def test_are_those_of_the_shops_day_also_where_its_clock_changes(self) -> None:
        found = list(month.moments(RUN, 2))
        assert [f"{at:%d %H:%M %Z}" for at in found] == [
            "27 03:00 GMT", "27 13:00 GMT", "28 00:00 GMT", "28 03:00 BST", "28 13:00 BST", "29 00:00 BST",
        ]  # fmt: skip

    def test_begin_after_what_is_played(self) -> None:
        assert all(at > datetime.fromisoformat(RUN["now"]) for at in month.moments(RUN, 3))


class Queue:
    def __init__(self, waiting: int = 0, running: int = 0) -> None:
        self.waiting, self.running = waiting, running

    def llen(self, key: str) -> int:
        return self.waiting if key == "rq:queue:training" else 0

    def zcard(self, key: str) -> int:
        return self.running if key == "rq:wip:events" else 0


def a_month(queue: Queue, state: dict[str, Any], rows: dict[str, Any], approves: bool = True) -> month.Month:
    made = object.__new__(month.Month)
    made.queue, made.approves, made.done, made.acted, made.said = queue, approves, set(), 0, []
    made.say = made.said.append
    made.merchant = SimpleNamespace(look=lambda what: state)
    made.reader = SimpleNamespace(one=lambda query, *values: rows.get(query), all=lambda query: rows.get(query, []))
    return made


QUIET = {"faults": {}, "deliveries": {"delivered": 40}}


class TestTheAppIsDone:
    def test_when_nothing_waits_anywhere(self) -> None:
        quiet = a_month(Queue(), QUIET, {month.TO_DO: 0})
        assert not quiet.is_busy() and not quiet.has_more()

    @pytest.mark.parametrize("queue", [Queue(waiting=1), Queue(running=1)])
    def test_not_while_a_job_runs_or_waits(self, queue: Queue) -> None:
        assert a_month(queue, QUIET, {month.TO_DO: 0}).is_busy()

    @pytest.mark.parametrize(("deliveries", "left"), [({"waiting": 2}, 0), ({"delivered": 2}, 1)])
    def test_not_while_the_store_or_the_app_has_more(self, deliveries: dict[str, int], left: int) -> None:
        assert a_month(Queue(), {"faults": {}, "deliveries": deliveries}, {month.TO_DO: left}).has_more()

    def test_in_an_outage_nobody_waits_for_what_it_keeps(self) -> None:
        down = {"faults": {"5xx": 9}, "deliveries": {"waiting": 12}}
        assert not a_month(Queue(), down, {month.TO_DO: 3}).has_more()

    def test_only_after_its_clock_has_ticked(self) -> None:
        at = datetime.fromisoformat("2027-05-03T03:00:00+00:00")
        for slot, ticked in ((None, False), (at - timedelta(hours=3), False), (at - timedelta(seconds=30), True)):
            assert a_month(Queue(), QUIET, {month.TICKED: slot}).has_ticked(at) is ticked


class Page:
    """A release's page with its forms, and what was pressed."""

    def __init__(self, *actions: str) -> None:
        self.text = "".join(f'<form action="{each}"><input name="revision" value="3"></form>' for each in actions)
        self.pressed: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str) -> str:
        return self.text

    def post(self, path: str, fields: dict[str, str]) -> None:
        self.pressed.append((path, fields))


def test_approve_is_pressed_with_what_the_card_shows() -> None:
    page = Page("/releases/7/reject", "/releases/7/approve")
    month.approve(page, 7)
    assert page.pressed == [("/releases/7/approve", {"revision": "3"})]


def test_roll_back_is_pressed_with_its_word() -> None:
    page = Page("/roll-back/toy")
    month.go_back(page, 7, "toy")
    assert page.pressed == [("/roll-back/toy", {"revision": "3", "word": "roll back"})]


def test_a_form_is_sent_once_where_it_carries_what_is_said() -> None:
    switches = "".join(
        f'<form action="/offers/{number}/switch">'
        f'<input name="revision" value="3"><input name="is_live" value="{on}"></form>'
        for number, on in ((1, 1), (2, 0), (3, 1))
    )
    page = Page()
    page.text = switches + '<form action="/offers/new"></form>'
    month.send(page, "/conversion", r"/offers/\d+/switch", {"is_live": "1"})
    sent = {"revision": "3", "is_live": "1"}
    assert page.pressed == [("/offers/1/switch", sent), ("/offers/3/switch", sent)]


def test_a_form_is_sent_with_what_it_shows_but_for_what_is_said() -> None:
    page = Page()
    page.text = (
        '<form action="/settings"><input name="revision" value="3"><s-text-field name="train_at" value="03:00">'
        '</s-text-field><s-select name="strategy" value=""></s-select></form>'
    )
    month.send(page, "/settings", "/settings", {"strategy": "ab"})
    assert page.pressed == [("/settings", {"revision": "3", "train_at": "03:00", "strategy": "ab"})]


def test_of_forms_with_one_address_the_one_is_sent_that_carries_what_is_said() -> None:
    page = Page()
    page.text = "".join(
        f'<form action="/hold-out"><input name="use_case" value="{each}"><s-select name="percent" value="5"></s-select>'
        "</form>"
        for each in ("recommendations", "offers")
    )
    month.send(page, "/settings", "/hold-out", {"use_case": "recommendations", "percent": "10"})
    assert page.pressed == [("/hold-out", {"use_case": "recommendations", "percent": "10"})]


def test_what_the_scenario_has_the_merchant_do_is_done_once_and_on_its_day() -> None:
    page = Page("/offers/new")
    playing = a_month(Queue(), QUIET, {})
    playing.merchant = page
    acts = [{"page": "/offers/new", "form": "/offers/new", "fields": {"name": "Ten off"}, "has_begun": False}]
    for has_begun in (False, True, True):
        playing.act({"acts": [acts[0] | {"has_begun": has_begun}]})
    assert page.pressed == [("/offers/new", {"revision": "3", "name": "Ten off"})]


def test_a_campaign_is_named_once_when_it_begins_and_spoils_nothing() -> None:
    page, playing = Page(), a_month(Queue(), QUIET, {})
    playing.merchant = page
    campaign = {
        "what": "prices", "name": "Spring sale", "day": 9, "at": "2027-05-12T00:00:00+01:00",
        "until": "2027-05-17T00:00:00+01:00",
    }  # fmt: skip
    busy = campaign | {"what": "demand", "name": "", "day": 2, "has_begun": True}
    for has_begun in (False, True, True):
        playing.inject({"injected": [busy, campaign | {"has_begun": has_begun}]})
    days = {"first_day": "2027-05-12", "last_day": "2027-05-16"}
    assert page.pressed == [("/settings/events", {"name": "Spring sale", **days})] and not playing.is_spoilt


def test_a_bad_version_is_made_when_no_other_is_compared() -> None:
    rows: dict[str, Any] = {month.COMPARED: 7}
    playing, begun = a_month(Queue(), QUIET, rows), []
    playing.demo = SimpleNamespace(begin=lambda name, *made: begun.append(made), finish=lambda step, seconds: None)
    run = {"injected": [{"what": "model", "of": "recommendations", "day": 14, "size": 3.0, "has_begun": True}]}
    playing.inject(run)
    assert begun == [] and not playing.is_spoilt
    rows.clear()
    playing.inject(run)
    playing.inject(run)
    assert len(begun) == 1 and playing.is_spoilt


def test_someone_makes_each_bad_version_of_a_scenario() -> None:
    bad = [event.of for each in SCENARIOS.values() for event in each.events if event.what is What.MODEL]
    assert [month.maker(slug) for slug in bad] == [month.MAKER.format(slug) for slug in bad] != []
    assert all(importlib.util.find_spec(month.maker(slug)) for slug in bad)


@pytest.mark.parametrize("slug", ["", "visits", "../demand_forecast"])
def test_nobody_makes_one_of_what_is_no_family(slug: str) -> None:
    with pytest.raises(ServiceError, match="this installation has none"):
        month.maker(slug)


@pytest.mark.parametrize(("a_day", "granted"), [(400, [month.SHOWN]), (0, [])])
def test_where_visitors_are_played_the_merchant_lets_them_be_shown_something(a_day: int, granted: list[Any]) -> None:
    run = RUN | {"name": "calm", "title": "Calm", "day": 0.1, "days": 0, "injected": [], "acts": []}
    run |= {"visitors": {"a_day": a_day}}
    pulled: list[tuple[str, dict[str, Any]]] = []
    playing = a_month(Queue(), QUIET, {month.LIVE: 1}, approves=False)
    playing.merchant = SimpleNamespace(
        pull=lambda lever, **asked: pulled.append((lever, asked)) or run, look=lambda what: run
    )
    playing.reader.named = lambda query, **values: []
    assert playing.play("calm")["visitors"] == {"a_day": a_day}
    assert [asked["grant"] for lever, asked in pulled if lever == "scopes"] == granted


@pytest.mark.parametrize("a_day", [0, 400])
def test_time_stands_until_what_an_answer_and_what_visitors_began_is_done(a_day: int) -> None:
    queue, pulled = Queue(running=1), []
    playing = a_month(queue, QUIET, {month.TO_DO: 0, month.TICKED: datetime.fromisoformat("2027-05-04T03:00:00+00:00")})
    run = RUN | {"injected": [], "acts": [], "visitors": {"a_day": a_day}}

    def pull(lever: str, **asked: Any) -> dict[str, Any]:
        pulled.append((lever, queue.running))
        queue.running = int(lever == "visit")  # who comes begins jobs
        return run

    playing.merchant = SimpleNamespace(pull=pull, look=lambda what: QUIET)
    playing.reader.named = lambda query, **values: []
    playing.pause = lambda: setattr(queue, "running", 0)
    playing.step(datetime.fromisoformat("2027-05-04T03:00:00+00:00"))
    assert pulled == [("visit", 0), ("play", 0)]


def test_visitors_come_once_processes_have_loaded_what_was_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    at, did = datetime.fromisoformat("2027-05-04T03:00:00+00:00"), list[str]()
    monkeypatch.setattr(month.time, "sleep", lambda seconds: did.append("wait") if seconds == month.LOADED else None)
    playing = a_month(Queue(), QUIET, {month.TO_DO: 0, month.TICKED: at, month.ASKED: 7})
    run, page = RUN | {"injected": [], "acts": [], "visitors": {"a_day": 0}}, Page("/releases/7/approve")
    pull = lambda lever, **asked: did.append(lever) or run  # noqa: E731
    playing.merchant = SimpleNamespace(pull=pull, look=lambda what: QUIET, get=page.get, post=page.post)
    playing.reader.named = lambda query, **values: []
    playing.step(at)
    playing.step(at)
    assert did == ["visit", "play", "wait", "visit", "play"] and page.pressed


class TestScenarios:
    def test_are_the_stores_and_begin_when_they_say(self) -> None:
        assert {name: each.at for name, each in SCENARIOS.items()} == {name: options.begins(name) for name in SCENARIOS}
        assert options.BEGINS.keys() < SCENARIOS.keys()

    def test_begin_on_their_own_day_unless_told_otherwise_or_begun(self, tmp_path: Any) -> None:
        plain = {"at": None, "scenario": "black-friday"}
        assert options.begins_at(plain, tmp_path).date().isoformat() == "2027-11-08"
        assert options.begins_at({"at": None, "scenario": None}, tmp_path) is None
        asked = datetime.fromisoformat("2028-01-03T01:00:00+00:00")
        assert options.begins_at(plain | {"at": asked}, tmp_path) == asked
        (tmp_path / "clock").write_text("0")
        assert options.begins_at(plain, tmp_path) is None
