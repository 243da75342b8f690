"""A question with our pass is answered in time, whatever is missing; and who saw what is written down."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.endpoints import appending, webhooks
from pipelines.endpoints.answering import memory, scoring
from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.evidence import answers
from pipelines.models import (
    Approval,
    Deployment,
    Exposure,
    HoldOutSight,
    ModelVersion,
    PredictionLog,
    Release,
    Shop,
    UnloggedAnswers,
)
from pipelines.stats import assignment
from pipelines.strategies import Step
from pipelines.usecases import USE_CASES
from tests import exposing, holding_out, waiting
from tests.exposing import SLUG
from tests.pipelines.endpoints.answering import answering_use_case, asking
from tests.pipelines.endpoints.answering.answering_use_case import SAFE
from tests.pipelines.endpoints.answering.asking import Door, Said, a_canary, runs

pytestmark = pytest.mark.django_db(transaction=True)
door, quick, does = asking.door, asking.quick, asking.does
VISITORS = [f"visitor-{number}" for number in range(40)]
Does = Callable[[Any], None]


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


def log() -> list[tuple[Any, ...]]:
    return list(PredictionLog.objects.order_by("pk").values_list("version_id", "arm", "outcome", "reason"))


def fell_back(door: Door, shop: Shop, said: Said, outcome: str, reason: str) -> bool:
    """Tell whether the safe default was the answer, and the log says why."""
    door.written()
    assert (said.status, said.told["answer"], said.told["outcome"]) == (200, SAFE, outcome)
    return log()[-1][2:] == (outcome, reason)


@contextmanager
def hanging(does: Does, unless: str = "") -> Iterator[list[str]]:
    """Let versions hang until the end, but for one; give the list of those that ended."""
    end, ended = threading.Event(), []

    def hang(parameters: Any, question: Any) -> Any:
        if parameters["greeting"] != unless:
            end.wait()
            ended.append(parameters["greeting"])
        return parameters

    does(hang)
    try:
        yield ended
    finally:
        end.set()


class TestAnswering:
    def test_the_version_that_runs_answers_what_was_asked(self, door: Door, shop: Shop) -> None:
        version = runs(shop)
        door.warm(shop)
        said = door.ask(shop, "visitor-1", {"page": "home", "seen": [1, 2]})
        assert (said.status, said.told) == (
            200,
            {
                "answer": {"greeting": "good day", "score": 0.25, "asked": {"page": "home", "seen": [1, 2]}},
                "outcome": "answered",
                "arm": "stable",
                "unit": assignment.digest("visitor-1").hex(),
                "version": version.number,
            },
        )
        door.written()
        row = PredictionLog.objects.get()
        assert (row.shop, row.use_case, row.version_id, row.arm) == (shop, SLUG, version.pk, "stable")
        assert (bytes(row.unit), row.outcome, row.score) == (assignment.digest("visitor-1"), "answered", 0.25)
        assert row.milliseconds > 0 and row.is_shown and not Exposure.objects.exists()

    def test_a_storefront_may_read_it_and_nobody_keeps_it(self, door: Door, shop: Shop) -> None:
        headers = door.ask(shop).headers
        assert headers[b"access-control-allow-origin"] == b"*"
        assert (headers[b"content-type"], headers[b"cache-control"]) == (b"application/json", b"no-store")

    def test_nobody_waits_for_the_database(self, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        a_canary(shop)
        door.warm(shop)
        kept: list[Any] = []
        monkeypatch.setattr(door.outbox.appended, "add", lambda *row: kept.append(row))
        with CaptureQueriesContext(connection) as queries:
            assert door.ask(shop).told["outcome"] == "answered"
        assert (len(queries), len(kept)) == (0, 2)

    def test_the_question_of_one_unit_in_ten_is_kept_without_addresses(self, door: Door, shop: Shop) -> None:
        runs(shop)
        door.warm(shop)
        for visitor in VISITORS:
            door.ask(shop, visitor, {"search": "gift for ann@example.com\0", "pages": 3})
        door.written()
        kept = {bytes(row.unit): row.features for row in PredictionLog.objects.exclude(features=None)}
        sampled = {unit for unit in map(assignment.digest, VISITORS) if unit[0] < 26}
        assert sampled and kept.keys() == sampled
        assert list(kept.values()) == [{"search": "gift for [e-mail removed]", "pages": 3}] * len(sampled)


class TestSplitting:
    def test_each_unit_sees_its_arm_and_always_the_same(self, door: Door, shop: Shop) -> None:
        release = a_canary(shop)
        door.warm(shop)
        there = exposing.pointer(shop)
        for visitor in VISITORS:
            bucket = assignment.bucket(release.seed, assignment.digest(visitor).hex())
            arm = assignment.arm(bucket, there.weight / 100)
            greetings = {door.ask(shop, visitor).greeting for _ in range(2)}
            assert greetings == {"new" if arm == "canary" else "old"}

    def test_the_first_sight_is_written_once_whoever_asks_how_often(self, door: Door, shop: Shop) -> None:
        a_canary(shop, step=0)
        door.warm(shop)
        for _ in range(3):
            for visitor in VISITORS:
                door.ask(shop, visitor)
        door.written()
        rows = {bytes(unit): arm for unit, arm in Exposure.objects.values_list("unit", "arm")}
        assert rows.keys() == {assignment.digest(visitor) for visitor in VISITORS}
        assert {"control", "between"} <= set(rows.values())
        assert PredictionLog.objects.count() == 3 * len(VISITORS)

    def test_the_first_who_is_compared_consumes_the_yes(self, door: Door, shop: Shop) -> None:
        a_canary(shop)
        door.warm(shop)
        door.ask(shop)
        door.written()
        assert Approval.objects.get().consumed_at is not None

    def test_who_saw_an_error_was_exposed_all_the_same(self, door: Door, shop: Shop, does: Does) -> None:
        a_canary(shop)
        door.warm(shop)
        does(lambda parameters, question: 1 / 0)
        for visitor in VISITORS[:5]:
            assert door.ask(shop, visitor).told["answer"] == SAFE
        door.written()
        assert Exposure.objects.count() == 5

    def test_another_shops_release_is_not_this_ones(self, door: Door, shop: Shop) -> None:
        other = exposing.a_shop()
        a_canary(other)
        runs(shop)
        door.warm(shop)
        assert {door.ask(shop, visitor).greeting for visitor in VISITORS[:10]} == {"good day"}


class TestHoldingOut:
    @pytest.fixture
    def visitors(self, shop: Shop) -> dict[bool, str]:
        """Return a visitor who is held out, and one who is not."""
        row = holding_out.a_hold_out(shop, 20)
        units = [f"visitor-{number}" for number in range(100)]
        out = {unit: assignment.holds_out(row.seed, assignment.digest(unit).hex(), 0.2) for unit in units}
        return {each: next(unit for unit in units if out[unit] is each) for each in (True, False)}

    def test_who_is_held_out_has_the_safe_default_and_no_version_is_asked(
        self, door: Door, shop: Shop, visitors: dict[bool, str]
    ) -> None:
        runs(shop, "good day")
        door.warm(shop)
        said = door.ask(shop, visitors[True])
        assert (said.status, said.told["answer"], said.told["arm"]) == (200, SAFE, "held_out")
        assert said.told["unit"] == assignment.digest(visitors[True]).hex()
        assert door.ask(shop, visitors[False]).greeting == "good day"
        assert answering_use_case.mood.asked == ["good day"]
        door.written()
        rows = {bytes(unit): is_out for unit, is_out in HoldOutSight.objects.values_list("unit", "is_held_out")}
        assert rows == {assignment.digest(unit): is_out for is_out, unit in visitors.items()}
        assert {bytes(unit) for unit in PredictionLog.objects.values_list("unit", flat=True)} == {
            assignment.digest(visitors[False])
        }

    def test_it_is_part_of_no_release_and_asks_no_version_alongside(
        self, door: Door, shop: Shop, visitors: dict[bool, str]
    ) -> None:
        a_canary(shop)
        door.warm(shop)
        for _ in range(3):
            assert door.ask(shop, visitors[True]).told["arm"] == "held_out"
        door.written()
        assert not Exposure.objects.exists() and not PredictionLog.objects.exists()
        assert answering_use_case.mood.asked == []

    def test_where_no_version_runs_nobody_is_counted_since_nobody_is_shown_anything(
        self, door: Door, shop: Shop, visitors: dict[bool, str]
    ) -> None:
        door.warm(shop)
        for unit in visitors.values():
            assert door.ask(shop, unit).told["answer"] == SAFE
        door.written()
        assert not HoldOutSight.objects.exists()

    def test_a_share_that_was_changed_is_followed_at_the_next_look(self, door: Door, shop: Shop) -> None:
        row = holding_out.a_hold_out(shop, 0)
        runs(shop)
        door.warm(shop)
        units = [f"visitor-{number}" for number in range(40)]
        assert {door.ask(shop, unit).told["arm"] for unit in units} == {"stable"}
        holding_out.a_share(row, 20, timezone.now())
        door.memory.look()
        assert {door.ask(shop, unit).told["arm"] for unit in units} == {"stable", "held_out"}
        door.written()
        assert HoldOutSight.objects.count() == len(units)


class TestMirroring:
    @pytest.fixture
    def release(self, shop: Shop) -> Release:
        release = a_canary(shop)
        steps = [Step("alongside", mirrors=True).as_dict(), Step("all", weight=100).as_dict()]
        changes = {"phase": "shadow", "steps": steps, "step": 0, "weight": 0}
        Release.objects.filter(pk=release.pk).update(**changes)
        Deployment.objects.update(canary=None)
        return release

    def test_what_runs_alongside_is_asked_and_logged_and_never_shown(
        self, door: Door, shop: Shop, release: Release
    ) -> None:
        door.warm(shop)
        assert {door.ask(shop, visitor).greeting for visitor in VISITORS[:5]} == {"old"}
        assert answering_use_case.mood.asked == ["old", "new"] * 5
        door.written()
        unseen = PredictionLog.objects.filter(is_shown=False)
        facts = set(unseen.values_list("version_id", "arm", "release_id", "outcome"))
        assert (unseen.count(), facts) == (5, {(release.version_id, "canary", release.pk, "answered")})
        assert not Exposure.objects.exists()

    def test_its_failure_is_nobodys_else(self, door: Door, shop: Shop, release: Release, does: Does) -> None:
        door.warm(shop)
        does(lambda parameters, question: 1 / (parameters["greeting"] == "old") and {"greeting": "fine"})
        assert door.ask(shop).greeting == "fine"
        door.written()
        assert [row[1:] for row in log()] == [
            ("stable", "answered", ""),
            ("canary", "error", "ZeroDivisionError"),
        ]


class TestTheSafeDefault:
    def test_where_no_version_runs(self, door: Door, shop: Shop) -> None:
        door.warm(shop)
        assert fell_back(door, shop, door.ask(shop), "fallback", "no version")

    def test_a_first_version_answers_at_once_where_somebody_asked_before_it_ran(self, door: Door, shop: Shop) -> None:
        door.warm(shop)
        door.ask(shop)
        runs(shop)
        door.memory.look()
        assert door.ask(shop).greeting == "good day"
        assert not door.memory.unanswered

    def test_before_the_process_knows_anything(self, door: Door, shop: Shop) -> None:
        runs(shop)
        said = door.ask(shop)
        assert (said.status, said.told["answer"], said.told["outcome"]) == (200, SAFE, "fallback")
        door.memory.look()
        door.memory.look()
        assert door.ask(shop).greeting == "good day"

    def test_until_a_version_is_loaded(self, door: Door, shop: Shop) -> None:
        runs(shop)
        door.memory.look()
        assert fell_back(door, shop, door.ask(shop), "fallback", "not loaded yet")
        door.memory.look()
        assert door.ask(shop).greeting == "good day"

    def test_where_its_parameters_are_missing(self, door: Door, shop: Shop) -> None:
        version = exposing.histories.a_version(shop, use_case=SLUG)
        Deployment.of(shop, SLUG)
        Deployment.objects.update(active=version)
        door.warm(shop)
        assert fell_back(door, shop, door.ask(shop), "error", "no parameters")

    def test_where_its_files_are_not_what_was_signed(self, door: Door, shop: Shop) -> None:
        version = runs(shop)
        storage = artifact_storage.storage()
        storage.delete(f"{version.artifact_path}/parameters.json")
        artifact_storage.write(f"{version.artifact_path}/parameters.json", b'{"greeting": "mine"}')
        door.warm(shop)
        assert fell_back(door, shop, door.ask(shop), "error", "refused")

    def test_where_its_files_are_away_until_they_are_back(
        self, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = runs(shop)
        name = f"{version.artifact_path}/parameters.json"
        content = artifact_storage.read(name)
        artifact_storage.storage().delete(name)
        door.warm(shop)
        assert fell_back(door, shop, door.ask(shop), "fallback", "unavailable")
        artifact_storage.write(name, content)
        monkeypatch.setattr(memory, "AGAIN_AFTER", 0.0)
        door.warm(shop)
        assert door.ask(shop).greeting == "good day"

    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            ({"greeting": float("nan")}, "ValueError"),
            ({"score": float("inf")}, "ValueError"),
            ("hello", "Unsound"),
            (None, "Unsound"),
            ({"greeting": {1, 2}}, "TypeError"),
            ({"greeting": "x" * 70_000}, "Unsound"),
        ],
    )
    def test_where_it_says_what_is_no_answer(self, door: Door, shop: Shop, does: Does, said: Any, reason: str) -> None:
        runs(shop)
        door.warm(shop)
        does(lambda parameters, question: said)
        assert fell_back(door, shop, door.ask(shop), "error", reason)

    def test_where_it_fails(self, door: Door, shop: Shop, does: Does) -> None:
        runs(shop)
        door.warm(shop)
        does(lambda parameters, question: question["nothing"])
        assert fell_back(door, shop, door.ask(shop), "error", "KeyError")

    @pytest.mark.usefixtures("quick")
    def test_where_it_takes_too_long_and_it_is_not_waited_for(self, door: Door, shop: Shop, does: Does) -> None:
        runs(shop)
        door.warm(shop)
        with hanging(does) as ended:
            said = door.ask(shop)
            assert ended == []  # the answer was there before the version had ended
        assert fell_back(door, shop, said, "late", "over its time")

    @pytest.mark.usefixtures("quick")
    def test_a_version_that_hangs_holds_few_threads_and_stops_no_other(
        self, door: Door, shop: Shop, does: Does, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runs(shop)
        other = exposing.a_shop()
        runs(other, "another")
        for each in (shop, other):
            door.warm(each)
        reasons = []
        with hanging(does, unless="another"):
            for visitor in VISITORS[:20]:
                door.ask(shop, visitor)
                door.written()
                reasons.append(log()[-1][3])
            with USE_CASES.also(answering_use_case.USE_CASE):  # no hurry, however busy the machine is
                assert door.ask(other).greeting == "another"
        assert reasons.count("over its time") == scoring.MOST_OVERDUE
        assert set(reasons[scoring.MOST_OVERDUE :]) == {"still busy with questions before"}


class TestFlips:
    def test_a_flip_is_followed_without_a_restart_and_met_by_nobody(self, door: Door, shop: Shop) -> None:
        runs(shop, "before")
        door.warm(shop)
        assert door.ask(shop).greeting == "before"
        runs(shop, "after")
        assert door.ask(shop).greeting == "before"
        door.memory.look()
        assert door.ask(shop).greeting == "after"

    def test_the_version_before_is_kept_warm_for_the_way_back(self, door: Door, shop: Shop) -> None:
        old = runs(shop, "before")
        door.warm(shop)
        new = runs(shop, "after")
        Deployment.objects.update(standby=old)
        door.memory.look()
        assert door.memory.versions.keys() == {old.pk, new.pk}

    def test_a_version_taken_back_is_shown_to_nobody_from_the_next_look_on(self, door: Door, shop: Shop) -> None:
        release = a_canary(shop)
        door.warm(shop)
        assert {door.ask(shop, visitor).greeting for visitor in VISITORS} == {"old", "new"}
        Approval.objects.update(voided_because="a rollback came first")
        Release.objects.filter(pk=release.pk).update(phase="rolled_back", weight=0)
        door.memory.look()
        assert {door.ask(shop, visitor).greeting for visitor in VISITORS} == {"old"}

    def test_a_version_that_cannot_be_loaded_is_followed_all_the_same(self, door: Door, shop: Shop) -> None:
        runs(shop, "before")
        door.warm(shop)
        version = runs(shop, "after")
        artifact_storage.storage().delete(f"{version.artifact_path}/parameters.json")
        door.memory.look()
        assert door.ask(shop).told["answer"] == SAFE

    def test_one_look_is_four_queries_for_all_shops_and_loads_nothing_that_nobody_asked_for(
        self, door: Door, shop: Shop
    ) -> None:
        runs(shop)
        for _ in range(3):
            runs(exposing.a_shop())
        door.warm(shop)
        assert len(door.memory.versions) == 1
        with CaptureQueriesContext(connection) as queries:
            door.memory.look()
        assert len(queries) == 4

    def test_a_version_is_read_once(self, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        runs(shop)
        door.warm(shop)
        monkeypatch.setattr(artifact_storage, "read", lambda path: pytest.fail("it was read again"))
        for visitor in VISITORS[:5]:
            door.ask(shop, visitor)
            door.memory.look()

    @pytest.mark.parametrize(("name", "most"), [("MOST_VERSIONS", 2), ("MOST_BYTES", 50)])
    def test_memory_is_bounded_and_who_was_asked_last_stays(
        self, door: Door, monkeypatch: pytest.MonkeyPatch, name: str, most: int
    ) -> None:
        shops = [exposing.a_shop() for _ in range(4)]
        for shop in shops:
            runs(shop)  # 24 bytes of parameters
        monkeypatch.setattr(memory, name, most)
        for shop in shops:
            door.warm(shop)
            door.ask(shop)
        assert len(door.memory.versions) == 2
        assert door.ask(shops[-1]).told["outcome"] == "answered"
        assert door.ask(shops[0]).told["outcome"] == "fallback"

    def test_without_a_look_for_long_what_runs_answers_and_nobody_is_split(
        self, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_canary(shop)
        door.warm(shop)
        door.memory.looked -= memory.STALE_AFTER + 1
        assert {door.ask(shop, visitor).greeting for visitor in VISITORS} == {"old"}

    def test_a_version_of_another_shop_is_never_asked(self, door: Door, shop: Shop) -> None:
        stranger = runs(exposing.a_shop(), "not yours")
        runs(shop)
        Deployment.objects.filter(shop=shop).update(active=stranger)
        door.warm(shop)
        assert fell_back(door, shop, door.ask(shop), "fallback", "no such version")

    def test_it_beats_for_what_could_answer(self, door: Door, shop: Shop) -> None:
        release = a_canary(shop)
        door.warm(shop)
        broken = ModelVersion.objects.get(pk=runs(exposing.a_shop()).pk)
        door.memory.beat()
        door.written()
        old = exposing.active(release)
        assert {row[:3] for row in log()} == {(old.pk, "stable", "alive"), (release.version_id, "canary", "alive")}
        assert broken.pk not in {row[0] for row in log()}


class TestWithoutADatabase:
    def test_it_goes_on_answering_and_loses_nothing_when_it_is_back(
        self, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried: list[bool] = []

        def away() -> Any:
            tried.append(True)
            asking.nowhere()

        monkeypatch.setattr(appending, "RETRY", 0.05)
        a_canary(shop)
        door.warm(shop)
        door.connect = away
        assert {door.ask(shop, visitor).told["outcome"] for visitor in VISITORS} == {"answered"}
        assert len(door.outbox.appended) == 2 * len(VISITORS)
        tried.clear()
        waiting.until(lambda: tried, "another try")
        door.connect = webhooks.connect
        door.written()
        assert (Exposure.objects.count(), PredictionLog.objects.count()) == (len(VISITORS), len(VISITORS))

    def test_what_finds_no_room_is_dropped_and_counted_and_the_answer_goes_out(
        self, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(appending, "ROOM", 3)
        runs(shop)
        door.warm(shop)
        door.connect = asking.nowhere
        assert {door.ask(shop, visitor).told["outcome"] for visitor in VISITORS[:10]} == {"answered"}
        assert (len(door.outbox.appended.rows[answers.LOG]), door.outbox.appended.dropped) == (3, 7)


class TestWhileTheDatabaseIsAway:
    """Connections are broken by the server and refused where nobody listens, as when it has gone."""

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(appending, "RETRY", 0.05)

    def gone(self, door: Door) -> None:
        """End the committer's connection, and let it find nobody."""
        if door.outbox.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [door.outbox.connection.get_backend_pid()])
        door.connect = lambda: psycopg2.connect(host="127.0.0.1", port=1, dbname="nobody", connect_timeout=1)

    def back(self, door: Door) -> None:
        door.connect = webhooks.connect
        door.written()

    def counted(self) -> dict[tuple[Any, ...], int]:
        rows = UnloggedAnswers.objects.values_list("shop", "version_id", "outcome", "is_shown", "answers")
        return {tuple(of): answers for *of, answers in rows}

    def test_what_finds_no_room_in_the_log_is_counted_by_what_became_of_it(
        self, door: Door, shop: Shop, does: Does, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(appending, "ROOM", 4)
        version = runs(shop)
        door.warm(shop)
        door.ask(shop)
        door.written()
        self.gone(door)
        for visitor in VISITORS[:10]:
            assert door.ask(shop, visitor).told["outcome"] == "answered"
        does(lambda parameters, question: question["nothing"])
        for visitor in VISITORS[10:13]:
            assert door.ask(shop, visitor).told["outcome"] == "error"
        assert not UnloggedAnswers.objects.exists()
        self.back(door)
        assert self.counted() == {(shop.pk, version.pk, "answered", True): 6, (shop.pk, version.pk, "error", True): 3}
        assert PredictionLog.objects.count() == 1 + 4

    def test_what_a_process_answered_that_began_meanwhile_is_counted_for_what_was_meant(
        self, door: Door, shop: Shop
    ) -> None:
        version = runs(shop)
        self.gone(door)
        for visitor in VISITORS[:5]:
            assert door.ask(shop, visitor).told["outcome"] == "fallback"
        self.back(door)
        assert self.counted() == {(shop.pk, version.pk, "fallback", True): 5}
        assert not PredictionLog.objects.exists()

    def test_more_of_the_same_quarter_of_an_hour_is_added(self, door: Door, shop: Shop) -> None:
        runs(shop)
        at = timezone.now().replace(minute=16)
        with time_machine.travel(at, tick=False):
            door.ask(shop, "visitor-1")
            door.written()
            door.ask(shop, "visitor-2")
            door.written()
        row = UnloggedAnswers.objects.get()
        assert (row.answers, row.starts_at) == (2, at.replace(minute=15, second=0, microsecond=0))

    def test_a_shop_that_left_is_not_counted(self, door: Door, shop: Shop) -> None:
        Shop.objects.update(uninstalled_at=timezone.now())
        door.ask(shop)
        door.written()
        assert not UnloggedAnswers.objects.exists()

    def test_counts_have_an_end_and_what_comes_after_is_told(
        self, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(appending, "ROOM", 1)
        self.gone(door)
        other = exposing.a_shop()
        for each in (shop, shop, other, other):
            door.ask(each)
        assert door.outbox.appended.dropped == 2
        self.back(door)
        assert self.counted() == {(shop.pk, None, "fallback", True): 2}


class TestRefusing:
    @pytest.mark.parametrize(
        "question",
        [
            b'{"page": NaN}',
            b'{"page": Infinity}',
            b'{"page": -1e400}',
            b'{"page": 1e300}',
            b'{"page": 123456789012345678901234567890}',
            b'{"page": "' + b"x" * 300 + b'"}',
            b"[1]",
            b"null",
            b'"text"',
            b'{"a":' * 10 + b"1" + b"}" * 10,
            b'{"a":' * 2000 + b"1" + b"}" * 2000,
            b'{"a": [' + b"1," * 600 + b"1]}",
            b'{"' + b"n" * 300 + b'": 1}',
            b'{"a": "\xff"}',
            b"{",
        ],
    )
    def test_a_poisonous_question_is_refused(self, door: Door, shop: Shop, question: bytes) -> None:
        runs(shop)
        door.warm(shop)
        given = door.pass_for(shop, "visitor-1").encode()
        said = door.post(f"/answers/{shop.domain}/{SLUG}", b'{"pass":"' + given + b'","question":' + question + b"}")
        assert said.status == 400
        assert said.body and answering_use_case.mood.asked == []

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"question": {}}', b'{"pass": 1, "question": {}}', b"\xff"])
    def test_a_body_that_is_no_question_is_refused(self, door: Door, shop: Shop, body: bytes) -> None:
        assert door.post(f"/answers/{shop.domain}/{SLUG}", body).status == 400

    def test_a_large_body_is_refused(self, door: Door, shop: Shop) -> None:
        assert door.ask(shop, question={"page": ["x" * 200] * 100}).status == 413

    def test_a_forged_pass_is_refused(self, door: Door, shop: Shop) -> None:
        runs(shop)
        door.warm(shop)
        given = door.pass_for(shop, "visitor-1")
        unit, until, signature = given.split(":")
        for forged in (
            "",
            given[:-1],
            given + "x",
            f"visitor-2:{until}:{signature}",
            f"{unit}:{int(until) + 1}:{signature}",
            "x" * 5_000,
            "\u2603:1:1",
        ):
            assert door.ask(shop, **{"pass": forged}).status == 401
        assert not PredictionLog.objects.exists()

    def test_a_pass_that_is_over_is_refused(self, door: Door, shop: Shop) -> None:
        given = door.pass_for(shop, "visitor-1", until=timezone.now() - timedelta(seconds=1))
        assert door.ask(shop, **{"pass": given}).status == 401

    def test_another_shops_pass_is_useless(self, door: Door, shop: Shop) -> None:
        given = door.pass_for(exposing.a_shop(), "visitor-1")
        assert door.ask(shop, **{"pass": given}).status == 401

    def test_a_pass_for_another_use_case_is_useless(self, door: Door, shop: Shop) -> None:
        given = door.pass_for(shop, "visitor-1", "demand_forecast")
        assert door.ask(shop, **{"pass": given}).status == 401

    def test_a_pass_of_another_installation_is_useless(self, door: Door, shop: Shop, settings: Any) -> None:
        given = door.pass_for(shop, "visitor-1")
        settings.SECRET_KEY = "another"
        assert door.ask(shop, **{"pass": given}).status == 401

    @pytest.mark.parametrize(
        "path", ["/answers/", "/answers/x/shown", "/answers/{shop}/nothing", "/answers/{shop}/demand_forecast"]
    )
    def test_where_nothing_answers_there_is_nothing(self, door: Door, shop: Shop, path: str) -> None:
        assert door.post(path.replace("{shop}", shop.domain), b"{}").status == 404

    def test_a_shop_that_left_is_not_answered_for(self, door: Door, shop: Shop) -> None:
        runs(shop)
        door.warm(shop)
        Shop.objects.filter(pk=shop.pk).update(uninstalled_at=timezone.now())
        door.memory.look()
        assert door.ask(shop).status == 404

    def test_only_a_post_is_a_question(self, door: Door, shop: Shop) -> None:
        said = door.post(f"/answers/{shop.domain}/{SLUG}", b"", method="GET")
        assert (said.status, said.headers[b"allow"]) == (405, b"POST")


def test_a_body_as_it_is_asked_for_is_small_json(door: Door, shop: Shop) -> None:
    body = json.dumps({"pass": door.pass_for(shop, "visitor-1"), "question": {}})
    assert door.post(f"/answers/{shop.domain}/{SLUG}", body.encode()).status == 200
