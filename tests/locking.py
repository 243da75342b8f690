"""One order of locks: whoever locks its shop, or writes to its ledger, does so before any of its rows.

Two transactions that keep to it never wait for each other in a circle, whatever else they lock: one of them waits for
the shop. Kept out are rows that are only written anew, and the shared lock of those who only write orders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

SHOPS = "pipelines_shop"
LOCKS = re.compile(r'^SELECT\b.*?\bFROM "?(\w+)"?.*\bFOR (?:NO KEY )?UPDATE', re.DOTALL)
CHANGES = re.compile(r'^(?:UPDATE|DELETE FROM) "?(\w+)"?')


def locked_by(sql: str) -> str:
    """Return the table whose rows a statement locks, or nothing.

    >>> locked_by('SELECT "a"."id" FROM "a" WHERE 1 = 1 FOR NO KEY UPDATE'), locked_by('DELETE FROM "a"')
    ('a', 'a')
    >>> locked_by('SELECT "a"."id" FROM "a" FOR KEY SHARE'), locked_by('INSERT INTO "a" VALUES (1)')
    ('', '')
    """
    found = LOCKS.match(sql) or CHANGES.match(sql)
    return found[1] if found else ""


@cache
def of_shops() -> frozenset[str]:
    """Name the tables whose rows belong to a shop."""
    from django.apps import apps

    from pipelines.models.base import ShopTable

    return frozenset(model._meta.db_table for model in apps.get_models() if issubclass(model, ShopTable))


@contextmanager
def watched() -> Iterator[list[str]]:
    """Note every transaction that locks a shop after rows of it."""
    from django.db.backends.utils import CursorWrapper
    from django.db.transaction import Atomic

    wrong: list[str] = []
    seen: dict[int, list[str]] = {}  # by connection: the tables that its transaction locked rows of, in their order
    enter, execute = Atomic.__enter__, CursorWrapper.execute

    def own_blocks(connection: Any) -> list[Any]:
        return [block for block in connection.atomic_blocks if not block._from_testcase]

    def begin(self: Atomic) -> None:
        from django.db import connections

        connection = connections[self.using or "default"]
        if not own_blocks(connection):
            seen[id(connection)] = []
        enter(self)

    def note(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        table = locked_by(sql) if isinstance(sql, str) else ""
        if table and own_blocks(self.db):
            before = seen.setdefault(id(self.db), [])
            if table == SHOPS and SHOPS not in before and before:
                wrong.append(f"the shop is locked after rows of {', '.join(dict.fromkeys(before))}")
            if table == SHOPS or table in of_shops():
                before.append(table)
        return execute(self, sql, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Atomic, "__enter__", begin)
        patch.setattr(CursorWrapper, "execute", note)
        yield wrong
