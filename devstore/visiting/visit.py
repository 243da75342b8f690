"""What one visitor sees, clicks and buys, and what of it would not have been without the list that was shown.

Each visitor's luck is drawn before anybody knows what will be shown: two lists meet the same visitors in the same mood.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from devstore.scenarios import BUYS
from devstore.visiting.block import LIVE, MOST, NEW, NOTHING, UNASKED, USE_CASE, Blocks, Page
from devstore.visiting.crowd import Visitor
from devstore.visiting.tastes import Tastes, products_of

WON, ADDED, CLICKED = 0.0013, 0.05, 0.06  # chance by each shown product that fits perfectly
MOOD = 0.5  # how much tastes differ between visitors (sigma of a lognormal factor)
MOST_PAGES = 4


@dataclass(frozen=True)
class Click:
    """A product of a list that a visitor opened."""

    page: int
    pick: int
    place: int
    is_bought: bool


@dataclass
class Visit:
    """What came of one visit."""

    visitor: Visitor
    saw: str = ""  # live, new, nothing (held out), unasked (did not agree), or no block at all
    says: str = ""  # what the block tells the app, if anything
    pages: list[int] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    buys_anyway: bool = False

    @property
    def bought(self) -> list[Click]:
        return [click for click in self.clicks if click.is_bought]

    @property
    def own(self) -> dict[int, int]:
        """Give the units by variant that are bought whatever is shown."""
        return dict(self.visitor.basket.units) if self.buys_anyway else {}

    def because(self, variants: Mapping[int, int]) -> dict[int, int]:
        """Give the units by variant that are bought because of what was shown.

        Who would have gone without anything takes the product that was looked at, too.
        """
        wanted = [click.pick for click in self.bought]
        if not self.buys_anyway:
            wanted = [click.page for click in self.bought] + wanted
        return {variants[product]: 1 for product in wanted if product in variants}


def visit(visitor: Visitor, blocks: Blocks, tastes: Tastes, product_of: Mapping[int, int], buys: float = BUYS) -> Visit:
    """Let a visitor look at some pages of the shop."""
    looked_at = [variant for basket in (visitor.basket, *visitor.others) for variant, _ in basket.units]
    came = Visit(visitor, pages=products_of(looked_at, product_of)[:MOST_PAGES])
    came.buys_anyway = bool(visitor.luck.random() < buys)
    seen = {number: blocks.pages[number] for number in came.pages if number in blocks.pages}
    came.saw, came.says = what_is_seen(visitor, blocks, list(seen.values()))
    taken = set(products_of(came.own, product_of))
    luck = visitor.luck.random((MOST_PAGES, MOST))
    mood = visitor.luck.lognormal(-(MOOD**2) / 2, MOOD, (MOST_PAGES, MOST))
    for number, page in enumerate(came.pages):
        shown = list_of(seen[page], came.saw) if page in seen else []
        for place, pick in enumerate(shown):
            fit = tastes.fit(page, pick) * float(mood[number, place])
            is_bought = bool(luck[number, place] < (ADDED if came.buys_anyway else WON) * fit)
            if pick not in taken and (is_bought or luck[number, place] < CLICKED * fit):
                came.clicks.append(Click(page, pick, place + 1, is_bought))
                taken.add(pick)
    return came


def what_is_seen(visitor: Visitor, blocks: Blocks, pages: list[Page]) -> tuple[str, str]:
    """Return which lists a visitor sees, and what the block says of it; without consent it says nothing."""
    if not pages:
        return "", ""
    if not visitor.agrees:
        return UNASKED, ""
    is_new = blocks.rules.is_new(visitor.unit) and any(page.other is not None for page in pages)
    saw = NOTHING if blocks.rules.holds_out(visitor.unit) else NEW if is_new else LIVE
    return saw, saw if any(blocks.is_compared(page) for page in pages) else ""


def list_of(page: Page, saw: str) -> list[int]:
    """Give the list on a page that a visitor sees."""
    if saw == NOTHING:
        return []
    return page.other if saw == NEW and page.other is not None else page.live


def told(came: Visit, blocks: Blocks) -> Iterator[dict[str, object]]:
    """Yield what a web pixel hears of the products of a visit: what was looked at, and clicked."""
    for page in came.pages:
        yield about("product_viewed", page, blocks.variants.get(page))
        for click in (each for each in came.clicks if each.page == page):
            place = {"use_case": USE_CASE, "place": click.place}
            yield {"name": "block_clicked", "product": str(click.pick), **place}
            yield about("product_viewed", click.pick, blocks.variants.get(click.pick))


def about(name: str, product: int, variant: int | None) -> dict[str, object]:
    """Shape an event about a product, as the pixel sends it."""
    return {"name": name, "product": str(product)} | ({"variant": str(variant)} if variant else {})
