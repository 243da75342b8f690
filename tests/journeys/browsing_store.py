"""A shop whose products belong in pairs: visitors look at one, are shown what goes with it, and may buy both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipelines.jobs import releases
from pipelines.models import Order, OrderLine, Variant
from pipelines.stats import assignment
from pipelines.usecases.recommendations import USE_CASE
from tests import histories
from tests.histories import numbers
from tests.journeys.visiting_store import DAY, HOUR, OPEN, PRICE, SOON, Answer, VisitingStore, Visitor, nobody
from tests.pipelines.endpoints.answering.asking import Door

PAIRS = 8
SEEN = 4  # places that a visitor looks at
BUYS, LED, TOGETHER = 0.12, 0.2, 0.6  # who buys anyway, who because the partner was shown, and how often both


@dataclass(frozen=True)
class Looking(Visitor):
    """Somebody who looks at a product."""

    luck: float = 0.0


class BrowsingStore(VisitingStore):
    """One shop with pairs of products."""

    slug = USE_CASE.slug

    def __init__(self, clock: Any, door: Door) -> None:
        super().__init__(clock, door)
        self.things = [self.thing, *(self.another(number) for number in range(2, 2 * PAIRS + 1))]
        self.of_product = {thing.product_id: thing for thing in self.things}

    def another(self, number: int) -> Variant:
        thing = histories.a_variant(self.shop, number, created=self.now - 60 * DAY)
        histories.stocked(self.shop, thing, 10_000, self.now - 60 * DAY)
        return thing

    def partner(self, product: int) -> int:
        """Give what belongs to a product."""
        place = self.things.index(self.of_product[product])
        return self.things[place ^ 1].product_id

    def sold_before(self, days: int, orders: int) -> None:
        """Let days lie behind us on which orders came in pairs more often than not."""
        made = []
        for back in range(days, 0, -1):
            for number in range(orders):
                first = self.things[int(self.rng.integers(2 * PAIRS))]
                both = self.rng.random() < TOGETHER
                made.append(self.order([first, self.of_product[self.partner(first.product_id)]][: 1 + both], None))
                made[-1][0].processed_at = self.now - back * DAY + (8 + number % 12) * HOUR
        self.keep(made)
        histories.pulled(self.shop, self.now)

    def end_day(self) -> None:
        """Do what is done once a day, and have the night's lists written."""
        super().end_day()
        releases.refresh.enqueue(self.shop.pk, self.slug)

    def visitor(self) -> Visitor:
        """Return somebody new who looks at a product."""
        self.came += 1
        product = self.things[int(self.rng.integers(2 * PAIRS))].product_id
        return Looking(f"visitor-{self.came:06d}", {"product": product}, True, float(self.rng.random()))

    def visited(self, count: int, puts_off: Callable[[Answer], bool] = nobody) -> list[Answer]:
        """Let visitors look at products and be shown lists; a list with the partner on it leads more of them to buy."""
        visitors = [self.visitor() for _ in range(count)]
        told, made = self.ask(visitors), []
        for each, answer in zip(visitors, told, strict=True):
            assert isinstance(each, Looking)
            product = each.question["product"]
            is_led = self.partner(product) in [pick["id"] for pick in answer["answer"]["products"][:SEEN]]
            buys = 0.0 if puts_off(answer) else LED if is_led else BUYS
            if each.luck < buys:
                bought = [product, self.partner(product)][: 1 + (each.luck < TOGETHER * buys)]
                made.append(self.order([self.of_product[one] for one in bought], assignment.digest(each.unit)))
        self.keep(made)
        return told

    def order(self, things: list[Variant], unit: bytes | None) -> tuple[Order, list[OrderLine]]:
        """Return an order of one each, unsaved."""
        at = self.now + SOON
        facts = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP"}
        order = Order(shop=self.shop, shopify_id=next(numbers), unit=unit, total_minor=PRICE * len(things), **facts)
        return order, [histories.a_line(order, thing, 1) for thing in things]

    def keep(self, made: list[tuple[Order, list[OrderLine]]]) -> None:
        """Write orders as the import would."""
        Order.objects.bulk_create(order for order, _ in made)
        for order, lines in made:
            for line in lines:
                line.processed_at = order.processed_at
        OrderLine.objects.bulk_create(line for _, lines in made for line in lines)


__all__ = ["OPEN", "BrowsingStore"]
