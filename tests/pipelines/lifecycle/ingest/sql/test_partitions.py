"""The log of answers in weeks: made ahead, filled by day, dropped whole; nothing is lost where no week is there."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from pipelines.lifecycle import retention
from pipelines.lifecycle.ingest.sql import partitions
from pipelines.models import PredictionLog
from tests import factories

pytestmark = pytest.mark.django_db
TABLE = "pipelines_predictionlog"
FAR = datetime(2031, 3, 5, 12, tzinfo=UTC)  # a Wednesday, of whose weeks none was made yet
WEEK = partitions.WEEK


def answered(at: datetime) -> PredictionLog:
    facts = {"use_case": "toy", "arm": "stable", "unit": b"somebody", "outcome": "answered"}
    return PredictionLog.objects.create(shop=factories.a_shop(), at=at, **facts)


def place(row: PredictionLog) -> str:
    """Say in which piece a row lies."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {TABLE} WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLE}")


def test_weeks_are_made_ahead_once() -> None:
    made = partitions.make_ahead(TABLE, FAR)
    assert made[0] == f"{TABLE}_until_20310310" and len(made) == partitions.AHEAD + 1
    assert partitions.make_ahead(TABLE, FAR) == []
    assert partitions.make_ahead(TABLE, FAR + WEEK) == [f"{TABLE}_until_20310421"]


def test_a_row_lies_in_its_week_and_else_in_the_rest() -> None:
    partitions.make_ahead(TABLE, FAR)
    assert place(answered(FAR)) == f"{TABLE}_until_20310310"
    assert place(answered(datetime(2031, 3, 9, 23, 59, 59, tzinfo=UTC))) == f"{TABLE}_until_20310310"
    assert place(answered(datetime(2031, 3, 10, tzinfo=UTC))) == f"{TABLE}_until_20310317"
    assert place(answered(FAR - 20 * WEEK)) == f"{TABLE}_rest"


def test_rows_keep_their_ids_apart_and_are_found_by_their_key() -> None:
    partitions.make_ahead(TABLE, FAR)
    first, second = answered(FAR), answered(FAR + WEEK)
    assert first.pk != second.pk and PredictionLog.objects.get(pk=second.pk).at == FAR + WEEK
    assert PredictionLog.objects.bulk_create([PredictionLog(shop=first.shop, at=FAR, unit=b"x")])[0].pk > second.pk


def test_a_week_is_dropped_when_all_of_it_is_over() -> None:
    partitions.make_ahead(TABLE, FAR)
    old, young = answered(FAR), answered(FAR + WEEK)
    analyze()
    last_moment = datetime(2031, 3, 10, tzinfo=UTC)
    assert partitions.end(TABLE, last_moment - timedelta(seconds=1)) == 0 and PredictionLog.objects.count() == 2
    assert partitions.end(TABLE, last_moment) == 1
    assert list(PredictionLog.objects.all()) == [young] and old not in PredictionLog.objects.all()
    assert date(2031, 3, 10) not in dict(partitions.pieces(TABLE))


def test_what_lies_in_the_rest_is_deleted_by_row() -> None:
    old, young = answered(FAR), answered(FAR + timedelta(days=1))
    assert place(old) == place(young) == f"{TABLE}_rest"
    assert partitions.end(TABLE, FAR + timedelta(hours=1)) == 1
    assert list(PredictionLog.objects.all()) == [young]


def test_a_week_whose_rows_lie_in_the_rest_is_left_out_and_nothing_is_lost(caplog) -> None:
    row = answered(FAR)
    made = partitions.make_ahead(TABLE, FAR)
    assert len(made) == partitions.AHEAD and "was not made" in caplog.text
    assert place(row) == f"{TABLE}_rest"


def test_retention_makes_weeks_and_ends_them() -> None:
    retention.forget(FAR)
    answered(FAR)
    analyze()
    assert retention.forget(FAR + retention.A_MONTH)["predictionlog"] == 0  # its week is not over for so long
    assert retention.forget(FAR + retention.A_MONTH + WEEK)["predictionlog"] == 1
    assert not PredictionLog.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_reads_for_long_puts_it_off_and_stops_nobody(monkeypatch, caplog) -> None:
    monkeypatch.setattr(partitions, "PATIENCE", "50ms")
    made, all_pieces = partitions.make_ahead(TABLE, FAR), partitions.pieces
    mine = lambda table: (piece for piece in all_pieces(table) if piece[0] > FAR.date())  # noqa: E731
    monkeypatch.setattr(partitions, "pieces", mine)
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with transaction.atomic():
            PredictionLog.objects.count()
            reading.set()
            done.wait(60)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(60)
    partitions.end(TABLE, FAR + WEEK)
    assert "was not dropped" in caplog.text and made[0] in caplog.text
    done.set()
    reader.join()
    partitions.end(TABLE, FAR + 20 * WEEK)
    assert list(partitions.pieces(TABLE)) == []
