"""Create a store once: from a file of real order lines, from the generator, or like another store."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from devstore.book import Book, Plan
from devstore.clock import now
from devstore.generate import generate
from devstore.order_files.lines import WrongFile
from devstore.seed_file import fill_from_file
from devstore.store import Store
from devstore.twin import fill_like, model_of

LOCATIONS = ("Warehouse", "High Street shop")


def seed(state: Path, plan: Plan) -> dict[str, Any]:
    """Create the store unless it is there, and return what it holds."""
    if plan.orders and not plan.orders.is_file():
        raise WrongFile(f"{plan.orders}: there is no such file.")
    store = Store(state)
    shop = store.shop(plan.shop)
    if shop is None:
        return _create(store, plan)
    summary = json.loads(shop["seeded"])
    if summary["source"] != plan.source:
        raise WrongFile(
            f"{plan.shop} was already made from {summary['source']}; for {plan.source} use another --state."
        )
    return {**summary, "already_there": True}


def _create(store: Store, plan: Plan) -> dict[str, Any]:
    with store.writing():
        if plan.like:
            model = model_of(store, plan.like)
            plan = replace(plan, timezone=model["timezone"], currency=model["currency"])
        book = Book(store, plan, _add_shop(store, plan))
        fill = fill_like if plan.like else fill_from_file if plan.orders else generate
        summary = {"shop": plan.shop, "source": plan.source, "seed": plan.seed, **fill(book)}
        book.save()
        store.db.execute("UPDATE shops SET seeded = ? WHERE domain = ?", (json.dumps(summary), plan.shop))
    return {**summary, "already_there": False}


def _add_shop(store: Store, plan: Plan) -> list[int]:
    name = plan.shop.partition(".")[0].replace("-", " ").title()
    store.insert(
        "shops",
        domain=plan.shop,
        id=store.next_ids("shop"),
        name=name,
        timezone=plan.timezone,
        currency=plan.currency,
        country="GB",
        plan="Basic",
        history_days=plan.history_days,
        seeded=None,
        created_at=now(),
    )
    ids = [store.next_ids("location") for _ in LOCATIONS]
    for number, title in zip(ids, LOCATIONS, strict=True):
        store.insert("locations", id=number, shop=plan.shop, name=title, active=1, created_at=now(), updated_at=now())
    return ids
