"""What is done to the app: its processes are killed, its API fails, its tokens end, its disk is full."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import requests

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig.disk import FULL
from pipelines.ops import postgres, redis_server
from pipelines.ops.errors import ServiceError
from pipelines.ops.supervisor import WORKERS, Demo, start_process

OURS, SERVICES = ("web", *WORKERS, "scheduler"), ("PostgreSQL", "Redis")
FAULTS = (
    "down", "slow", "429", "5xx", "throttled", "malformed_jsonl", "half_file", "expired_url", "half_bulk", "bad_line",
    "no_lifetime",
)  # fmt: skip
Card = TypeVar("Card")
TRIES = 10  # to start what was killed: what it left may need a moment to end


class Harm:
    """Does one thing after the other, each kind in turn, in an order of its own."""

    def __init__(self, demo: Demo, chance: random.Random, say: Say) -> None:
        self.demo, self.chance, self.say = demo, chance, say
        self.kills, self.faults, self.ended = Counter[str](), Counter[str](), Counter[str]()
        self.full = demo.places.state / FULL
        acts: list[Callable[[], None]] = [partial(self.kill, name) for name in (*OURS, *SERVICES)]
        acts += [self.lose_the_queue, self.fill_the_disk, self.end_tokens, self.end_tokens]
        self.acts = self.dealt(acts)
        self.modes = self.dealt(FAULTS)

    def dealt(self, cards: Sequence[Card]) -> Iterator[Card]:
        """Yield what there is, for ever: everything once, then everything again, in another order."""
        while True:
            yield from self.chance.sample(cards, len(cards))

    def work(self, seconds: float) -> None:
        """Harm for so long, and until every process was killed once."""
        until = time.monotonic() + seconds
        while time.monotonic() < until or len(self.kills) < len(OURS) + len(SERVICES):
            self.notice_the_dead()
            self.fail_the_api()
            next(self.acts)()
            time.sleep(self.chance.uniform(1, 4))

    def end(self) -> None:
        """Repair everything."""
        self.full.unlink(missing_ok=True)
        self.notice_the_dead()
        for mode in FAULTS:
            self.pull("fail-api", mode=mode, times=0)

    def pull(self, lever: str, **wishes: object) -> None:
        requests.post(f"{self.demo.plan.store_url}/control/{lever}", json=wishes, timeout=60).raise_for_status()

    def notice_the_dead(self) -> None:
        """Start again what ended by itself, as whatever runs the processes does; that it did is told."""
        for child in [child for child in self.demo.children if not child.is_running]:
            self.ended[child.name] += 1
            self.say(f"{child.name} ended by itself. {child.last_words()}")
            self.demo.children.remove(child)
            self.start(child.name)

    def kill(self, name: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Kill a process with all that it started, leave it dead for a moment, start it again."""
        child = next(child for child in self.demo.children if child.name == name)
        self.kills[name] += 1
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.demo.children.remove(child)
        meanwhile()
        time.sleep(self.chance.uniform(0, 3))
        self.start(name)

    def start(self, name: str) -> None:
        """Start a process of this name."""
        for attempt in range(TRIES):
            try:
                if name == "PostgreSQL":
                    self.demo.children.append(postgres.start(self.demo.places))
                elif name == "Redis":
                    self.demo.children.append(redis_server.start(self.demo.places))
                else:
                    start_process(self.demo, name)
                return
            except ServiceError:
                self.demo.children[:] = [child for child in self.demo.children if child.is_running]
                if attempt == TRIES - 1:
                    raise
                time.sleep(1)

    def lose_the_queue(self) -> None:
        """Kill Redis and take away everything that it has written."""
        self.faults["queue lost"] += 1
        self.kill("Redis", lambda: shutil.rmtree(self.demo.places.state / "redis"))

    def fail_the_api(self) -> None:
        """Let the next answers of one kind go wrong."""
        mode = next(self.modes)
        self.faults[mode] += 1
        self.pull("fail-api", mode=mode, times=self.chance.randint(1, 4))

    def end_tokens(self) -> None:
        """End the access tokens, or the whole pair: then only the merchant can bring a new one."""
        how = self.chance.choice(["expired", "expired", "revoked"])
        self.faults[f"token {how}"] += 1
        self.pull("revoke-token", how=how)

    def fill_the_disk(self) -> None:
        """Let the disk of the artifacts be full, or empty again."""
        if self.full.exists():
            self.full.unlink()
        else:
            self.faults["disk full"] += 1
            self.full.touch()

    def told(self) -> list[Check]:
        """Say what was done."""
        kills = [at_least(f"killed_{name}", self.kills[name], "times", 1) for name in (*OURS, *SERVICES)]
        faults = [Check(f"injected_{name.replace(' ', '_')}", count, "times") for name, count in self.faults.items()]
        return [*kills, *faults, at_most("ended_by_itself", self.ended.total(), "processes", 0)]
