"""A migration that is added must be safe while the code of before still runs: no long lock, nothing taken away."""

from __future__ import annotations

import pytest
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import analyse_sql_statements

pytestmark = pytest.mark.django_db
BEFORE = "0046"  # what came up to here ran in no production yet
LOOKED_AT = {  # migration: why what the linter says of it does no harm
    "0050_lost_checkouts": "a few rows a shop, and what must be unique is empty in all there are",
    "0053_what_an_offer_came_to": "a shop has a few offers, so their indexes are built in a moment",
    "0055_an_offer_of_a_decision_once": "the index is built while others write, and the constraint takes it",
    "0056_suppliers": "a shop has a few orders to suppliers, so their index is built in a moment",
    "0060_brought_along": "a shop has a few orders to suppliers, and what must be unique is empty in all there are",
    "0066_orders_of_thousands": "a key and an index are dropped in a moment, and what was unique finds what it found",
    "0071_to_order_of_own_suppliers": "a shop has a row for each vendor, and what must be unique was, more narrowly",
}


def problems(name: str) -> list[str]:
    """Say what is unsafe about a migration."""
    linter = MigrationLinter(include_apps=["pipelines"], no_cache=True, no_output=True)
    statements = linter.get_sql("pipelines", name)
    new = {line.split('"')[1] for line in statements if line.startswith("CREATE TABLE")}
    on_old = [line for line in statements if not any(f'ON "{table}"' in line for table in new)]
    errors, _, warnings = analyse_sql_statements(linter.sql_analyser_class, on_old, ("CREATE_INDEX_EXCLUSIVE",))
    return [issue.message for issue in (*errors, *warnings)]


def names() -> list[str]:
    found = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return sorted(name for app, name in found if app == "pipelines")


def test_what_is_added_takes_nothing_away_and_locks_nothing_for_long() -> None:
    added = [name for name in names() if name > BEFORE and not name.startswith(BEFORE)]
    unsafe = {name: found for name in added if name not in LOOKED_AT and (found := problems(name))}
    assert unsafe == {}, "Do it in two releases or with AddIndexConcurrently, or say in LOOKED_AT why it does no harm"


def test_what_was_looked_at_is_there() -> None:
    assert set(LOOKED_AT) <= set(names())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("0015_what_sells_on_and_what_an_order_weighs", "DROPPING columns"),
        ("0017_one_word_for_the_link", "RENAMING tables"),
        ("0013_what_sweeps_look_for", "CREATE INDEX locks table"),
    ],
)
def test_it_would_be_found(name: str, said: str) -> None:
    assert any(said in found for found in problems(name))


def test_a_new_table_with_its_indexes_is_safe() -> None:
    assert problems("0046_keys_for_tools") == []
