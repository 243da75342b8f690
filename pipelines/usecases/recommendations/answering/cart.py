"""A cart's list, added up from the stored lists of its products while a shopper waits (standard library only)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LARGEST_CART = 50  # products that are looked at: the first ones


@dataclass(frozen=True)
class Pick:
    """Hold one place of a stored list."""

    pick: Any
    score: float
    reason: str
    detail: int = 0


def for_cart(
    stored: Mapping[Any, Sequence[Pick]],
    cart: Sequence[Any],
    instead: Iterable[Pick] = (),
    *,
    places: int = 10,
    closed: Collection[Any] = (),
) -> list[Pick]:
    """Rank what goes with a cart: scores of its products' lists are added, and `instead` fills what is left.

    Nothing that is in the cart, or `closed`, is shown. A pick keeps the reason that speaks loudest for it.

    >>> lists = {1: [Pick(3, 0.5, "together", 9)], 2: [Pick(3, 0.4, "similar"), Pick(1, 0.9, "together", 5)]}
    >>> [(pick.pick, round(pick.score, 1), pick.detail) for pick in for_cart(lists, [1, 2])]
    [(3, 0.9, 9)]
    """
    added: dict[Any, float] = {}
    loudest: dict[Any, Pick] = {}
    held = set(cart)
    for product in list(dict.fromkeys(cart))[:LARGEST_CART]:
        for pick in stored.get(product, ()):
            if pick.pick in held or pick.pick in closed:
                continue
            added[pick.pick] = added.get(pick.pick, 0.0) + pick.score
            if pick.pick not in loudest or pick.score > loudest[pick.pick].score:
                loudest[pick.pick] = pick
    best = sorted(added, key=lambda product: -added[product])[:places]
    chosen = [Pick(product, added[product], loudest[product].reason, loudest[product].detail) for product in best]
    out = (held, closed, added)
    rest = (pick for pick in instead if not any(pick.pick in each for each in out))
    return chosen + [pick for pick, _ in zip(rest, range(places - len(chosen)), strict=False)]
