"""Answer a visitor from lists that were written before: of a product, a cart or a shopper (standard library only)."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from pipelines.usecases.recommendations.answering.cart import Line, for_cart
from pipelines.usecases.recommendations.wording import REASONS, sentence

USUAL, MOST = 10, 20  # products of an answer
EVERYBODY = 0
A_LIST, A_PICK = 120, 17  # bytes
Row = tuple[str, int, Sequence[int], Sequence[float], Sequence[int], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Lists:
    """Hold the lists of one version, packed: where each begins and ends, and its picks."""

    places: Mapping[str, Mapping[int, tuple[int, int]]]
    picks: array[int]
    scores: array[float]
    reasons: bytes
    details: array[int]

    @property
    def size(self) -> int:
        """Estimate the bytes that they take."""
        return A_LIST * sum(map(len, self.places.values())) + A_PICK * len(self.picks)

    def of(self, kind: str, unit: int) -> Iterator[Line]:
        """Yield the picks of a list with their scores, numbers of reasons, and details, the best first."""
        start, end = self.places.get(kind, {}).get(unit, (0, 0))
        return zip(
            self.picks[start:end], self.scores[start:end], self.reasons[start:end], self.details[start:end], strict=True
        )


def hold(rows: Iterable[Row]) -> Lists:
    """Pack rows of lists.

    >>> [(pick, detail) for pick, _, _, detail in hold([("best", 0, [7, 8], [0.5, 0.1], [3, 3], [9, 2])]).of("best", 0)]
    [(7, 9), (8, 2)]
    """
    places: dict[str, dict[int, tuple[int, int]]] = {}
    picks, scores, reasons, details = array("q"), array("f"), bytearray(), array("i")
    for kind, unit, of_list, score, reason, detail in rows:
        start = len(picks)
        picks.extend(of_list)
        scores.extend(score)
        reasons.extend(reason)
        details.extend(detail)
        places.setdefault(kind, {})[unit] = (start, len(picks))
    return Lists(places, picks, scores, bytes(reasons), details)


def ask(lists: Lists, question: Mapping[str, Any], closed: Collection[int] = ()) -> dict[str, Any] | None:
    """Rank what fits: a cart, else a product, else a shopper; best sellers fill what is left. None: nothing is known.

    Reads   {"cart": [product …], "product": …, "shopper": …, "most": …}, each of them or none; what is none is ignored
    """
    most = next(numbers([question.get("most")]), USUAL)
    places = min(max(most, 1), MOST)
    best = lists.of("best", EVERYBODY)
    held = list(numbers(question.get("cart")))
    if held:
        found = for_cart(partial(lists.of, "cart"), held, best, places=places, closed=closed)
    else:
        product, shopper = (next(numbers([question.get(name)]), None) for name in ("product", "shopper"))
        own = lists.of("page", product) if product is not None else lists.of("again", shopper or EVERYBODY)
        found = first(places, {product}, closed, own, best)
    if not found:
        return None
    told = [{"id": pick, **said(reason, detail)} for pick, _, reason, detail in found]
    return {"products": told, "score": round(found[0][1], 6)}


@lru_cache(maxsize=4096)
def said(reason: int, detail: int) -> Mapping[str, str]:
    """Return why a product is there: the name of the reason, and its sentence."""
    return {"reason": REASONS[reason], "because": sentence(REASONS[reason], detail)}


def first(places: int, own: Collection[Any], closed: Collection[Any], *lists: Iterable[Line]) -> list[Line]:
    """Take the first picks of several lists, one list after the other, each product once."""
    found: dict[Any, Line] = {}
    for line in chain(*lists):
        pick = line[0]
        if pick in found or pick in own or pick in closed:
            continue
        found[pick] = line
        if len(found) == places:
            break
    return list(found.values())


def numbers(told: Any) -> Iterator[int]:
    """Yield the whole numbers of a list, also those that came as texts or as ids of Shopify; all else is left out.

    >>> list(numbers([7, "8", "gid://shopify/Product/9", None, True, "x", 2.5])), list(numbers("7"))
    ([7, 8, 9], [])
    """
    for value in told if isinstance(told, list) else ():
        if type(value) is int:
            yield value
        elif isinstance(value, str):
            text = value.rpartition("/")[2]
            if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit():
                yield int(text)
