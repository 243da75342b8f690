"""What visitors are shown is what the block's own Liquid renders, for every state of fields, stock and products."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devstore import theme
from devstore.playing import Playing
from devstore.visiting.block import Blocks, Rules, blocks_of
from devstore.visiting.buckets import bucket, digest
from tests.devstore.small_store import SHOP, publish

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def playing(shop: Callable[..., Playing]) -> Playing:
    return shop(per_day=30)


def for_sale(playing: Playing) -> list[int]:
    """List the products that can be bought."""
    return sorted(blocks_of(playing.store, playing.store.shop(SHOP), {}).variants)


def blocks(playing: Playing) -> Blocks:
    return blocks_of(playing.store, playing.store.shop(SHOP), {})


def rendered(playing: Playing, product: int) -> tuple[list[int], list[int] | None] | None:
    """Return the lists that the Liquid renders for a product: the live one, and the other where there is one."""
    found = theme.extension(ROOT / "extensions")
    facts = theme.facts_of(playing.store, playing.store.shop(SHOP), product)
    (block,) = found.blocks()
    html = found.render(block, facts, "en", "GBP")
    live, template, other = html.partition("<template")
    numbers = lambda part: [int(each) for each in re.findall(r'data-product="(\d+)"', part)]  # noqa: E731
    return (numbers(live), numbers(other) if template else None) if "data-shopmlops-block" in html else None


def shown(playing: Playing, product: int) -> tuple[list[int], list[int] | None] | None:
    page = blocks(playing).pages.get(product)
    return (page.live, page.other) if page else None


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ("a b best", {"live": "a", "weight": 50, "seed": "s"}),
        ("a b best", {"live": "b", "weight": 10, "seed": "s"}),
        ("a b", {"live": "b", "weight": 0, "seed": "s"}),
        ("b best", {"live": "a", "weight": 50, "seed": "s"}),
        ("a best", {"live": "b", "weight": 50, "seed": "s"}),
        ("best", {}),
        ("a b best", {"is_off": True}),
        ("b", {"live": "a", "weight": 50, "seed": "s"}),
        ("", {"live": "a", "weight": 50, "seed": "s"}),
    ],
)
def test_the_lists_are_those_that_the_liquid_renders(playing: Playing, keys: str, rules: dict[str, Any]) -> None:
    page, gone, hidden, unpublished, *picks = for_sale(playing)
    with playing.store.writing() as db:
        db.execute(
            "UPDATE levels SET available = 0 WHERE item_id IN (SELECT item_id FROM variants WHERE product_id = ?)",
            [gone],
        )
        db.execute("UPDATE variants SET continues = 0 WHERE product_id = ?", [gone])
        db.execute("UPDATE products SET status = 'draft' WHERE id = ?", [hidden])
        db.execute("INSERT INTO unpublished_products VALUES (?)", [unpublished])
    lists = {"a": [gone, *picks[:6]], "b": [picks[5], hidden, picks[2], unpublished], "best": picks[3:9]}
    publish(playing.store, {page: {key: lists[key] for key in keys.split()}}, **rules)
    assert shown(playing, page) == rendered(playing, page)


@pytest.mark.parametrize("gone", ["sold out", "not seen"])
def test_a_list_of_what_cannot_be_bought_is_what_the_liquid_makes_of_it(playing: Playing, gone: str) -> None:
    page, only, best, *_ = for_sale(playing)
    with playing.store.writing() as db:
        if gone == "sold out":
            db.execute("UPDATE levels SET available = 0")
            db.execute("UPDATE variants SET continues = 0")
        else:
            db.execute("UPDATE products SET status = 'draft' WHERE id = ?", [only])
    publish(playing.store, {page: {"a": [only], "best": [best]}})
    assert shown(playing, page) == rendered(playing, page) == (([], None) if gone == "sold out" else ([best], None))


def test_a_shop_without_the_app_shows_nothing(playing: Playing) -> None:
    page, pick, *_ = for_sale(playing)
    publish(playing.store, {page: {"a": [pick]}})
    with playing.store.writing() as db:
        db.execute("UPDATE shops SET installed = 0")
    assert blocks(playing).pages == {}


def test_the_block_tells_nobody_apart_where_one_product_has_one_list_only(playing: Playing) -> None:
    first, second, *picks = for_sale(playing)
    publish(playing.store, {first: {"a": picks[:2]}, second: {"a": picks[:2], "b": picks[2:4]}}, weight=50, seed="s")
    found = blocks(playing)
    assert not found.is_compared(found.pages[first]) and found.is_compared(found.pages[second])
    publish(playing.store, {}, weight=0, seed="s")
    assert blocks(playing).is_compared(blocks(playing).pages[first])


def test_who_is_held_out_is_drawn_by_a_seed_of_its_own() -> None:
    units = [digest(str(number)) for number in range(2000)]
    rules = Rules(weight=50, seed="s", hold_out=10, hold_out_seed="h")
    out = [unit for unit in units if rules.holds_out(unit)]
    assert out == [unit for unit in units if bucket("h", unit) < 0.1]
    assert sum(rules.is_new(unit) for unit in out) / len(out) == pytest.approx(0.5, abs=0.12)
    assert not any(Rules(hold_out_seed="h").holds_out(unit) for unit in units)
