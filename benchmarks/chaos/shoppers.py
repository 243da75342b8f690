"""Who goes on as if nothing happened: a merchant who clicks, and shoppers who buy, change their minds and give back."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from threading import Event

import requests

from benchmarks.checks import Check, at_least
from pipelines.ops.smoke import Forms, Merchant, SmokeFailed
from pipelines.usecases import USE_CASES

TROUBLE = (SmokeFailed, requests.RequestException)
PAGES = ("/", "/data", "/versions", "/monitoring", "/alerts", "/results")


class Clicks:
    """Opens pages, asks for checks and trainings, and says yes to what waits for it."""

    def __init__(self, merchant: Merchant, chance: random.Random) -> None:
        self.merchant, self.chance, self.done, self.failed = merchant, chance, Counter[str](), 0

    def work(self, done: Event) -> None:
        """Click until told to end; what fails is clicked again some other time."""
        acts = [self.look, self.look, self.look, self.check, self.train, self.decide]
        while not done.wait(self.chance.uniform(0.5, 3)):
            act = self.chance.choice(acts)
            try:
                act()
                self.done[act.__name__] += 1
            except TROUBLE:
                self.failed += 1

    def look(self) -> None:
        self.merchant.get(self.chance.choice(PAGES))

    def check(self) -> None:
        self.merchant.post("/data/check", {})

    def train(self) -> None:
        self.merchant.post(f"/versions/{self.chance.choice(list(USE_CASES))}/train", {})

    def decide(self) -> None:
        """Approve what waits, exactly as it is shown, also in a freeze."""
        link = re.search(r'href="(/releases/\d+)"', self.merchant.get("/"))
        forms = Forms(self.merchant.get(link[1])).found if link else {}
        for end in ("/lift", "/approve"):
            asked = next((form for form in forms.items() if form[0].endswith(end)), None)
            if asked:
                self.merchant.post(*asked)
                self.done[end] += 1
                return

    def told(self) -> list[Check]:
        """Say what was clicked."""
        clicks = [Check(f"clicked_{name.strip('/')}", count, "times") for name, count in self.done.items()]
        return [*clicks, Check("clicks_that_met_an_outage", self.failed, "times")]


class Sales:
    """Lets the store sell, and tell it late, twice, out of order, and forged."""

    def __init__(self, merchant: Merchant, chance: random.Random) -> None:
        self.merchant, self.chance, self.done = merchant, chance, Counter[str]()

    def work(self, done: Event) -> None:
        """Sell until told to end."""
        knobs = {"late": 0.1, "late_seconds": 10, "doubled": 0.2, "reordered": 0.3, "forged": 0.1}
        self.merchant.pull("knobs", **knobs)
        acts = ["place-order"] * 6 + ["refund-order", "cancel-order", "edit-order", "fulfill-order", "delete-order"]
        while not done.is_set():
            act = self.chance.choice(acts)
            try:
                self.merchant.pull(act, **({"count": 3} if act == "place-order" else {}))
                self.done[act] += 1
            except TROUBLE:
                self.done["refused"] += 1  # as an order that was cancelled already
            time.sleep(self.chance.uniform(0.2, 1))
        self.merchant.pull("knobs", **dict.fromkeys(knobs, 0))

    def told(self) -> list[Check]:
        """Say what happened in the store."""
        acts = [Check(f"store_{name.replace('-', '_')}", count, "times") for name, count in self.done.items()]
        return [at_least("orders_placed", 3 * self.done["place-order"], "orders", 1), *acts]
