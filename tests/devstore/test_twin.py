"""A second store like the first: the same things under other numbers, few orders, an admin of its own."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from devstore.store import Store
from tests.devstore.conftest import SHOP, World, app, devstore, serving
from tests.devstore.test_seeding import ROWS, write
from tests.devstore.tiny_app import TinyApp

__all__ = ["app"]
TWIN = "northbeck-test.myshopify.com"
LIKE = ("seed", "--state", "state", "--shop", TWIN, "--like", SHOP)
CATALOGUE = """SELECT v.sku, v.title, v.price, v.cost, p.title AS product, p.handle, p.status,
    (SELECT sum(available) FROM levels l WHERE l.item_id = v.item_id) AS available
    FROM variants v JOIN products p ON p.id = v.product_id AND p.shop = v.shop WHERE v.shop = ? ORDER BY v.id"""
IDS = "SELECT id FROM {table} WHERE shop = ?"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, app: TinyApp) -> Iterator[World]:
    """Serve a store alone, and add the second to it while it runs."""
    with serving(tmp_path_factory.mktemp("twin"), app, days=20) as world:
        yield world


@pytest.fixture(scope="module")
def made(first: World) -> dict[str, object]:
    done = devstore(first.folder, *LIKE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def store(first: World, made: dict[str, object]) -> Store:
    return Store(first.folder / "state")


def test_it_sells_the_same_things_under_numbers_of_its_own(store: Store) -> None:
    ours, theirs = ([tuple(row) for row in store.all(CATALOGUE, shop)] for shop in (SHOP, TWIN))
    assert ours == theirs and len(ours) > 10
    for table in ("products", "variants", "orders", "locations"):
        numbers = [{row["id"] for row in store.all(IDS.format(table=table), shop)} for shop in (SHOP, TWIN)]
        assert numbers[1] and not numbers[0] & numbers[1]


def test_it_has_a_few_orders_of_its_own_things_from_the_last_days(store: Store, made: dict[str, object]) -> None:
    assert made["orders"] == 20 and made["lines"] >= 20 and made["customers"] == 0
    strangers = "SELECT count(*) FROM lines l JOIN variants v ON v.id = l.variant_id WHERE l.shop = ? AND v.shop <> ?"
    assert store.number(strangers, TWIN, TWIN) == 0
    lines = "SELECT sum(price * quantity) FROM lines WHERE shop = ?"
    assert store.number(lines, TWIN) == store.number("SELECT sum(subtotal) FROM orders WHERE shop = ?", TWIN)
    placed = [row["created_at"] for row in store.all("SELECT created_at FROM orders WHERE shop = ?", TWIN)]
    assert all(0 < time.time() - moment < 15 * 86_400 for moment in placed)
    assert store.number("SELECT min(number) FROM orders WHERE shop = ?", TWIN) == 1001


def test_it_is_made_once_and_the_first_stays_as_it_was(first: World, made: dict[str, object]) -> None:
    before = first.state()["shops"]
    again = json.loads(devstore(first.folder, *LIKE).stdout)
    assert (made["already_there"], again["already_there"]) == (False, True)
    assert first.state()["shops"] == before
    assert set(before) == {SHOP, TWIN}


def test_each_admin_leads_to_the_other_and_the_first_stays_first(first: World, made: dict[str, object]) -> None:
    twin = replace(first, shop=TWIN)
    for here, there, name in ((first, twin, "Northbeck Test"), (twin, first, "Northbeck Outfitters")):
        page = requests.get(here.admin, timeout=60)
        assert f'<h2>Other stores</h2><a href="/admin/{there.shop}">{name}</a>\n' in page.text
        assert f'data-shop="{here.shop}"' in page.text
    home = requests.get(f"http://localhost:{first.port}/", timeout=60)
    assert home.url.startswith(first.admin)
    assert requests.get(f"http://localhost:{first.port}/admin/{TWIN}", timeout=60).url.startswith(twin.admin)


def test_orders_and_the_api_of_the_two_are_apart(first: World, made: dict[str, object]) -> None:
    twin = replace(first, shop=TWIN)
    orders = first.state()["shops"][SHOP]["orders"]
    assert twin.control("place-order")["status"] == 200
    shops = first.state()["shops"]
    assert (shops[SHOP]["orders"], shops[TWIN]["orders"]) == (orders, 21)
    counted = twin.graphql("{ productVariants(first: 250) { nodes { sku } } }")["data"]["productVariants"]["nodes"]
    assert len(counted) == made["variants"]


def test_without_a_first_store_it_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = devstore(tmp_path, *LIKE)
    assert done.returncode == 2
    assert f"There is no store {SHOP} yet" in done.stderr and "Traceback" not in done.stderr


def test_a_first_store_that_was_made_from_a_file_has_a_second_like_it(tmp_path: Path) -> None:
    write(tmp_path / "lines.csv", ROWS)
    assert devstore(tmp_path, "seed", "--state", "state", "--shop", SHOP, "--orders", "lines.csv").returncode == 0
    assert devstore(tmp_path, *LIKE).returncode == 0
    store = Store(tmp_path / "state")
    ours, theirs = ([tuple(row) for row in store.all(CATALOGUE, shop)] for shop in (SHOP, TWIN))
    assert ours == theirs and ours
    assert store.number("SELECT count(*) FROM orders WHERE shop = ?", TWIN) == 20


def test_a_first_store_in_another_zone_and_currency_has_a_second_like_it(tmp_path: Path) -> None:
    plan = ("--days", "10", "--orders-per-day", "2", "--timezone", "America/New_York", "--currency", "USD")
    assert devstore(tmp_path, "seed", "--state", "state", "--shop", SHOP, *plan).returncode == 0
    assert devstore(tmp_path, *LIKE).returncode == 0
    shop = Store(tmp_path / "state").shop(TWIN)
    assert (shop["timezone"], shop["currency"]) == ("America/New_York", "USD")
