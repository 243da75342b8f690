"""A small store whose time passes only by its lever, and who listens to it in place of an app."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from devstore import clock
from devstore.book import Plan
from devstore.faults import Faults
from devstore.fields import full_namespace
from devstore.playing import Playing
from devstore.seeding import seed
from devstore.store import Store
from devstore.trading import Trade
from devstore.visiting.asking import NOTHING, SHOWN, Answer, Question
from devstore.visiting.telling import TOLD, Heard, Said
from devstore.visiting.visits import Visits

SHOP = "northbeck-outfitters.myshopify.com"
HOUR, DAY = 3600, 86_400
MONDAY = datetime.fromisoformat("2027-05-03T02:00+01:00").timestamp()


class Sent:
    """Take what the store would tell an app."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any], int]] = []
        self.paused, self.dropped = False, 0.0

    def send(self, shop: str, topic: str, body: dict[str, Any], event: str | None = None) -> None:
        self.heard.append((topic, body, clock.now()))

    def wake(self) -> None:
        pass

    def turn(self, changes: dict[str, float]) -> None:
        self.dropped = changes["dropped"]


@dataclass
class Listening:
    """Take what visitors' browsers would tell an app, and when."""

    heard: list[tuple[float, Said]] = field(default_factory=list)

    def tell(self, shop: str, pixel: dict[str, str] | None, said: Sequence[Said]) -> Heard:
        self.heard += [(clock.seconds(), each) for each in said]
        return Heard(Counter({("proxy", TOLD): sum(bool(each.shown) for each in said)}), 1000)


@dataclass
class Asked:
    """Answer visitors' carts in place of an app: with one offer, or with nothing."""

    offer: dict[str, Any] | None = None
    questions: list[Question] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)

    def ask(self, shop: str, questions: Sequence[Question]) -> list[Answer]:
        self.questions += questions
        nothing = Answer(NOTHING)
        return [Answer(SHOWN, self.offer, each.unit) if self.offer else nothing for each in questions]

    def accept(self, shop: str, accepted: Sequence[tuple[Question, Answer]]) -> Counter[tuple[str, str]]:
        self.accepted += [answer.accept for _, answer in accepted]
        return Counter(("accepted", TOLD) for _ in accepted)


def made(folder: Path, per_day: float = 12, kits: float = 0) -> Playing:
    """Return who plays scenarios in a store of some weeks, always the same."""
    seed(folder, Plan(SHOP, days=80, orders_per_day=per_day, kits=kits))
    store, sent = Store(folder), Sent()
    visits = Visits(store, Listening(), Asked(), SHOP)
    return Playing(store, sent, Faults(), Trade(store, sent, SHOP), visits, SHOP)


def after(days: float) -> int:
    """Return a moment so many days after the Monday's midnight."""
    return int(MONDAY - 2 * HOUR + days * DAY)


def publish(store: Store, lists: Mapping[int, Mapping[str, Sequence[int]]], **rules: Any) -> None:
    """Write lists and rules as the app would."""
    row = store.shop(SHOP)
    fields = {
        (f"gid://shopify/Product/{product}", full_namespace("$app:recommendations"), key, "list.product_reference"): [
            f"gid://shopify/Product/{pick}" for pick in picks
        ]
        for product, held in lists.items()
        for key, picks in held.items()
    }
    fields[f"gid://shopify/AppInstallation/{row['id']}", "recommendations", "rules", "json"] = rules
    with store.writing() as db:
        for (owner, namespace, key, kind), value in fields.items():
            db.execute("DELETE FROM metafields WHERE owner = ? AND namespace = ? AND key = ?", (owner, namespace, key))
            db.execute(
                "INSERT INTO metafields (id, shop, owner, namespace, key, type, value) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (store.next_ids("metafield"), SHOP, owner, namespace, key, kind, json.dumps(value)),
            )
