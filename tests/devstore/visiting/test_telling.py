"""What visitors' browsers say arrives as a storefront's own requests would, many at once; nobody waits for the app."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from devstore import clock
from devstore.appconfig import AppConfig, Proxy
from devstore.visiting.telling import AT_ONCE, GIVES_UP, Said, Telling
from pipelines.shopify.hmac import proxy_is_authentic
from tests.devstore.conftest import SECRET, SHOP, free_port
from tests.devstore.tiny_app import TinyApp

CONFIG = AppConfig(proxy=Proxy("/apps/shopmlops", "/proxy"))


@pytest.fixture
def app() -> Iterator[TinyApp]:
    tiny = TinyApp(free_port())
    tiny.start()
    yield tiny
    tiny.stop()


def telling(app: TinyApp, config: AppConfig = CONFIG) -> Telling:
    return Telling(app.origin, SECRET, lambda: config)


def said(number: int) -> Said:
    shown = {"unit": f"visitor-{number}", "seed": "a seed", "shown": "new", "hold_out": "5", "hold_out_seed": "h"}
    events = tuple({"id": f"{number}-{place}", "name": "product_viewed", "product": "7"} for place in range(3))
    return Said(f"visitor-{number}", f"203.0.113.{number}", shown, events)


def pixel(app: TinyApp) -> dict[str, str]:
    return {"address": f"{app.origin}/pixel", "shop": SHOP, "key": "a key"}


def test_what_a_block_says_is_signed_with_the_stores_time(app: TinyApp) -> None:
    heard = telling(app).tell(SHOP, None, [said(1)])
    ((method, path, headers, body),) = app.requests
    given = parse_qsl(urlsplit(path).query, keep_blank_values=True)
    unsigned = [pair for pair in given if pair[0] != "signature"]
    assert proxy_is_authentic(unsigned, dict(given)["signature"], [SECRET])
    assert (method, urlsplit(path).path, body) == ("POST", "/proxy/recommendations", "")
    assert {**said(1).shown, "shop": SHOP, "path_prefix": "/apps/shopmlops"}.items() <= dict(given).items()
    assert abs(int(dict(given)["timestamp"]) - clock.now()) < 60
    assert headers["user-agent"].startswith("Mozilla/5.0 ") and headers["x-forwarded-for"] == "203.0.113.1"
    assert heard.counts == {("proxy", "told"): 1}


def test_what_the_pixel_hears_is_of_the_last_minutes_in_one_request(app: TinyApp) -> None:
    quiet = Said("visitor-1", "203.0.113.1", None, said(1).events)
    heard = telling(app).tell(SHOP, pixel(app), [quiet])
    ((_, path, _, raw),) = app.requests
    body = json.loads(raw)
    assert (
        path == "/pixel"
        and {"shop": SHOP, "key": "a key", "unit": "visitor-1", "analytics": True}.items() <= body.items()
    )
    sent = datetime.fromisoformat(body["sent"])
    ages = [(sent - datetime.fromisoformat(event["at"])).total_seconds() for event in body["events"]]
    assert ages == [30, 20, 10] and [event["id"] for event in body["events"]] == ["1-0", "1-1", "1-2"]
    assert heard.counts == {("pixel", "told"): 1}


def test_of_much_some_is_told_at_once_and_all_of_it_in_order(app: TinyApp) -> None:
    events = tuple({"id": str(number), "name": "page_viewed"} for number in range(45))
    telling(app).tell(SHOP, pixel(app), [Said("visitor-1", "203.0.113.1", None, events)])
    bodies = [json.loads(raw)["events"] for _, _, _, raw in app.requests]
    assert [len(each) for each in bodies] == [20, 20, 5]
    told = [event for each in bodies for event in each]
    assert [event["id"] for event in told] == [event["id"] for event in events]
    assert [event["at"] for event in told] == sorted(event["at"] for event in told)


def test_many_are_told_at_once_and_all_of_it(app: TinyApp) -> None:
    heard = telling(app).tell(SHOP, pixel(app), [said(number) for number in range(100)])
    units = sorted(dict(parse_qsl(urlsplit(path).query))["unit"] for _, path, _, _ in app.requests if "proxy" in path)
    assert units == sorted(f"visitor-{number}" for number in range(100))
    assert heard.counts == {("proxy", "told"): 100, ("pixel", "told"): 100} and heard.milliseconds > 0


def test_what_is_refused_is_counted(app: TinyApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_post", lambda handler: app._answer(handler, 409))
    assert telling(app).tell(SHOP, None, [said(1), said(2)]).counts == {("proxy", "refused 409"): 2}


def test_an_app_that_is_away_costs_a_count_and_is_soon_asked_no_more() -> None:
    nobody = Telling(f"http://127.0.0.1:{free_port()}", SECRET, lambda: CONFIG)
    heard = nobody.tell(SHOP, None, [said(number) for number in range(500)])
    assert heard.counts == {("proxy", "away"): 500} and heard.milliseconds == 0


def test_who_hangs_is_waited_for_a_few_times_only(app: TinyApp, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("devstore.visiting.telling.SECONDS", 0.05)
    monkeypatch.setattr(app, "_post", lambda handler: (asked.append(handler), time.sleep(0.5)))
    heard = telling(app).tell(SHOP, None, [said(number) for number in range(200)])
    assert heard.counts == {("proxy", "away"): 200} and len(asked) <= AT_ONCE * GIVES_UP


def test_an_app_without_a_proxy_or_a_pixel_is_told_nothing(app: TinyApp) -> None:
    assert telling(app, AppConfig()).tell(SHOP, None, [said(1)]).counts == {}
    assert telling(app).tell(SHOP, None, []).counts == {} and app.requests == []
