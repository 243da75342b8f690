"""What the browsers of many visitors tell the app: which list was shown, through the proxy, and what the pixel hears.

Some connections at once, each kept open. Whoever refuses or is away costs a count: visitors go on as they are.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from devstore import clock
from devstore.appconfig import AppConfig
from devstore.signatures import signed
from devstore.visiting.block import USE_CASE

AT_ONCE, SECONDS = 8, 5.0
MOST_EVENTS, APART = 20, timedelta(seconds=10)
GIVES_UP = 3  # requests in a row that nobody answers
BROWSER = "Mozilla/5.0 (compatible as far as the development store's visitors go)"
TOLD, REFUSED, AWAY = "told", "refused", "away"


@dataclass(frozen=True)
class Said:
    """What one visitor's browser has to say."""

    visitor: str
    address: str
    shown: dict[str, str] | None = None  # of the block
    events: tuple[dict[str, Any], ...] = ()  # of the pixel


@dataclass(frozen=True)
class Heard:
    """How many requests of each door the app took or refused, how many found nobody; how long the others took."""

    counts: Counter[tuple[str, str]]
    milliseconds: int


class Telling:
    """Carry what visitors' browsers say to one app."""

    def __init__(self, app_url: str, secret: str, config: Callable[[], AppConfig]) -> None:
        self.app_url, self.secret, self.config = app_url, secret, config

    def tell(self, shop: str, pixel: dict[str, str] | None, said: Sequence[Said]) -> Heard:
        """Tell all of it, at the moment that it is now."""
        began, counts = time.monotonic(), Counter[tuple[str, str]]()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for part in pool.map(lambda part: self._tell(shop, pixel, part), _parts(said)):
                counts.update(part)
        took = round(1000 * (time.monotonic() - began))
        return Heard(counts, took if any(how != AWAY for _, how in counts) else 0)

    def _tell(self, shop: str, pixel: dict[str, str] | None, said: Sequence[Said]) -> Counter[tuple[str, str]]:
        """Tell a part of it, over connections of its own."""
        counts: Counter[tuple[str, str]] = Counter()
        app, to_pixel = Line(self.app_url), Line(pixel["address"] if pixel else self.app_url)
        declared = self.config().proxy
        for each in said:
            headers = {"User-Agent": BROWSER, "X-Forwarded-Proto": "https", "X-Forwarded-For": each.address}
            if each.shown and declared:
                query = signed([*each.shown.items()], shop, declared.prefix, self.secret)
                counts["proxy", app.post(f"{declared.path}/{USE_CASE}?{query}", b"", headers)] += 1
            if each.events and pixel:
                path, plain = urlsplit(pixel["address"]).path, headers | {"Content-Type": "text/plain"}
                for body in bodies_of(pixel, each):
                    counts["pixel", to_pixel.post(path, json.dumps(body).encode(), plain)] += 1
        app.close()
        to_pixel.close()
        return counts


def bodies_of(pixel: dict[str, str], said: Said) -> Iterator[dict[str, Any]]:
    """Write what the pixel sends: events of the last minutes, some at once."""
    sent = datetime.fromtimestamp(clock.seconds(), UTC)
    at = [sent - APART * number for number in range(len(said.events), 0, -1)]
    told = [event | {"at": moment.isoformat()} for event, moment in zip(said.events, at, strict=True)]
    known = {"shop": pixel["shop"], "key": pixel["key"], "unit": said.visitor, "analytics": True}
    for first in range(0, len(told), MOST_EVENTS):
        yield known | {"sent": sent.isoformat(), "events": told[first : first + MOST_EVENTS]}


class Line:
    """A connection that is kept open; where nobody answers several times, nobody is asked any more."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.connection, self.unheard = kind(parts.netloc, timeout=SECONDS), 0

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> str:
        """Say what became of something that was told."""
        return self.request("POST", path, body, headers)[0]

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[str, bytes]:
        """Say what became of a request, and what was answered."""
        if self.unheard >= GIVES_UP:
            return AWAY, b""
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            told = answer.read()
        except (OSError, HTTPException):
            self.connection.close()
            self.unheard += 1
            return AWAY, b""
        self.unheard = 0
        return TOLD if answer.status < 300 else f"{REFUSED} {answer.status}", told

    def close(self) -> None:
        self.connection.close()


def _parts(said: Sequence[Said]) -> Iterator[Sequence[Said]]:
    """Share it out, in turns."""
    for first in range(min(AT_ONCE, len(said))):
        yield said[first::AT_ONCE]
