"""Whoever has a key of the shop reads who is there now and how likely each orders, and nobody else reads anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from pipelines.endpoints.api import door as api
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.evidence.asked import underway
from pipelines.lifecycle.exports import keys
from pipelines.models import PredictionLog, Shop, ShopKey
from pipelines.usecases import USE_CASES
from tests import histories
from tests.families.visits import SLUG, moments
from tests.identities import OTHER_SHOP
from tests.loops import run
from tests.pipelines.endpoints.answering.asking import Said
from tests.pipelines.lifecycle.data.test_moments import did, unit

pytestmark = pytest.mark.django_db(transaction=True)
HERE = f"/api/{SLUG}"
SAYING = replace(moments.USE_CASE, monitored=replace(moments.USE_CASE.monitored, says="chances"))


@pytest.fixture(autouse=True)
def doors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the door a thread and limits of its own, and a use case whose chances it tells."""
    pool = ThreadPoolExecutor(1)
    monkeypatch.setattr(api, "threads", lambda: pool)
    for name in ("BY_ADDRESS", "BY_SHOP"):
        monkeypatch.setattr(api, name, Limit(at_once=100, a_second=1))
    with USE_CASES.also(SAYING):
        yield
    pool.submit(lambda: connection.close()).result()  # its own
    pool.shutdown()


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop(currency="GBP")


@pytest.fixture
def key(shop: Shop) -> str:
    return keys.make(shop, by="1", now=timezone.now())


def ask(key: str, path: str = HERE, query: str = "", method: str = "GET", **headers: str) -> Said:
    given = {"authorization": f"Bearer {key}"} | headers if key else headers
    scope = {"method": method, "path": path, "query_string": query.encode(), "client": ("198.51.100.7", 1)}
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        said.append(message)

    lines = [(name.encode(), value.encode()) for name, value in given.items()]
    run(api.door(scope | {"headers": lines}, receive, send))
    return Said(said[0]["status"], said[1]["body"], dict(said[0]["headers"]))


def is_there(shop: Shop, who: str, chance: float, minutes: int = 4) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    did(shop, at, who=who)
    features = {"of": "session", "value": 4550}
    facts = {"arm": "stable", "outcome": "answered", "features": features}
    PredictionLog.objects.create(shop=shop, use_case=SLUG, unit=unit(who), at=at, score=chance, **facts)


def test_a_tool_reads_chances_with_their_age_and_what_is_at_stake(shop: Shop, key: str) -> None:
    is_there(shop, "ann", 0.25)
    said = ask(key)
    (row,) = said.told["rows"]
    assert said.status == 200 and (said.told["currency"], said.told["next"]) == ("GBP", None)
    assert (row["of"], row["chance"], row["at_stake"], row["version"]) == ("session", 0.25, "45.50", None)
    assert 239 <= row["age_seconds"] <= 300 and row["id"] == underway.pseudonym(shop, rows_of(shop)[0])
    assert said.headers[b"cache-control"] == b"no-store" and b"access-control-allow-origin" not in said.headers


def rows_of(shop: Shop) -> list[underway.Underway]:
    return underway.of(shop, SLUG, timezone.now(), most=10)


def test_nothing_of_a_person_is_told(shop: Shop, key: str) -> None:
    is_there(shop, "ann", 0.25)
    said = ask(key)
    assert said.told["rows"][0].keys() == {"id", "of", "chance", "scored_at", "age_seconds", "version", "at_stake"}
    assert unit("ann").hex() not in said.body.decode()


def test_a_page_at_a_time(shop: Shop, key: str) -> None:
    for number, who in enumerate("abcde"):
        is_there(shop, who, 0.1 * (number + 1))
    seen, after, pages = [], "0", 0
    while after is not None:
        told = ask(key, query=f"limit=2&after={after}").told
        seen += [row["chance"] for row in told["rows"]]
        after, pages = told["next"], pages + 1
    assert (seen, pages) == ([0.1, 0.2, 0.3, 0.4, 0.5], 3)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "limit=", "after=-1", "after=x", "after=" + "9" * 19]
)
def test_a_page_that_there_cannot_be_is_refused(shop: Shop, key: str, query: str) -> None:
    assert ask(key, query=query).status == 400


def test_without_a_key_of_a_shop_nothing_is_read(shop: Shop, key: str) -> None:
    is_there(shop, "ann", 0.25)
    for said in (
        ask(""),
        ask("x"),
        ask(key + "x"),
        ask("", authorization=f"Basic {key}"),
        ask("", cookie=f"key={key}"),
    ):
        assert said.status == 401 and b"chance" not in said.body
        assert said.headers[b"www-authenticate"] == b"Bearer"
    assert ask("", query=f"key={key}").status == 401


def test_a_key_reads_its_own_shop_alone(shop: Shop, key: str) -> None:
    other = histories.a_shop(domain=OTHER_SHOP)
    is_there(other, "ann", 0.25)
    assert ask(key).told["rows"] == []
    assert len(ask(keys.make(other, by="1", now=timezone.now())).told["rows"]) == 1


def test_a_revoked_key_reads_nothing_from_then_on(shop: Shop, key: str) -> None:
    assert ask(key).status == 200
    keys.revoke(ShopKey.objects.get(), by="1")
    assert ask(key).status == 401


def test_what_is_not_exported_is_not_there(key: str) -> None:
    for path in ("/api/", "/api/nothing", "/api/toy/more", f"/api/{SLUG}/", "/api/offers"):
        assert ask(key, path).status == 404, path
    assert ask(key, method="POST").status == 405 and ask(key, method="HEAD").status == 405


def test_an_address_and_a_shop_may_ask_so_often(shop: Shop, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "BY_SHOP", Limit(at_once=2, a_second=0))
    assert [ask(key).status for _ in range(3)] == [200, 200, 429]
    monkeypatch.setattr(api, "BY_ADDRESS", Limit(at_once=2, a_second=0))
    said = [ask("guess") for _ in range(3)]
    assert [each.status for each in said] == [401, 401, 429] and said[2].headers[b"retry-after"] == b"10"


def test_a_database_that_is_away_is_said_so(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(keys, "shop_of", away)
    said = ask(key)
    assert said.status == 503 and said.headers[b"retry-after"] == b"10"
    monkeypatch.undo()


def test_too_many_at_once_are_asked_to_come_back(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "pending", set(range(api.MOST_PENDING)))
    assert ask(key).status == 503


def test_an_answer_can_be_read_as_json_by_anybody(shop: Shop, key: str) -> None:
    is_there(shop, "ann", 1 / 3)
    assert json.loads(ask(key, query="limit=1").body)["rows"][0]["chance"] == 0.333333
