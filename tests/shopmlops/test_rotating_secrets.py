"""The client secret is changed as docs/operations.md says, while Shopify delivers: nothing that it signs is refused.

Real processes are replaced one by one, each beside the one before it, and Shopify's own library signs: the seconds that
this takes are theirs to start.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import pytest
import requests

from pipelines.endpoints.webhooks import PATH
from pipelines.models import WebhookDelivery
from tests import factories, waiting
from tests.conftest import ROOT
from tests.identities import SHOP, signed_webhook
from tests.shopmlops.conftest import Web, collect, running_web
from tests.shopmlops.live_web import these_rows

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (ROOT / "node_modules/@shopify/shopify-api").exists(), reason="npm has put no library of Shopify's here"
    ),
]
OLD, NEW = "the secret of until now, long enough", "the secret of from now on, long enough"
STEPS = ((OLD, ""), (OLD, NEW), (NEW, OLD), (NEW, ""))  # what is in use, and what else is known
Signed = tuple[bytes, dict[str, str]]


def signed() -> dict[str, list[Signed]]:
    """Return deliveries as Shopify's library signs them, by secret."""
    bodies = [json.dumps(factories.order_body(id=number)) for number in range(1, 40)]
    asked = json.dumps({"secrets": [OLD, NEW], "bodies": bodies})
    command = ["node", str(ROOT / "tests/shopmlops/signed_by_shopify.mjs")]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    told = {}
    for secret, signatures in zip((OLD, NEW), json.loads(done.stdout), strict=True):
        pairs = zip(bodies, signatures, strict=True)
        told[secret] = [
            signed_webhook("orders/create", body.encode(), SHOP, **{"X-Shopify-Hmac-Sha256": signature})
            for body, signature in pairs
        ]
    return told


class Shopify:
    """Delivers without a pause, to whichever process is there, and notes what is not taken."""

    def __init__(self, deliveries: dict[str, list[Signed]]) -> None:
        self.deliveries = {secret: cycle(each) for secret, each in deliveries.items()}
        self.signs: tuple[str, ...] = (OLD,)
        self.webs: list[Web] = []
        self.taken, self.refused = 0, list[tuple[int, str]]()
        self.ends, self.turn = threading.Event(), threading.Lock()

    def deliver(self) -> None:
        while not self.ends.is_set():
            with self.turn:
                for web in self.webs:
                    for secret in self.signs:
                        self.send(web, secret)
            self.ends.wait(0.005)

    def send(self, web: Web, secret: str) -> None:
        status = said_to(web, next(self.deliveries[secret]))
        if status == 200:
            self.taken += 1
        else:
            self.refused.append((status, secret))

    def leads_to(self, *webs: Web) -> None:
        """Deliver to these processes from now on."""
        with self.turn:
            self.webs = [*webs]

    def delivers_more(self, count: int) -> None:
        """Wait until so many more were answered."""
        wanted = self.taken + len(self.refused) + count
        waiting.until(lambda: self.taken + len(self.refused) >= wanted)


def said_to(web: Web, delivery: Signed) -> int:
    raw, headers = delivery
    return requests.post(f"{web.address}{PATH}", data=raw, headers=headers, timeout=60).status_code


@pytest.fixture
def shopify() -> Iterator[Shopify]:
    """Deliver until the test is over."""
    factories.a_shop(domain=SHOP)
    sender = Shopify(signed())
    thread = threading.Thread(target=sender.deliver)
    thread.start()
    yield sender
    sender.ends.set()
    thread.join()


def test_nothing_that_shopify_signs_is_refused_and_the_old_secret_is_good_for_nothing_in_the_end(
    shopify: Shopify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(tmp_path / "static")
    before: list[Web] = []
    with ExitStack() as stack:
        for used, known in STEPS:
            if used == NEW:
                shopify.signs = (OLD, NEW) if known else (NEW,)  # with both around the time at which one is revoked
            for name, value in (these_rows() | {"SHOPIFY_API_SECRET": used, "SHOPIFY_API_SECRET_OLD": known}).items():
                monkeypatch.setenv(name, value)
            web = stack.enter_context(running_web(tmp_path))
            shopify.leads_to(*before, web)
            shopify.delivers_more(40)
            shopify.leads_to(web)
            for each in before:
                each.process.terminate()
            before = [web]
        assert shopify.refused == []
        old, new = (next(shopify.deliveries[secret]) for secret in (OLD, NEW))
        assert (said_to(web, old), said_to(web, new)) == (401, 200)
        shopify.leads_to()
    assert WebhookDelivery.objects.exists()
