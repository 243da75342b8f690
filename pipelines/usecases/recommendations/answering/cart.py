"""A cart's list, added up from the stored lists of its products while a shopper waits (standard library only)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

LARGEST_CART = 50  # products that are looked at: the first ones
Line = tuple[Any, float, Any, int]  # a pick without its name: a cart reads hundreds


class Pick(NamedTuple):
    """Hold one place of a list; the reason is a name, or its number where lists are packed."""

    pick: Any
    score: float
    reason: Any
    detail: int = 0


def for_cart(
    list_of: Callable[[Any], Iterable[Line]],
    cart: Sequence[Any],
    instead: Iterable[Line] = (),
    *,
    places: int = 10,
    closed: Collection[Any] = (),
) -> list[Line]:
    """Rank what goes with a cart: scores of its products' lists are added, and `instead` fills what is left.

    Nothing that is in the cart, or `closed`, is shown. A pick keeps the reason that speaks loudest for it.

    >>> lists = {1: [Pick(3, 0.5, "together", 9)], 2: [Pick(3, 0.4, "similar"), Pick(1, 0.9, "together", 5)]}
    >>> [(pick, round(score, 1), detail) for pick, score, _, detail in for_cart(lists.__getitem__, [1, 2])]
    [(3, 0.9, 9)]
    """
    found: dict[Any, Line] = {}  # by pick: the line that speaks loudest for it
    sums: dict[Any, float] = {}  # of those that several lists name
    for product in list(dict.fromkeys(cart))[:LARGEST_CART]:
        for line in list_of(product):
            pick = line[0]
            other = found.get(pick)
            if other is None:
                found[pick] = line
                continue
            sums[pick] = sums.get(pick, other[1]) + line[1]
            if line[1] > other[1]:
                found[pick] = line
    for pick, total in sums.items():
        found[pick] = (pick, total, *found[pick][2:])
    held = set(cart)
    ranked = sorted(found.values(), key=itemgetter(1), reverse=True)
    chosen = list(islice((line for line in ranked if line[0] not in held and line[0] not in closed), places))
    out = (held, closed, found)
    rest = (line for line in instead if not any(line[0] in each for each in out))
    return chosen + list(islice(rest, places - len(chosen)))
