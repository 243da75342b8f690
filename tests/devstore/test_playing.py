"""A month in the store: days like the last ones, what a scenario does to them, and what the store says it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from devstore import clock
from devstore.playing import Playing
from devstore.runs import told
from devstore.scenarios import SCENARIOS, What
from tests.devstore.small_store import SHOP, after


def orders(playing: Playing, since: float = 0, to: float = 99) -> list[tuple[Any, ...]]:
    sql = (
        "SELECT o.created_at, l.variant_id, l.quantity FROM orders o JOIN lines l ON l.order_id = o.id "
        "WHERE o.created_at >= ? AND o.created_at < ? ORDER BY 1, 2, 3"
    )
    return [tuple(row) for row in playing.store.all(sql, after(since), after(to))]


def number(playing: Playing, since: float, to: float) -> int:
    return playing.store.number(
        "SELECT count(*) FROM orders WHERE created_at >= ? AND created_at < ?", after(since), after(to)
    )


def test_every_scenario_has_a_name_a_month_and_says_of_each_injection_what_it_is() -> None:
    assert set(SCENARIOS) == {
        "calm", "drift", "bad-model", "stock-outs", "outage", "black-friday", "campaign", "recommendations", "offers",
    }  # fmt: skip
    for name, scenario in SCENARIOS.items():
        assert scenario.name == name and scenario.days >= 28
        assert all(event.sentence and 0 < event.first < event.last for event in scenario.events)
        assert (scenario.events == ()) == (name in ("calm", "offers"))
        assert datetime.fromisoformat(scenario.at).weekday() == 0


def test_a_calm_month_goes_on_as_the_last_eight_weeks_went(shop: Callable[..., Playing]) -> None:
    playing = shop(per_day=30)
    before = number(playing, -56, 0) / 56
    playing.begin("calm", 0)
    playing.play(after(28))
    assert number(playing, 0, 28) / 28 == pytest.approx(before, rel=0.15)
    assert [row[0] for row in orders(playing)] == sorted(row[0] for row in orders(playing))


def test_steps_do_not_matter_and_nothing_is_played_twice(
    shop: Callable[..., Playing], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hours = shop("hours")
    by_hours.begin("drift", 7)
    for step in range(1, 25):
        by_hours.play(after(step / 3))
        by_hours.play(after(step / 3))
    monkeypatch.setattr(clock, "_ahead", 0.0)
    at_once = shop("once")
    at_once.begin("drift", 7)
    at_once.play(after(8))
    assert orders(by_hours) == orders(at_once) != []


def test_a_scenario_that_plays_goes_on_where_it_was(shop: Callable[..., Playing]) -> None:
    playing = shop()
    playing.begin("drift", 7)
    playing.play(after(2))
    before = orders(playing)
    again = playing.begin("drift", 7)
    assert again.played == after(2) and orders(playing) == before
    other = playing.begin("calm", 7)
    assert other.scenario.name == "calm" and other.began == after(2)


def test_what_happened_is_told_with_the_time_it_happened(shop: Callable[..., Playing]) -> None:
    playing = shop()
    playing.begin("calm", 0)
    playing.play(after(3))
    heard = [(body, at) for topic, body, at in playing.webhooks.heard if topic == "orders/create"]
    assert heard and all(datetime.fromisoformat(body["created_at"]).timestamp() == at for body, at in heard)
    assert {topic for topic, _, _ in playing.webhooks.heard} >= {"inventory_levels/update", "orders/updated"}


def test_a_drift_begins_on_its_day_and_the_store_says_so(shop: Callable[..., Playing]) -> None:
    playing = shop(per_day=30)
    playing.begin("drift", 0)
    run = playing.play(after(14))
    assert number(playing, 7, 14) > 1.5 * number(playing, 0, 7)
    [demand, mix] = told(run)["injected"]
    assert demand["has_begun"] and demand["at"] == "2027-05-10T00:00:00+01:00" and demand["until"] is None
    assert mix["has_begun"] and mix["day"] == 14


def test_a_mix_turns_best_sellers_into_slow_ones(shop: Callable[..., Playing]) -> None:
    from devstore.habits import habits_of

    playing = shop(per_day=30)
    run = playing.begin("drift", 0)
    habits = habits_of(playing.store, SHOP, run.zone, run.first_day)
    best = set(habits.best_first[: len(habits.sold) // 2])
    playing.play(after(21))
    share = lambda rows: sum(units for _, variant, units in rows if variant in best) / sum(r[2] for r in rows)  # noqa: E731
    assert share(orders(playing, 14, 21)) < share(orders(playing, 7, 14)) - 0.2


def test_what_is_sold_out_stays_gone_and_what_is_lost_is_remembered(shop: Callable[..., Playing]) -> None:
    playing = shop(per_day=30)
    run = playing.begin("stock-outs", 0)
    from devstore.habits import habits_of

    habits = habits_of(playing.store, SHOP, run.zone, run.first_day)
    gone = set(habits.best_first[: round(0.3 * len(habits.sold))])
    playing.play(after(5.01))
    levels = playing.store.all("SELECT v.id, l.available FROM levels l JOIN variants v ON v.item_id = l.item_id")
    left = [row["available"] for row in levels if row["id"] in gone]
    assert left and not any(left), "at no place, so that none has what another lacks"
    playing.play(after(18.9))
    # Cancelled orders put a unit back now and then; nobody restocks.
    assert sum(units for _, variant, units in orders(playing, 6, 18.9) if variant in gone) < 0.05 * len(gone) * 13
    assert playing.store.number("SELECT sum(units) FROM lost_sales WHERE day >= '2027-05-08'") > 50
    playing.play(after(45))
    assert {variant for _, variant, _ in orders(playing, 40, 45)} & gone


def test_what_is_nearly_gone_is_ordered_and_arrives(shop: Callable[..., Playing]) -> None:
    playing = shop()
    playing.begin("calm", 0)
    playing.play(after(40))
    sold = sum(units for _, _, units in orders(playing, 0, 40))
    lost = playing.store.number("SELECT sum(units) FROM lost_sales WHERE day >= '2027-05-03'")
    assert lost < 0.1 * sold


def test_an_outage_begins_and_ends(shop: Callable[..., Playing]) -> None:
    playing = shop()
    playing.begin("outage", 0)
    playing.play(after(5.9))
    assert not playing.webhooks.paused and playing.faults.left() == {}
    playing.play(after(6))
    assert playing.webhooks.paused and playing.webhooks.dropped == 0.3 and playing.faults.next("5xx") == "5xx"
    playing.play(after(8.5))
    assert not playing.webhooks.paused and playing.webhooks.dropped == 0 and playing.faults.left() == {}


def test_black_friday_is_four_times_as_busy_as_a_usual_friday(shop: Callable[..., Playing]) -> None:
    scenario = SCENARIOS["black-friday"]
    friday = datetime.fromisoformat(scenario.at) + timedelta(days=18)
    assert f"{friday:%A %d %B}" == "Friday 26 November"
    assert scenario.factor(What.DEMAND, 18) == 4 and scenario.factor(What.DEMAND, 14) == 1


@pytest.mark.parametrize("name", ["", "sunny"])
def test_an_unknown_scenario_is_refused(shop: Callable[..., Playing], name: str) -> None:
    with pytest.raises(ValueError, match="scenario must be one of calm"):
        shop().begin(name, 0)


def test_without_a_scenario_no_time_passes(shop: Callable[..., Playing]) -> None:
    with pytest.raises(ValueError, match="No scenario plays here"):
        shop().play(after(1))
