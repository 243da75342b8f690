"""Visitors with a cart are asked for at the app's doors, see what it answers, and react; the truth of it is kept.

Who would buy without an offer is drawn before, so the store knows of every order whether it would be there without.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from sqlite3 import Row
from typing import Any

from devstore import discounts, redeeming
from devstore.fields import discounted
from devstore.scenarios import Appeal, Scenario
from devstore.store import Store
from devstore.trading import CannotTrade, Trade
from devstore.visiting.asking import SHOWN, Answer, Asking, Question
from devstore.visiting.coming import Coming
from devstore.visiting.reacting import fit_of, reaction
from devstore.visiting.tastes import Tastes
from devstore.visiting.telling import Heard

FIGURES = (
    "shown", "accepted", "orders", "orders_without", "chance", "chance_without", "money", "money_without",
    "given", "profit", "profit_without",
)  # fmt: skip


class Offering:
    """Ask for the visitors of one shop, and keep what offers did to them."""

    def __init__(self, store: Store, asking: Asking, shop: str) -> None:
        self.store, self.asking, self.shop = store, asking, shop

    def forget(self) -> None:
        """Begin anew."""
        with self.store.writing() as db:
            db.execute("DELETE FROM offered WHERE shop = ?", (self.shop,))

    def begin(self, scenario: Scenario) -> None:
        """Make the discount codes of a scenario."""
        for appeal in scenario.appeals:
            if appeal.code:
                discounts.keep(self.store, self.shop, {"code": appeal.code, "percent": appeal.percent})

    def react(
        self, came: Sequence[Coming], appeals: Sequence[Appeal], tastes: Tastes, trade: Trade
    ) -> tuple[list[Coming], Heard]:
        """Ask for all who have a cart and let themselves be counted; return everybody as they go on."""
        asked = [place for place, each in enumerate(came) if each.way.cart and each.visit.visitor.agrees]
        variants = {row["id"]: row for row in self.store.all("SELECT * FROM variants WHERE shop = ?", self.shop)}
        questions = [self.question(came[place], variants) for place in asked]
        answers = self.asking.ask(self.shop, questions)
        after, accepted = list(came), list[tuple[Question, Answer]]()
        for place, question, answer in zip(asked, questions, answers, strict=True):
            if answer.how == SHOWN:
                goes_on = after[place] = self.goes_on(came[place], answer, appeals, tastes, variants, trade)
                if goes_on.reaction and goes_on.reaction.accepts:
                    accepted.append((question, answer))
        counts = self.asking.accept(self.shop, accepted)
        counts.update((question.door, answer.how) for question, answer in zip(questions, answers, strict=True))
        return after, Heard(counts, 0)

    def question(self, coming: Coming, variants: Mapping[int, Row]) -> Question:
        """Return what a page asks for a visitor."""
        shop, lines = self.store.shop(self.shop), []
        assert shop is not None
        for variant, units in coming.way.cart.items():
            row = variants[variant]
            lines.append({"product": row["product_id"], "variant": variant, "quantity": units, "price": row["price"]})
        value = sum(line["quantity"] * line["price"] for line in lines)
        cart: dict[str, Any] = {"currency": shop["currency"], "value": value, "lines": lines, "has_discount": False}
        token = self.store.one("SELECT token FROM checkouts WHERE id = ?", coming.checkout)
        visitor = coming.visit.visitor
        return Question(visitor.id, visitor.unit, visitor.address, cart, token["token"] if token else "")

    def goes_on(
        self,
        coming: Coming,
        answer: Answer,
        appeals: Sequence[Appeal],
        tastes: Tastes,
        variants: Mapping[int, Row],
        trade: Trade,
    ) -> Coming:
        """Let a visitor react to an offer; a code is taken only where the checkout takes it."""
        (luck,) = coming.visit.visitor.luck.spawn(1)
        shown, in_cart = answer.shown, [variants[variant]["product_id"] for variant in coming.way.cart]
        code = discounts.found(self.store, self.shop, shown["code"]) if shown.get("code") else None
        fit = fit_of(shown, in_cart, tastes)
        came = reaction(shown, code["percent"] if code else 0, appeals, fit, bool(coming.wanted), luck)
        checkout = coming.checkout
        if came.buys and checkout is None:
            lines = [{"variant_id": variant, "quantity": units} for variant, units in coming.way.cart.items()]
            checkout = trade.checkout(lines)
        if came.accepts and shown.get("code"):
            try:
                redeeming.use(trade, checkout or 0, shown["code"])
            except CannotTrade:
                came = replace(came, accepts=False, buys=came.would)
        return replace(coming, reaction=came, checkout=checkout)

    def note(self, coming: Coming, sold: Mapping[int, int], day: date) -> None:
        """Keep what came of an offer, beside what would have come without it."""
        came = coming.reaction
        if came is None:
            return
        marks = ", ".join("?" * len(sold | coming.without))
        rows = self.store.all(f"SELECT id, price, cost FROM variants WHERE id IN ({marks})", *(sold | coming.without))
        prices = {row["id"]: row["price"] for row in rows}
        costs = {row["id"]: row["cost"] or 0 for row in rows}
        used = self.store.discount_of(self.shop, coming.checkout) if came.accepts else None
        off = sum(discounted(prices[variant] * units, used) for variant, units in sold.items()) if used else 0
        money, without = (sum(prices[v] * n for v, n in each.items()) for each in (sold, coming.without))
        cost, cost_without = (sum(costs[v] * n for v, n in each.items()) for each in (sold, coming.without))
        figures = {
            "shown": 1, "accepted": int(came.accepts), "orders": int(bool(sold)), "orders_without": int(came.would),
            "chance": came.chance, "chance_without": float(came.would), "money": money - off, "money_without": without,
            "given": off, "profit": money - cost - off, "profit_without": without - cost_without,
        }  # fmt: skip
        changes = ", ".join(f"{name} = {name} + excluded.{name}" for name in FIGURES)
        self.store.db.execute(
            f"INSERT INTO offered VALUES (?, ?, ?{', ?' * len(FIGURES)}) ON CONFLICT DO UPDATE SET {changes}",
            (self.shop, day.isoformat(), came.name, *(figures[name] for name in FIGURES)),
        )

    def told(self) -> list[dict[str, Any]]:
        """Say of each offer what it did, over all days."""
        sums = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)
        rows = self.store.all(
            f"SELECT name, min(day) AS first, max(day) AS last, {sums} FROM offered WHERE shop = ? GROUP BY 1",
            self.shop,
        )
        return [{**row, "added_profit": row["profit"] - row["profit_without"]} for row in rows]
