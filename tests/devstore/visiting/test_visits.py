"""Visitors in a scenario that plays: the app hears of them first, then they buy, and the store knows why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from devstore import clock, occasions
from devstore.habits import habits_of
from devstore.playing import Playing
from devstore.scenarios import SCENARIOS
from devstore.visiting.block import blocks_of
from devstore.visiting.buckets import digest
from devstore.visiting.tastes import tastes_of
from tests.devstore.small_store import SHOP, after, publish

RULES = {"live": "a", "weight": 50, "seed": "s", "hold_out": 10, "hold_out_seed": "h"}


def lists(playing: Playing) -> dict[int, dict[str, list[int]]]:
    """Give each product what fits it in slot b, and what fits it least in slot a."""
    habits = habits_of(playing.store, SHOP, playing.zone(), date(2027, 5, 3))
    usual = occasions.on(SCENARIOS["recommendations"], habits, 1)
    tastes = tastes_of(usual, playing.visits.product_of())
    can_be_bought = blocks_of(playing.store, playing.store.shop(SHOP), habits.sold).variants
    products = sorted(can_be_bought)
    worst = {page: sorted(products, key=lambda pick: tastes.fit(page, pick)) for page in products}
    return {
        page: {"a": [pick for pick in worst[page] if pick != page][:8], "b": tastes.best(page, 8)} for page in products
    }


def played(shop: Callable[..., Playing], days: float, steps: int = 1, name: str = "state", **rules: Any) -> Playing:
    """Play some days with lists, in some steps."""
    playing = shop(name, per_day=30, kits=0.6)
    with playing.store.writing() as db:
        db.execute("UPDATE variants SET continues = 1")  # what is sold out is shown to nobody who comes later
    publish(playing.store, lists(playing), **(RULES | rules))
    playing.begin("recommendations", 7)
    for step in range(1, steps + 1):
        playing.play(after(2 / 24 + (days - 2 / 24) * step / steps))
    return playing


def carried(playing: Playing) -> dict[int, str]:
    """Give the unit of each order that carries one."""
    found = playing.store.all("SELECT * FROM order_attributes ORDER BY order_id")
    assert {row["name"] for row in found} <= {"_shopmlops_unit"}
    return {row["order_id"]: row["value"] for row in found}


def seen(playing: Playing) -> dict[tuple[str, str], dict[str, Any]]:
    told = playing.told(playing.run())["visitors"]
    return {(row["saw"], row["slot"]): row for row in told["seen"]}


def test_who_buys_was_told_before_and_orders_carry_their_unit(shop: Callable[..., Playing]) -> None:
    playing = played(shop, 3, steps=9)
    first = {}
    for at, said in playing.visits.telling.heard:
        if said.shown:
            first.setdefault(digest(said.visitor), at)
    units = carried(playing)
    at = {row["id"]: row["created_at"] for row in playing.store.all("SELECT id, created_at FROM orders")}
    assert len(units) > 20
    late = [order for order, unit in units.items() if unit in first and at[order] < first[unit]]
    assert late == []
    assert sum(unit in first for unit in units.values()) == len(units)
    assert len(set(first.values())) == 9  # the moments at which time stood still


def test_the_app_hears_of_orders_with_their_unit(shop: Callable[..., Playing]) -> None:
    playing = played(shop, 2)
    heard = {
        body["id"]: {each["name"]: each["value"] for each in body["note_attributes"]}
        for topic, body, _ in playing.webhooks.heard
        if topic == "orders/create"
    }
    units = carried(playing)
    assert {order: each["_shopmlops_unit"] for order, each in heard.items() if each} == units
    assert any(not each for each in heard.values())  # others, and visitors who did not agree


def test_visitors_may_come_some_time_before_time_passes(shop: Callable[..., Playing]) -> None:
    playing = played(shop, 0.5)
    before = clock.seconds(), len(playing.visits.telling.heard)
    playing.visit(after(1))
    assert clock.seconds() == before[0] and len(playing.visits.telling.heard) > before[1]
    told, waiting = len(playing.visits.telling.heard), list(playing.visits.waiting)
    playing.play(after(0.75))
    later = [each for each in waiting if each.at >= after(0.75)]
    assert len(playing.visits.telling.heard) == told and playing.visits.waiting == later != []
    playing.play(after(1))
    assert len(playing.visits.telling.heard) == told and playing.visits.waiting == []
    assert sum(row["visitors"] for row in seen(playing).values()) > len(waiting)


def test_steps_do_not_matter(shop: Callable[..., Playing], monkeypatch: pytest.MonkeyPatch) -> None:
    def told(playing: Playing) -> list[tuple[Any, ...]]:
        sql = "SELECT o.created_at, l.variant_id, l.quantity FROM orders o JOIN lines l ON l.order_id = o.id"
        rows = playing.store.all(f"{sql} WHERE o.created_at >= ? ORDER BY 1, 2, 3", after(0))
        return [tuple(row) for row in rows]

    by_hours = played(shop, 2, steps=23, name="hours")
    monkeypatch.setattr(clock, "_ahead", 0.0)
    at_once = played(shop, 2, name="once")
    assert told(by_hours) == told(at_once) != [] and seen(by_hours) == seen(at_once)
    sort = lambda playing: sorted(said.visitor for _, said in playing.visits.telling.heard)  # noqa: E731
    assert sort(by_hours) == sort(at_once)


def test_the_store_knows_what_was_sold_because_of_a_list(shop: Callable[..., Playing]) -> None:
    playing = played(shop, 8)
    found = seen(playing)
    assert found.keys() == {("live", "a"), ("new", "b"), ("nothing", ""), ("unasked", "a")}
    new, live, nothing = found["new", "b"], found["live", "a"], found["nothing", ""]
    assert nothing["orders_because"] == nothing["units_because"] == nothing["money_because"] == 0
    assert new["orders_because"] > 4 * max(1, live["orders_because"])
    assert new["conversion"] > 1.3 * live["conversion"]
    for row in found.values():
        assert row["visitors"] > row["orders"] >= row["orders_because"]
        assert row["units"] >= row["units_because"] and row["money"] >= row["money_because"]
        assert row["conversion"] == pytest.approx(row["orders"] / row["visitors"], abs=1e-5)
    assert new["money_because"] > 0 and new["units_because"] >= 2 * new["orders_because"]


def test_what_the_app_was_told_is_counted(shop: Callable[..., Playing]) -> None:
    playing = played(shop, 2, steps=2)
    told = playing.told(playing.run())["visitors"]
    shown = [said for _, said in playing.visits.telling.heard if said.shown]
    assert told["requests"].pop("proxy told") == len(shown) and told["a_day"] == 6000
    assert told["requests"].keys() == {"cart nothing", "checkout nothing"}  # no offer runs
    assert told["requests_a_second"] == round(len(shown) / 3)  # of three parts, each a second long
    says = Counter(said.shown["shown"] for said in shown)
    assert says.keys() == {"live", "new", "nothing"}
    assert {(said.shown["hold_out"], said.shown["hold_out_seed"], said.shown["seed"]) for said in shown} == {
        ("10", "h", "s")
    }


def test_another_scenario_begins_to_count_anew(shop: Callable[..., Playing]) -> None:
    playing = played(shop, 1)
    playing.begin("bad-model", 0)
    assert playing.told(playing.run())["visitors"] == {
        "seen": [], "requests": {}, "requests_a_second": None, "a_day": 0, "offers": [],
    }  # fmt: skip


def test_a_shop_that_shows_nothing_sells_what_it_always_sold(shop: Callable[..., Playing]) -> None:
    playing = shop(per_day=30)
    habits = habits_of(playing.store, SHOP, playing.zone(), date(2027, 5, 3))
    playing.begin("recommendations", 0)
    playing.play(after(21))
    number = playing.store.number("SELECT count(*) FROM orders WHERE created_at >= ?", after(0))
    assert number / 21 == pytest.approx(habits.usual, rel=0.12)
    assert seen(playing).keys() == {("", "")} and carried(playing) == {}
