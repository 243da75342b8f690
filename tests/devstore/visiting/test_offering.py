"""Visitors with a cart are asked for at the app's doors; the store knows what an offer did, and what it changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from devstore import discounts
from devstore.appconfig import AppConfig, Proxy
from devstore.playing import Playing
from devstore.scenarios import GOOD, OFFERS
from devstore.visiting.asking import Answer, Asking, Question
from pipelines.shopify.hmac import proxy_is_authentic
from tests.devstore.conftest import CLIENT_ID, SECRET, SHOP, free_port
from tests.devstore.small_store import after
from tests.devstore.tiny_app import TinyApp

CART = {"currency": "GBP", "value": 2500, "lines": [{"product": 1, "variant": 2, "quantity": 1, "price": 2500}]}
AT_CHECKOUT = Question("visitor-1", "ab" * 16, "203.0.113.1", CART, "a token")
AT_CART = Question("visitor-2", "cd" * 16, "203.0.113.2", CART)
SHOWN = {"decision": "d", "shown": {"id": 7, "kind": "code", "code": "TEN"}, "accept": "a pass"}


@pytest.fixture
def app() -> Iterator[TinyApp]:
    tiny = TinyApp(free_port())
    tiny.start()
    yield tiny
    tiny.stop()


def asking(app: TinyApp) -> Asking:
    return Asking(app.origin, CLIENT_ID, SECRET, lambda: AppConfig(proxy=Proxy("/apps/shopmlops", "/proxy")))


def test_a_checkout_asks_with_shopifys_token_and_accepts_with_the_pass(app: TinyApp) -> None:
    app.answers["/checkout/offers"] = json.dumps(SHOWN)
    (answer,) = asking(app).ask(SHOP, [AT_CHECKOUT])
    assert answer == Answer("shown", SHOWN["shown"], "a pass")
    assert asking(app).accept(SHOP, [(AT_CHECKOUT, answer)]) == {("accepted", "told"): 1}
    (_, _, headers, asked), (_, path, _, accepted) = app.requests
    assert headers["authorization"].startswith("Bearer ") and headers["x-forwarded-for"] == "203.0.113.1"
    told = {"api": 1, "analytics": True, "unit": "ab" * 16, "checkout": "a token", **CART}
    told |= {"has_address": False, "has_shipping": False}
    assert json.loads(asked) == told and path == "/checkout/accepted"
    assert json.loads(accepted) == {"api": 1, "accept": "a pass"}


def test_a_page_with_a_cart_asks_through_the_proxy(app: TinyApp) -> None:
    app.answers["/proxy/offers"] = json.dumps({"why": "nothing fits"})
    (answer,) = asking(app).ask(SHOP, [AT_CART])
    ((method, path, _, _),) = app.requests
    given = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
    unsigned = [pair for pair in given.items() if pair[0] != "signature"]
    assert method == "GET" and proxy_is_authentic(unsigned, given["signature"], [SECRET])
    assert given["unit"] == "visitor-2" and json.loads(given["question"]) == {"api": 1, "analytics": True, **CART}
    assert answer == Answer("nothing fits")


def test_many_are_asked_for_in_order_and_nobody_waits_for_an_app_that_is_away(app: TinyApp) -> None:
    app.answers["/checkout/offers"] = json.dumps(SHOWN)
    questions = [AT_CHECKOUT, AT_CART] * 5
    app.answers["/proxy/offers"] = json.dumps({"decision": "d"})
    assert [each.how for each in asking(app).ask(SHOP, questions)] == ["shown", "nothing"] * 5
    app.stop()
    app._server.server_close()
    assert {each.how for each in asking(app).ask(SHOP, questions)} == {"away"}


# In a scenario that plays


def offers(shop: Callable[..., Playing], code: str, days: int = 4) -> tuple[Playing, dict[str, Any]]:
    playing = shop(per_day=60)
    with playing.store.writing() as db:
        db.execute("UPDATE shops SET installed = 1")
        db.execute("UPDATE variants SET continues = 1")
    playing.visits.offering.asking.offer = {"id": 1, "kind": "code", "code": code}
    playing.begin("offers", 0)
    for step in range(1, days * 3 + 1):
        playing.play(after(step / 3))
    return playing, {row["name"]: row for row in playing.told(playing.run())["visitors"]["offers"]}


def test_an_offer_wins_orders_and_the_store_knows_what_would_have_been(shop: Callable[..., Playing]) -> None:
    playing, told = offers(shop, GOOD.code)
    row, asked = told[GOOD.code], playing.visits.offering.asking
    assert row["shown"] == len(asked.questions) > 150 and row["accepted"] == len(asked.accepted) > 30
    assert row["orders"] > 1.2 * row["orders_without"] and row["added_profit"] > 0
    assert row["chance"] == pytest.approx(row["orders"], rel=0.15) and row["chance_without"] == row["orders_without"]
    used = playing.store.number("SELECT count(*) FROM order_checkouts JOIN checkout_discounts USING (checkout_id)")
    assert row["given"] > 0 and used == pytest.approx(row["accepted"], abs=3)
    assert {question.door for question in asked.questions} == {"checkout", "cart"}


def test_one_that_those_take_who_would_buy_anyway_costs_profit(shop: Callable[..., Playing]) -> None:
    _, told = offers(shop, "TAKE20")
    assert told["TAKE20"]["orders"] < 1.1 * told["TAKE20"]["orders_without"] and told["TAKE20"]["added_profit"] < 0


def test_a_code_that_is_gone_is_taken_by_nobody(shop: Callable[..., Playing], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discounts, "found", lambda *_: None)
    playing, told = offers(shop, GOOD.code, days=1)
    assert told[GOOD.code]["accepted"] == 0 and playing.visits.offering.asking.accepted == []


def test_the_scenario_says_what_the_merchant_does_and_what_came_of_questions(shop: Callable[..., Playing]) -> None:
    playing, _ = offers(shop, GOOD.code, days=1)
    run = playing.told(playing.run())
    assert [each["page"] for each in run["acts"]] == [each.page for each in OFFERS.acts]
    counts = Counter({name: number for name, number in run["visitors"]["requests"].items() if "shown" in name})
    assert counts.total() == len(playing.visits.offering.asking.questions)
