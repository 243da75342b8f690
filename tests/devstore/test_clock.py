"""The store's clock: put forward by a lever, followed by everything that tells a time, never turned back."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests

from devstore import clock
from devstore.store import Store
from tests.devstore.conftest import CLIENT_ID, SECRET, World, serving, until

QUERY = "{ shop { name } }"


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory, app: Any) -> Iterator[World]:
    """Serve a store of its own: a clock that went forward stays there."""
    with serving(tmp_path_factory.mktemp("turned"), app, days=5) as world:
        yield world


def time_in(world: World) -> datetime:
    return datetime.fromisoformat(world.state()["now"])


def test_it_goes_forward_by_hours_and_to_a_moment(turned: World) -> None:
    before = time_in(turned)
    turned.control("clock", forward_hours=24)
    assert timedelta(hours=24) <= time_in(turned) - before < timedelta(hours=24, minutes=2)
    to = (before + timedelta(days=3)).replace(microsecond=0)
    assert datetime.fromisoformat(turned.control("clock", at=to.isoformat())["now"]) - to < timedelta(seconds=10)


def test_it_is_never_turned_back(turned: World) -> None:
    before = time_in(turned)
    assert turned.control("clock", forward_hours=-1)["status"] == 400
    assert turned.control("clock", at="2020-01-01T00:00:00")["status"] == 400
    assert time_in(turned) >= before


def test_access_tokens_run_out_on_it(turned: World) -> None:
    access = turned.token().json()["access_token"]
    assert turned.call(access, QUERY).status_code == 200
    turned.control("clock", forward_hours=2)
    assert turned.call(access, QUERY).status_code == 401


def test_id_tokens_are_of_its_time(turned: World) -> None:
    turned.control("clock", forward_hours=24)
    skipped = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims = jwt.decode(turned.id_token(), SECRET, algorithms=["HS256"], audience=CLIENT_ID, options=skipped)
    assert claims["iat"] >= time.time() + 23 * 3600
    assert abs(claims["iat"] - time_in(turned).timestamp()) < 10
    assert turned.token().status_code == 200


def test_orders_and_what_announces_them_are_of_its_time(turned: World) -> None:
    turned.control("clock", forward_hours=24)
    turned.app.deliveries.clear()
    turned.control("place-order", attributes=[{"_unit": "a"}, {"_unit": "b"}])
    orders = until(lambda: found if len(found := turned.app.heard("orders/create")) == 2 else None)
    for order in orders:
        created = datetime.fromisoformat(order.body["created_at"])
        triggered = datetime.fromisoformat(order.headers["x-shopify-triggered-at"])
        assert abs(created - time_in(turned)) < timedelta(seconds=30)
        assert abs(triggered - created) < timedelta(seconds=30)
    assert {held["value"] for order in orders for held in order.body["note_attributes"]} == {"a", "b"}


def test_what_is_due_later_is_sent_when_that_time_has_come(turned: World) -> None:
    turned.control("knobs", late=1, late_seconds=7200)
    turned.app.deliveries.clear()
    turned.control("place-order")
    turned.control("knobs", late=0)
    assert not turned.app.heard("orders/create")
    turned.control("clock", forward_hours=3)
    assert until(lambda: turned.app.heard("orders/create"))


def test_a_restart_does_not_turn_it_back(turned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_ahead", 0.0)
    begins, lever = clock.ahead(), time_in(turned) - datetime.now(UTC)
    Store(turned.folder / "state")
    assert abs(clock.ahead() - begins - lever.total_seconds()) < 10


def test_a_scenario_plays_by_its_levers_and_tells_the_truth(turned: World) -> None:
    assert turned.control("scenario", name="sunny")["status"] == 400
    begun = turned.control("scenario", name="drift", seed=3)
    turned.app.deliveries.clear()
    played = turned.control("play", forward_hours=48)
    assert played["name"] == "drift" and 1.9 < played["day"] - begun["day"] < 2.1
    assert until(lambda: len(turned.app.heard("orders/create")) > 3)
    address = f"http://127.0.0.1:{turned.port}/control/scenario"
    told = requests.get(address, params={"shop": turned.shop}, timeout=60).json()
    assert told["day"] == played["day"]
    assert [(each["what"], each["day"], each["has_begun"]) for each in told["injected"]] == [
        ("demand", 7, False),
        ("mix", 14, False),
    ]
