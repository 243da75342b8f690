"""One shop's Admin GraphQL API: documents by name, paced by cost, errors by name."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

from pipelines.models import Shop
from pipelines.shopify import tokens, transport
from pipelines.shopify.domains import api_origin
from pipelines.shopify.errors import (
    AccessEnded,
    AccessForbidden,
    BadAnswer,
    QueryRefused,
    Throttled,
    TooCostly,
    UserErrors,
    error_for,
)

QUERIES = Path(__file__).parent / "queries"
SPREAD, FRAGMENT = re.compile(r"\.\.\.(\w+)"), re.compile(r"^fragment (\w+)", re.MULTILINE)
LONGEST_WAIT = 60.0  # seconds of waiting for points before the job gives up and is retried later


@dataclass(frozen=True)
class Answer:
    """What a document brought: data, possibly in part, and why the rest is missing."""

    data: dict[str, Any]
    errors: tuple[str, ...] = ()
    cost: int = 0


@dataclass
class Bucket:
    """What this process knows of a shop's points."""

    available: float
    maximum: float
    restore_rate: float
    at: float

    def seconds_until(self, points: float) -> float:
        """Return how long until so many points are there."""
        now_available = min(self.maximum, self.available + (time.monotonic() - self.at) * self.restore_rate)
        return max(0.0, (min(points, self.maximum) - now_available) / self.restore_rate)


_buckets: dict[str, Bucket] = {}
_requested: dict[str, float] = {}  # points that a document asked for last time


@cache
def document(name: str) -> str:
    """Return the text of a document in queries/, with the fragments that it spreads."""
    text = (QUERIES / f"{name}.graphql").read_text()
    while missing := set(SPREAD.findall(text)) - set(FRAGMENT.findall(text)):
        text += "".join(f"\n{(QUERIES / 'fragments' / f'{each}.graphql').read_text()}" for each in sorted(missing))
    return text


class AdminApi:
    """The Admin API of one shop."""

    def __init__(self, shop: Shop, timeout: tuple[int, int] = transport.PATIENT, version: str = "") -> None:
        self.shop = shop
        self.timeout = timeout
        self.url = f"{api_origin(shop.domain)}/admin/api/{version or settings.SHOPIFY_API_VERSION}/graphql.json"

    def execute(self, name: str, variables: dict[str, Any] | None = None) -> Answer:
        """Run a document and return its data; raise UserErrors where Shopify refuses a mutation."""
        body = {"query": document(name), "variables": variables or {}}
        waited = self._pace(name)
        while True:
            payload = self._ask(body)
            self._learn(name, payload)
            if not _is_throttled(payload):
                return _answer(payload)
            pause = self._seconds_until(name) + random.uniform(0.2, 1.0)
            waited += pause
            if waited > LONGEST_WAIT:
                raise Throttled()
            time.sleep(pause)

    def pages(self, name: str, variables: dict[str, Any], connection: str) -> Iterator[dict[str, Any]]:
        """Yield every node of a paged connection; the document takes $first and $after and selects pageInfo."""
        after, first = None, variables["first"]
        while True:
            try:
                data = self.execute(name, variables | {"first": first, "after": after}).data
            except TooCostly:
                if first == 1:
                    raise
                first //= 2
                continue
            page = data.get(connection) or {}
            yield from (node for node in page.get("nodes") or [] if node)
            info = page.get("pageInfo") or {}
            if not info.get("hasNextPage") or info.get("endCursor") == after:
                return
            after = info["endCursor"]

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send once; a refused token is renewed once."""
        token = tokens.access_token(self.shop)
        response = self._post(body, token)
        if response.status_code == 401:
            response = self._post(body, tokens.access_token(self.shop, refused=token))
        if response.status_code == 401:
            tokens.end_access(self.shop, AccessEnded.sentence)
            raise AccessEnded()
        if response.status_code != 200:
            raise error_for(response.status_code)
        return transport.json_of(response)

    def _post(self, body: dict[str, Any], token: str) -> requests.Response:
        headers = {"X-Shopify-Access-Token": token, "Accept": "application/json"}
        return transport.post(self.url, json=body, headers=headers, timeout=self.timeout)

    def _pace(self, name: str) -> float:
        """Wait until the shop's points probably suffice, rather than be refused."""
        pause = min(self._seconds_until(name), LONGEST_WAIT)
        if pause:
            time.sleep(pause)
        return pause

    def _seconds_until(self, name: str) -> float:
        bucket = _buckets.get(self.shop.domain)
        return bucket.seconds_until(_requested.get(name, 0.0)) if bucket else 0.0

    def _learn(self, name: str, payload: dict[str, Any]) -> None:
        """Remember what the document asked for and what is left."""
        cost = _cost(payload)
        status = cost.get("throttleStatus") or {}
        _requested[name] = float(cost.get("requestedQueryCost") or 0.0)
        if status.get("restoreRate"):
            _buckets[self.shop.domain] = Bucket(
                available=float(status.get("currentlyAvailable") or 0.0),
                maximum=float(status.get("maximumAvailable") or 0.0),
                restore_rate=float(status["restoreRate"]),
                at=time.monotonic(),
            )


def _answer(payload: dict[str, Any]) -> Answer:
    """Return data that may be partial; raise where there is none or a mutation was refused."""
    data = payload.get("data")
    errors = _errors(payload)
    if not isinstance(data, dict) or (errors and not any(value is not None for value in data.values())):
        raise _refusal(errors)
    refused = [error for value in data.values() if isinstance(value, dict) for error in value.get("userErrors") or []]
    if refused:
        raise UserErrors(refused)
    messages = tuple(str(error.get("message", ""))[:300] for error in errors)
    return Answer(data, messages, int(_cost(payload).get("actualQueryCost") or 0))


def _refusal(errors: list[dict[str, Any]]) -> Exception:
    if not errors:
        return BadAnswer()
    message = str(errors[0].get("message", ""))[:300]
    if any(_code(error) == "ACCESS_DENIED" for error in errors):
        return AccessForbidden(f"Shopify does not allow this app to read that: {message}")
    if any(_code(error) in ("INTERNAL_SERVER_ERROR", "TIMEOUT") for error in errors):
        return BadAnswer()
    kind = TooCostly if any(_code(error) == "MAX_COST_EXCEEDED" for error in errors) else QueryRefused
    return kind(f"Shopify refused a request of this app: {message}")


def _is_throttled(payload: dict[str, Any]) -> bool:
    return any(_code(error) == "THROTTLED" for error in _errors(payload))


def _errors(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the errors as objects; Shopify also answers with a bare text."""
    errors = payload.get("errors") or []
    if not isinstance(errors, list):
        errors = [errors]
    return [error if isinstance(error, dict) else {"message": str(error)} for error in errors]


def _code(error: dict[str, Any]) -> str:
    return str((error.get("extensions") or {}).get("code", ""))


def _cost(payload: dict[str, Any]) -> dict[str, Any]:
    return (payload.get("extensions") or {}).get("cost") or {}
