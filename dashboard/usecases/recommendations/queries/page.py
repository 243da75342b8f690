"""The page: what a shopper sees beside a product and beside a cart, the merchant's rules, and how far it reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from dashboard.usecases.recommendations.queries import rules as told_rules
from dashboard.usecases.recommendations.queries.added import Added, added
from dashboard.usecases.recommendations.queries.coverage import Coverage, coverage
from dashboard.usecases.recommendations.queries.lists import Preview, Speakers, first_of, preview, speakers, told
from dashboard.usecases.recommendations.queries.products import FOUND, Thing, search, things
from dashboard.usecases.recommendations.queries.published import Published, published
from dashboard.usecases.recommendations.queries.reach import Reach, reach
from dashboard.usecases.recommendations.queries.rules import RuleRow
from dashboard.usecases.recommendations.wish import Wish
from pipelines.models import Shop, Staff
from pipelines.models.usecases.recommendations import EVERYBODY


@dataclass(frozen=True)
class Choice:
    """A product that one may look at, or a line of the cart, and what a link on it leads to."""

    thing: Thing
    query: str
    is_current: bool = False


@dataclass(frozen=True)
class RecommendationsPage:
    """Everything on the page."""

    wish: Wish
    who: Speakers
    is_written: bool  # there is a list
    written_at: datetime | None  # when the data of the live lists was read
    found: list[Choice]  # by the search, else what sells best
    product: Thing | None
    beside: Preview | None
    cart: Preview | None
    rules: list[RuleRow]
    coverage: Coverage
    reach: Reach
    published: Published
    added: Added | None  # nothing where nobody may be shown nothing

    @property
    def to_cart(self) -> str:
        """Return what leads to the cart with the product in it."""
        return self.wish.with_in_cart(self.product.product_id) if self.product else ""

    @property
    def cart_lines(self) -> list[Choice]:
        """List the cart, each product with what leads to the cart without it."""
        things = self.cart.asked if self.cart else []
        return [Choice(thing, self.wish.without_in_cart(thing.product_id)) for thing in things]


def recommendations_page(shop: Shop, viewer: Staff, wish: Wish, now: datetime) -> RecommendationsPage:
    """Read the page; a product that was never this shop's is not found."""
    who, requested = speakers(shop, now), {*wish.cart, *([wish.product] if wish.product else [])}
    product = wish.product or first_of(shop, who)
    said = told(shop, who, product, wish.cart)
    lists, _ = said.of(who.live_id)
    best = [pick for pick, *_ in lists.of("best", EVERYBODY)]
    found = search(shop, wish.q, now) if wish.q else best[:FOUND]
    rules = told_rules.standing(shop)
    known = things(shop, {*said.named, *found, *requested, *([product] if product else []), *told_rules.named(rules)})
    if requested - known.keys():
        raise Http404("no such product")
    written = said.read_at.get(who.live_id) or said.read_at.get(None)
    return RecommendationsPage(
        wish=wish,
        who=who,
        is_written=bool(said.read_at),
        written_at=written,
        found=[Choice(known[number], wish.query(product=number), number == product) for number in found],
        product=known[product] if product else None,
        beside=preview(said, who, known, rules, [product], is_cart=False) if product else None,
        cart=preview(said, who, known, rules, [*wish.cart], is_cart=True) if wish.cart else None,
        rules=told_rules.rows(rules, known, viewer, written),
        coverage=coverage(shop, who.live_id),
        reach=reach(shop, who, now),
        published=published(shop, who),
        added=added(shop, now),
    )
