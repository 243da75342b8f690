"""A visitor's way shows in what the pixel hears: buyers check out, few others do, and nothing of it tells for sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from devstore.playing import Playing
from devstore.visiting.funnel import Way, checkout_event, told_on_the_way, way
from devstore.visiting.visit import told
from tests.devstore.small_store import after
from tests.devstore.visiting.test_visit import Shop


@pytest.fixture
def kits(shop: Callable[..., Playing]) -> Shop:
    return Shop(shop(per_day=60, kits=0.6))


def walks(kits: Shop) -> list[tuple[Way, bool]]:
    visits = kits.visits(kits.blocks(None))
    return [(way(each, each.own), each.buys_anyway) for each in visits]


def test_of_a_hundred_visitors_nine_fill_a_cart_and_half_of_those_who_check_out_buy(kits: Shop) -> None:
    found = walks(kits)
    carts, checkouts = sum(bool(each.cart) for each, _ in found), sum(each.checks_out for each, _ in found)
    bought = sum(buys for _, buys in found)
    assert 0.075 < carts / len(found) < 0.105
    assert 0.38 < checkouts / carts < 0.53
    assert 0.4 < bought / checkouts < 0.6


def test_who_buys_comes_more_often_by_desktop_and_less_by_social_media(kits: Shop) -> None:
    found = walks(kits)
    for of, names in (("device", ("desktop", "phone")), ("source", ("direct", "social"))):
        shares = {
            buys: Counter(getattr(each, of) for each, bought in found if bought is buys) for buys in (True, False)
        }
        more, less = names
        ratio = {buys: counts[more] / max(1, counts[less]) for buys, counts in shares.items()}
        assert ratio[True] > 1.3 * ratio[False]


def test_the_same_visitor_goes_the_same_way_each_time(kits: Shop) -> None:
    assert [each for each, _ in walks(kits)] == [each for each, _ in walks(kits)]


def test_the_pixel_hears_the_cart_grow(kits: Shop) -> None:
    blocks = kits.blocks(kits.fitting)
    came = next(each for each in kits.visits(blocks) if each.bought and not each.buys_anyway)
    wanted = came.because(kits.variants)
    going = way(came, wanted)
    prices = dict.fromkeys(wanted, 1250)
    events = list(told_on_the_way(going, [*told(came, blocks)], kits.product_of, prices, "GBP"))
    added = [event for event in events if event["name"] == "product_added_to_cart"]
    assert [int(event["variant"]) for event in added] == list(wanted)
    assert [event["value"] for event in added] == [12.5 * number for number in range(1, len(wanted) + 1)]
    assert (events[0]["name"], events[0]["source"], events[-1]["name"]) == ("page_viewed", going.source, "cart_viewed")
    assert not any("source" in event for event in events[1:])
    started = checkout_event(going, "t", prices, "GBP")
    assert (started["value"], started["units"], started["checkout"]) == (12.5 * len(wanted), len(wanted), "t")


def test_checkouts_begin_with_the_visit_and_orders_complete_them(shop: Callable[..., Playing]) -> None:
    playing = shop(per_day=30, kits=0.6)
    with playing.store.writing() as db:
        db.execute("UPDATE variants SET continues = 1")
    playing.begin("recommendations", 7)
    playing.play(after(2))
    begun = playing.store.number("SELECT count(*) FROM checkouts")
    done = playing.store.number("SELECT count(*) FROM checkouts WHERE completed_at IS NOT NULL")
    of_orders = playing.store.number("SELECT count(*) FROM order_checkouts")
    assert begun > done == of_orders > 5
    said: list[dict[str, Any]] = [event for _, each in playing.visits.telling.heard for event in each.events]
    tokens = {event["checkout"] for event in said if event["name"] == "checkout_started"}
    known = {row["token"] for row in playing.store.all("SELECT token FROM checkouts")}
    assert tokens < known and len(tokens) > 0.7 * len(known)  # who did not agree is not told of


def test_a_checkout_goes_on_and_who_stops_early_buys_less(shop: Callable[..., Playing]) -> None:
    playing = shop(per_day=60, kits=0.6)
    with playing.store.writing() as db:
        db.execute("UPDATE variants SET continues = 1")
    playing.begin("recommendations", 7)
    for hours in range(1, 25):
        playing.play(after(hours / 12))
    told: dict[str, list[dict[str, Any]]] = {}
    for topic, body, _ in playing.webhooks.heard:
        if topic.startswith("checkouts/"):
            told.setdefault(body["token"], []).append(body)
    reached: dict[int, list[bool]] = {0: [], 1: [], 2: []}
    for bodies in told.values():
        times = [body["updated_at"] for body in bodies]
        steps = [bool(body["shipping_address"]["address1"]) + bool(body["shipping_lines"]) for body in bodies]
        assert times == sorted(times) and len(set(times)) == len(times)
        assert steps == sorted(steps) and steps[0] == 0
        assert [body["completed_at"] is not None for body in bodies[:-1]] == [False] * (len(bodies) - 1)
        has_bought = bodies[-1]["completed_at"] is not None
        for step in {*steps[:-1]} if has_bought else {*steps}:
            reached[step].append(has_bought)
    shares = [sum(bought) / len(bought) for bought in reached.values()]
    assert 0.4 < shares[0] < 0.6 < shares[1] < shares[2] < 0.95
