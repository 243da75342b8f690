"""Discount codes: what a checkout that uses one says, what one says that cannot, and what the order says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.devstore.conftest import SHOP, World
from tests.waiting import until


@pytest.fixture
def checkout(world: World) -> int:
    """Begin a checkout in a store that has a code for a fifth off."""
    world.control("discount-code", code="FIFTH", percent=20)
    world.app.deliveries.clear()
    world.control("place-order")
    until(lambda: world.app.heard("orders/create"), "an order")
    order = world.app.heard("orders/create")[-1].body
    line = {"variant_id": order["line_items"][0]["variant_id"], "quantity": 1}
    return int(world.control("checkout", lines=[line])["checkout_id"])


def use(world: World, checkout: int, code: str) -> Any:
    address = f"http://localhost:{world.port}/store/{SHOP}/checkout/{checkout}/discount"
    return requests.post(address, {"code": code}, headers={"Accept": "application/json"}, timeout=60).json()


def test_a_checkout_says_which_code_it_uses_and_what_that_takes_off(world: World, checkout: int) -> None:
    assert use(world, checkout, "fifth") == {"type": "success"}
    until(lambda: world.app.heard("checkouts/update"), "the update")
    body = world.app.heard("checkouts/update")[-1].body
    whole, off = float(body["total_line_items_price"]), float(body["total_discounts"])
    assert body["discount_codes"] == [{"code": "FIFTH", "amount": f"{off:.2f}", "type": "percentage"}]
    assert off == pytest.approx(whole / 5, abs=0.01)
    assert float(body["subtotal_price"]) == pytest.approx(whole - off)


def test_a_code_that_is_gone_is_refused(world: World, checkout: int) -> None:
    world.control("discount-code", code="FIFTH", percent=0)
    assert use(world, checkout, "FIFTH") == {"type": "error", "message": "Enter a valid discount code."}


@pytest.mark.parametrize(("code", "codes"), [("fifth", ["FIFTH"]), ("GONE", [])])
def test_a_code_of_a_link_is_used_where_there_is_such_a_code(
    world: World, checkout: int, code: str, codes: list[str]
) -> None:
    home = f"http://localhost:{world.port}/store/{SHOP}"
    away = {"redirect": "//elsewhere.example"}
    link = requests.get(f"{home}/discount/{code}", away, allow_redirects=False, timeout=60)
    assert link.headers["location"] == f"/store/{SHOP}/"
    until(lambda: world.app.heard("checkouts/create"), "a checkout")
    variant = world.app.heard("checkouts/create")[-1].body["line_items"][0]["variant_id"]
    world.app.deliveries.clear()
    cookies = f"cart={json.dumps({variant: 1})}; {link.headers['set-cookie'].partition(';')[0]}"
    begun = requests.post(f"{home}/checkout", headers={"Cookie": cookies}, allow_redirects=False, timeout=60)
    assert begun.status_code == 303 and "/checkout/" in begun.headers["location"]
    until(lambda: world.app.heard("checkouts/update" if codes else "checkouts/create"), "the checkout")
    body = world.app.heard("checkouts/update" if codes else "checkouts/create")[-1].body
    assert [each["code"] for each in body["discount_codes"]] == codes
