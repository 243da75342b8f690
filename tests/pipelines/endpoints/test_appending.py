"""Rows that nobody waits for are written many at once, and lost only where the database never takes them."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from django.db import connection

from pipelines.endpoints import appending, webhooks
from pipelines.endpoints.appending import Appended

pytestmark = pytest.mark.django_db
NUMBERS = "INSERT INTO numbers SELECT * FROM json_to_recordset(%s::json) AS t(n int)"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stand still until a test moves on."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(appending, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


class Database:
    """Keeps what is executed, and refuses or fails as a test says."""

    def __init__(self) -> None:
        self.written: list[Any] = []
        self.refuses: set[str] = set()
        self.is_away = False

    def __call__(self) -> Any:
        if self.is_away:
            raise psycopg2.OperationalError("away")
        return self

    def cursor(self) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def execute(self, sql: str, values: list[str]) -> None:
        if any(poison in values[0] for poison in self.refuses):
            raise psycopg2.DataError("refused")
        self.written.append((sql.removeprefix(appending.GENTLY), values[0]))


def test_the_committer_is_woken_once_for_many_rows(clock: SimpleNamespace) -> None:
    woken: list[int] = []
    rows = Appended(wake=lambda: woken.append(len(rows)))
    for _ in range(2):
        assert rows.due_in() is None  # it waits until it is woken
        for number in range(5):
            rows.add("a", number)
        clock.now += 1
        rows.write(Database())
    assert woken == [1, 1]


def test_who_looks_again_by_itself_is_not_woken(clock: SimpleNamespace) -> None:
    woken: list[int] = []
    rows = Appended(wake=lambda: woken.append(len(rows)))
    rows.add("a", 1)
    assert rows.due_in() is not None
    rows.add("a", 2)
    assert woken == [1]


def test_after_a_row_that_came_while_others_were_written_the_next_one_wakes(clock: SimpleNamespace) -> None:
    woken: list[int] = []
    rows, database = Appended(wake=lambda: woken.append(len(rows))), Database()

    def connect() -> Any:
        rows.add("a", 2)
        return database

    rows.add("a", 1)
    rows.write(connect)
    assert (database.written, rows.due_in()) == ([("a", "[1,2]")], None)
    woken.clear()
    rows.add("a", 3)
    assert woken == [1]


def test_rows_of_a_kind_are_one_statement(clock: SimpleNamespace) -> None:
    rows, database = Appended(wake=lambda: None), Database()
    for number in range(3):
        rows.add("a", number)
        rows.add("b", {"n": number})
    rows.write(database)
    assert database.written == [("a", "[0,1,2]"), ("b", '[{"n":0},{"n":1},{"n":2}]')]
    assert (len(rows), rows.due_in()) == (0, None)


def test_what_comes_after_a_write_waits_a_moment_for_more(clock: SimpleNamespace) -> None:
    rows = Appended(wake=lambda: None)
    rows.add("a", 1)
    assert rows.is_due()
    rows.write(Database())
    rows.add("a", 2)
    assert (rows.is_due(), rows.due_in()) == (False, pytest.approx(appending.PAUSE))
    clock.now += appending.PAUSE
    assert rows.is_due()


def test_a_database_that_is_away_is_asked_again_later_and_finds_everything(clock: SimpleNamespace) -> None:
    rows, database = Appended(wake=lambda: None), Database()
    database.is_away = True
    rows.add("a", 1)
    with pytest.raises(psycopg2.OperationalError):
        rows.write(database)
    assert (len(rows), rows.is_due(), rows.due_in()) == (1, False, appending.RETRY)
    database.is_away = False
    rows.write(database)
    assert database.written == [("a", "[1]")]


def test_a_row_that_the_database_refuses_costs_no_other(clock: SimpleNamespace) -> None:
    rows, database = Appended(wake=lambda: None), Database()
    database.refuses = {"13"}
    for number in range(10, 20):
        rows.add("a", number)
    rows.write(database)
    written = [number for _, text in database.written for number in eval(text)]
    assert (written, rows.refused, len(rows)) == ([10, 11, 12, 14, 15, 16, 17, 18, 19], 1, 0)


def test_what_finds_no_room_is_dropped_and_counted(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "ROOM", 3)
    rows = Appended(wake=lambda: None)
    for number in range(5):
        rows.add("a", number)
    assert (len(rows), rows.dropped) == (3, 2)


@dataclass(frozen=True)
class Kind:
    name: str


def test_what_is_alike_is_counted_and_is_one_row(clock: SimpleNamespace) -> None:
    rows, database = Appended(wake=lambda: None), Database()
    for name in ("tea", "tea", "salt"):
        rows.count("a", Kind(name))
    rows.write(database)
    assert database.written == [("a", '[{"name":"tea","times":2},{"name":"salt","times":1}]')]
    assert (len(rows), rows.due_in()) == (0, None)


def test_counts_that_were_not_written_go_on_counting(clock: SimpleNamespace) -> None:
    rows, database = Appended(wake=lambda: None), Database()
    rows.count("a", Kind("tea"))

    def breaks(*_: Any) -> None:
        rows.count("a", Kind("tea"))  # meanwhile
        raise psycopg2.OperationalError("away")

    database.execute = breaks  # type: ignore[method-assign]
    with pytest.raises(psycopg2.OperationalError):
        rows.write(database)
    assert rows.counts["a"] == {Kind("tea"): 2}


@pytest.mark.django_db(transaction=True)
def test_a_locked_table_is_waited_for_only_a_moment_and_the_rows_stay() -> None:
    rows, own = Appended(wake=lambda: None), webhooks.connect()
    own.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE numbers (n int)")
    try:
        rows.add(NUMBERS, {"n": 7})
        with own.cursor() as cursor, webhooks.connect() as other, other.cursor() as locking:
            locking.execute("LOCK TABLE numbers")
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                rows.write(lambda: own)
            other.rollback()
            assert len(rows) == 1
            rows.write(lambda: own)
            cursor.execute("SELECT n FROM numbers")
            assert cursor.fetchall() == [(7,)]
        other.close()
    finally:
        own.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE numbers")


def test_counts_that_are_being_written_are_not_there_yet() -> None:
    rows, database, left = Appended(wake=lambda: None), Database(), []
    rows.count("a", Kind("tea"))
    database.execute = lambda *_: left.append(len(rows))  # type: ignore[method-assign]
    rows.write(database)
    assert left and all(left) and len(rows) == 0
