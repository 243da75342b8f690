"""How many questions a page asks the database: so many, however large the shop is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.usecases.demand_forecast.wish import PAGE_SIZE
from pipelines.lifecycle.alerts import board
from pipelines.models import Alert, Order, Product, Release, SyncRun, TrainingRun, Variant
from pipelines.models.usecases.demand_forecast import StockAdvice, StockTotals
from pipelines.models.usecases.recommendations import RecommendationList
from tests import histories
from tests.dashboard import picking

DOOR = 2  # the shop with its settings, and the person
HOME = 14  # one of them says how the shop is, so that the page can ask what changed
A_DECISION = {"/": 2, "/forecasts": 3}  # its card, or its number and what it says; what a freeze would mean for it
FORECASTS = 6
ORDERS = 8
RECOMMENDATIONS = 18
LARGE = 3 * PAGE_SIZE


@pytest.fixture
def quiet(shop):
    """Return the shop when nothing waits for a decision."""
    Release.objects.for_shop(shop).filter(phase="awaiting_approval").update(phase="rejected")
    return shop


def grow(shop) -> None:
    """Give a shop more of everything that its pages speak of."""
    now, version = timezone.now(), histories.a_version(shop)
    row, thing, goods = StockAdvice.objects.first(), Variant.objects.first(), Product.objects.last()
    for number in range(LARGE):
        row.pk, row.variant_id, row.version = None, 900_000 + number, version
        row.save()
        thing.pk, thing.shopify_id, thing.inventory_item_id = None, 900_000 + number, 950_000 + number
        thing.save()
        goods.pk, goods.shopify_id = None, 900_000 + number
        goods.save()
    RecommendationList.objects.all().delete()
    picking.write(shop)
    StockTotals.sum_up(shop)
    for number in range(7):
        facts = {"use_case": version.use_case, "version": version, "phase": "rolled_back"}
        release = Release.objects.create(shop=shop, **facts)
        board.tell(shop, f"key:{number}", title="Over a limit", next_step="Wait.", now=now)
        Alert.objects.filter(key=f"key:{number}").update(release=release)
        TrainingRun.objects.create(shop=shop, use_case=version.use_case, trigger="weekly", state="done")
        SyncRun.objects.create(shop=shop, kind="reconcile", trigger="daily", state="done", finished_at=now)
        histories.an_order(shop, now - timedelta(days=number), [])
    assert Order.objects.count() > 7


def asked(see, path: str) -> int:
    """Return how many questions a page asks."""
    with CaptureQueriesContext(connection) as asked:
        assert see(path).status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    ("path", "questions"),
    [
        ("/", HOME),
        ("/forecasts", FORECASTS),
        ("/forecasts?q=larch", FORECASTS),
        ("/forecasts?q=a&sort=runs_out", FORECASTS),
        ("/forecasts?show=order_today", FORECASTS),
        ("/forecasts?page=4", FORECASTS),
        ("/orders", ORDERS),
        ("/recommendations", RECOMMENDATIONS + 1),  # which product is looked at
        ("/recommendations?product=100000", RECOMMENDATIONS),
        ("/recommendations?product=100000&q=larch", RECOMMENDATIONS + 1),
    ],
)
def test_a_page_asks_as_much_of_a_large_shop_as_of_a_small_one(quiet, see, path, questions):
    assert asked(see, path) == DOOR + questions
    grow(quiet)
    assert asked(see, path) == DOOR + questions


@pytest.mark.parametrize(("path", "questions"), [("/", HOME), ("/forecasts", FORECASTS)])
def test_a_decision_that_waits_adds_what_is_said_of_it_and_no_more(shop, see, path, questions):
    assert asked(see, path) == DOOR + questions + A_DECISION[path]


@pytest.mark.parametrize(
    ("path", "part", "table", "index"),
    [
        ("/", "processed_at", "pipelines_order", "order_by_day"),
        ("/forecasts", "ORDER BY", "pipelines_stockadvice", "advice_by_risk"),
        ("/forecasts?page=3&sort=forecast", "ORDER BY", "pipelines_stockadvice", "advice_by_forecast"),
        ("/forecasts?q=larch+down", "OVER ()", "pipelines_stockadvice", "advice_by_risk"),
        ("/forecasts?q=larch&sort=runs_out&show=order_today", "OVER ()", "pipelines_stockadvice", "advice_by_risk"),
    ],
)
def test_what_grows_with_the_shop_is_read_out_of_an_index_alone(quiet, see, path, part, table, index):
    with CaptureQueriesContext(connection) as asked:
        see(path)
    sql = next(query["sql"] for query in asked if part in query["sql"])
    with connection.cursor() as cursor:
        leave_only(cursor, table, index)  # what is cheapest depends on how other tests left the tables
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(rf"Index Only Scan (Backward )?using {index}\b", plan), plan  # either end of it will do


def leave_only(cursor, table: str, index: str) -> None:
    """Take every other way to read a table away, until the test is over."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('p', 'u')", [table])
    for (name,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")
    others = "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = %s::regclass AND indexrelid <> %s::regclass"
    cursor.execute(others, [table, index])
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
