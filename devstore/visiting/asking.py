"""What a checkout, or a page with a cart, asks the app for a visitor, as its extension and its block do.

Some connections at once. Whoever is refused, late or away is shown nothing, and counted.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from devstore.appconfig import AppConfig
from devstore.signatures import signed
from devstore.tokens import checkout_token
from devstore.visiting.telling import BROWSER, TOLD, Line

AT_ONCE = 3
DOORS = 1  # of their version, as the app's extensions speak it
PICKS = "offers"
SHOWN, NOTHING, NO_ANSWER = "shown", "nothing", "no answer"
Thing, Came = TypeVar("Thing"), TypeVar("Came")


@dataclass(frozen=True)
class Question:
    """What is known of a cart: of a checkout with its token, else of a page with the cart."""

    visitor: str
    unit: str
    address: str
    cart: dict[str, Any]
    checkout: str = ""

    @property
    def door(self) -> str:
        return "checkout" if self.checkout else "cart"


@dataclass(frozen=True)
class Answer:
    """What came of a question: an offer with the pass that accepts it, nothing, or why nothing was decided."""

    how: str
    shown: dict[str, Any] = field(default_factory=dict)
    accept: str = ""


class Asking:
    """Ask one app for visitors."""

    def __init__(self, app_url: str, client_id: str, secret: str, config: Callable[[], AppConfig]) -> None:
        self.app_url, self.client_id, self.secret, self.config = app_url, client_id, secret, config

    def ask(self, shop: str, questions: Sequence[Question]) -> list[Answer]:
        """Ask for each, in their order."""
        return self._each(questions, lambda line, each: self._ask(shop, line, each))

    def accept(self, shop: str, accepted: Sequence[tuple[Question, Answer]]) -> Counter[tuple[str, str]]:
        """Tell what was accepted; say what became of it."""
        told = self._each(accepted, lambda line, each: self._accept(shop, line, *each))
        return Counter(("accepted", how) for how in told)

    def _each(self, things: Sequence[Thing], act: Callable[[Line, Thing], Came]) -> list[Came]:
        """Do something for each over a few connections that stay open."""

        def part(first: int) -> list[Came]:
            line = Line(self.app_url)
            came = [act(line, each) for each in things[first::AT_ONCE]]
            line.close()
            return came

        found: list[Any] = [None] * len(things)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for first, came in enumerate(pool.map(part, range(AT_ONCE))):
                found[first::AT_ONCE] = came
        return found

    def _ask(self, shop: str, line: Line, question: Question) -> Answer:
        about = {"api": DOORS, "analytics": True, **question.cart}
        if question.checkout:
            begun = {"checkout": question.checkout, "has_address": False, "has_shipping": False}
            body = json.dumps(about | {"unit": question.unit, **begun}).encode()
            how, raw = line.request("POST", f"/checkout/{PICKS}", body, self._token(shop, question))
        else:
            path = self._proxied(shop, {"unit": question.visitor, "question": json.dumps(about)})
            if not path:
                return Answer(NO_ANSWER)
            how, raw = line.request("GET", path, b"", headers_of(question))
        if how != TOLD:
            return Answer(how)
        return understood(raw)

    def _accept(self, shop: str, line: Line, question: Question, answer: Answer) -> str:
        if question.checkout:
            body = json.dumps({"api": DOORS, "accept": answer.accept}).encode()
            return line.post("/checkout/accepted", body, self._token(shop, question))
        path = self._proxied(shop, {"unit": question.visitor, "accept": answer.accept})
        return line.post(path, b"", headers_of(question))

    def _token(self, shop: str, question: Question) -> dict[str, str]:
        token = checkout_token(shop, self.client_id, self.secret)
        return headers_of(question) | {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def _proxied(self, shop: str, told: dict[str, str]) -> str:
        """Return where the storefront asks the app; nothing where the app declares no proxy."""
        declared = self.config().proxy
        if declared is None:
            return ""
        return f"{declared.path}/{PICKS}?{signed([*told.items()], shop, declared.prefix, self.secret)}"


def understood(raw: bytes) -> Answer:
    """Read what a door said; what is no answer of it shows nothing, as in a browser."""
    try:
        said = json.loads(raw)
        if shown := said.get("shown"):
            return Answer(SHOWN, shown, said["accept"])
        return Answer(said.get("why", NOTHING))
    except (ValueError, AttributeError, KeyError):
        return Answer(NO_ANSWER)


def headers_of(question: Question) -> dict[str, str]:
    """Return what a browser sends along."""
    return {"User-Agent": BROWSER, "X-Forwarded-Proto": "https", "X-Forwarded-For": question.address}
