"""What the benchmark of answers asks is what the doors take, and each door is held to its own share."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.utils import timezone

from benchmarks import serving
from benchmarks.rig.serving import asking, shops
from pipelines.endpoints.answering.memory import Place
from pipelines.endpoints.checkout import told
from pipelines.shopify import id_tokens


def result(rate: float, milliseconds: float) -> dict[str, object]:
    latencies = [milliseconds / 1000] * 100
    return {"acknowledged": [*range(100)], "refused": 0, "seconds": 100 / rate, "latencies": latencies}


def test_each_checkout_asks_with_a_token_and_a_unit_of_its_own() -> None:
    at, asked = timezone.now(), shops.checkouts("score", 3)
    speakers = [id_tokens.verify_checkout(each.bearer, at) for each in asked]
    assert {each.shop_domain for each in speakers} == {shops.SHOP} and len({each.jti for each in speakers}) == 3
    read = [told.understand(told.read(each.body.encode()), Place("UTC", "EUR"), at) for each in asked]
    assert len({each.unit for each in read}) == len({each.checkout for each in read}) == 3
    assert all(each.has_consent and each.features["value"] for each in read)


def test_a_request_carries_its_token_and_says_how_long_it_is() -> None:
    head, _, body = asking.request(*shops.checkouts("offers", 1)[0]).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /checkout/offers HTTP/1.1" and f"Content-Length: {len(body)}".encode() in lines
    assert any(line.startswith(b"Authorization: Bearer ey") for line in lines) and json.loads(body)["api"] == told.API
    assert b"Authorization" not in asking.request("GET", "/", "", "")


@pytest.mark.parametrize(("rate", "milliseconds", "ok"), [(300, 30, [True] * 3), (290, 31, [False, False, True])])
def test_a_door_is_held_to_its_share_of_an_empty_apps_rate_and_tail(
    rate: float, milliseconds: float, ok: list[bool]
) -> None:
    assert {one.name for one in serving.brought()} == {"chances", "lists", "offers"}
    door = replace(next(one for one in serving.brought() if one.name == "chances"), least=0.3)
    checks = serving.checked(door, {"chances": [result(rate, milliseconds)], "empty": [result(1000, 10)]})
    assert [each.ok for each in checks] == ok
