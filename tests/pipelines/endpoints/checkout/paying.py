"""The checkout's doors with a memory of their own, two use cases that answer there, and a shop that has offers."""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from django.conf import settings

from pipelines.endpoints.checkout import deciding, lately, reserving
from pipelines.endpoints.checkout import door as checkout
from pipelines.endpoints.storefront.limits import Limit
from pipelines.models import Deployment, ModelVersion, Shop
from pipelines.models.usecases.offers import blocks
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import PARAMETERS, Monitored, Till, UseCase
from tests import exposing, histories, toy_use_case
from tests.loops import run
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.answering.asking import Door, Said

OFFERS, CHANCES = "offers", "chances"
UNIT = "ab" * 16


@dataclass
class Mood:
    """How the versions behave in a test."""

    picks: Callable[[Mapping[str, Any]], dict[str, Any]] = field(default=lambda question: best(question))
    says: Callable[[Mapping[str, Any]], dict[str, Any]] = field(
        default=lambda question: {"score": 0.4, "of": "checkout"}
    )
    asked: list[dict[str, Any]] = field(default_factory=list)


mood = Mood()


def best(question: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what earns most."""
    offer = max(question["eligible"], key=lambda each: each["margin"])
    return {"offer": offer["id"], "propensity": 0.9, "score": 0.05}


def score_offers(parameters: Any, question: Mapping[str, Any]) -> dict[str, Any]:
    mood.asked.append(dict(question))
    return mood.picks(question)


def score_chances(parameters: Any, question: Mapping[str, Any]) -> dict[str, Any]:
    return mood.says(question)


class Paying(toy_use_case.Toy):
    """A toy that a checkout asks."""

    def resolve(self, verb: str) -> Callable[..., Any]:
        scores = {OFFERS: score_offers, CHANCES: score_chances}
        return scores[self.slug] if verb == "score" else super().resolve(verb)

    def function(self, name: str) -> Callable[..., Any]:
        return UseCase.function(self, name) if name.startswith("eligible.") else super().function(name)


def a_use_case(slug: str, **changes: Any) -> UseCase:
    shown = {each.name: getattr(exposing.SHOWN, each.name) for each in dataclasses.fields(exposing.SHOWN)}
    facts = {"slug": slug, "title": slug.title(), "score": "here:score", "score_seconds": 5.0}
    return Paying(**shown | facts | changes)


PICKED = {"safe_default": {"offer": 0, "propensity": 1.0}, "till": Till(OFFERS, "eligible.choosing:choose", "offer")}
SAID = {"unit": "checkout", "reaches_shoppers": False, "till": Till("score"), "safe_default": {"score": None}}
WATCHED = Monitored((), "score", "ordered", matures_after=exposing.timedelta(days=1), says="chances")
BOTH = (a_use_case(OFFERS, **PICKED), a_use_case(CHANCES, **SAID, monitored=WATCHED))


def token(shop: str, *, secret: str = "", **changes: Any) -> str:
    """Return a session token as a checkout's extension is given it: nobody in it, no issuer, the bare domain."""
    now = int(time.time())
    told = {"dest": shop, "aud": settings.SHOPIFY_API_KEY, "exp": now + 300, "nbf": now, "iat": now}
    claims = told | {"jti": str(uuid.uuid4())} | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret or settings.SHOPIFY_API_SECRET, "HS256")


def a_cart(**changes: Any) -> dict[str, Any]:
    """Return what an extension tells of a checkout."""
    line = {"product": 10, "variant": 101, "quantity": 2, "price": 2500}
    told = {"api": 1, "unit": UNIT, "analytics": True, "checkout": "token-1", "currency": "GBP", "value": 5000}
    return told | {"lines": [line], "is_returning": True, "device": "phone", "source": "email"} | changes


class Counter(Door):
    """Asks the checkout's doors as an extension would."""

    away: Callable[[], Any] | None = None  # stands in for the connections of who reserves

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.cashier = reserving.Cashier()
        self.connections: list[Any] = []
        monkeypatch.setattr(reserving.webhooks, "connect", self.opened(reserving.webhooks.connect))
        for module in (checkout, deciding):
            monkeypatch.setattr(module, "memory", lambda: self.memory)
        monkeypatch.setattr(deciding, "cashier", lambda: self.cashier)
        monkeypatch.setattr(lately, "told", OrderedDict())
        monkeypatch.setattr(deciding, "BUDGET", 20.0)  # a busy machine takes its time
        monkeypatch.setattr(deciding, "CHANCE_SECONDS", 5.0)
        monkeypatch.setattr(blocks, "IN_TIME", "")
        monkeypatch.setattr(checkout, "BY_CHECKOUT", Limit(at_once=1000, a_second=1000))

    def opened(self, connect: Callable[[], Any]) -> Callable[[], Any]:
        """Note each connection, so that it can be closed."""

        def noted() -> Any:
            self.connections.append(self.away() if self.away else connect())
            return self.connections[-1]

        return noted

    def at(self, path: str, shop: Any, body: Any = None, given: str | None = None, **changes: Any) -> Said:
        """Ask in a shop's checkout."""
        told = body if isinstance(body, bytes) else json.dumps(body or a_cart(**changes)).encode()
        bearer = token(shop.domain) if given is None else given
        return self.sent("POST", path, told, [(b"authorization", f"Bearer {bearer}".encode())] if bearer else [])

    def sent(self, method: str, path: str, body: bytes = b"", headers: Any = ()) -> Said:
        return Said(*run(self.through(method, path, body, headers)))

    async def through(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, bytes, dict[bytes, bytes]]:
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        length = [(b"content-length", str(len(body)).encode())]
        await checkout.door({"method": method, "path": path, "headers": [*headers, *length]}, receive, send)
        return said[0]["status"], said[1]["body"], dict(said[0]["headers"])

    def warmed(self, shop: Any) -> None:
        """Let the process know what runs, and what the shop offers."""
        for use_case in (OFFERS, CHANCES):
            self.warm(shop, use_case)
        self.memory.shelves.of((shop.domain, OFFERS))
        self.memory.look()

    def close(self) -> None:
        """Leave no connection behind."""
        self.cashier.threads.shutdown()
        for connection in self.connections:
            connection.close()

    def looks(self) -> None:
        """Look again, also at what a shop offers."""
        for key in self.memory.shelves.known:
            self.memory.shelves.used_up[key] = None
        self.memory.look()


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    for name, value in vars(Mood()).items():
        monkeypatch.setattr(mood, name, value)
    with USE_CASES.only(*BOTH):
        monkeypatch.setattr(asking, "Door", Counter)
        for opened in asking.opened(monkeypatch):
            assert isinstance(opened, Counter)
            yield opened
            opened.close()


def runs(shop: Shop, use_case: str = OFFERS, **changes: Any) -> ModelVersion:
    """Let a version run in a shop."""
    version = histories.a_version(shop, use_case=use_case, files={PARAMETERS: b"{}"}, **changes)
    pointer = Deployment.of(shop, use_case)
    Deployment.objects.filter(pk=pointer.pk).update(active=version)
    return version
