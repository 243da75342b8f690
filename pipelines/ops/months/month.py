"""A month of the development store in minutes: time goes on by hours, and stands still until the app has done its work.

The store plays the scenario; the app does by itself what it does in any month. What a merchant does is left to whoever
watches, and time waits for them; where nobody does, it is done at once.
"""

from __future__ import annotations

import importlib.util
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import redis

from pipelines.ops.errors import ServiceError
from pipelines.ops.months import diary
from pipelines.ops.smoke import Form, Forms, Merchant, Reader
from pipelines.ops.supervisor import PYTHON, Demo, Say, require_alive
from pipelines.usecases import USE_CASES

HOURS = (0, 3, 13)  # of the shop's day, at which time stands still
PATIENCE = 60.0  # seconds that a step waits for what no job is at: what hangs is part of what is watched
PAUSE = 0.2
LOADED = 3.0  # seconds in which processes have loaded what went live: visitors of ten hours would come meanwhile
MODEL_SECONDS = 1800.0
HEARTBEAT_EVERY = timedelta(seconds=31)
TICKED = "SELECT max(slot) FROM pipelines_cronslot WHERE job = 'heartbeat'"
TO_DO = """
SELECT (SELECT count(*) FROM pipelines_webhookdelivery WHERE state = 'received')
    + (SELECT count(*) FROM pipelines_trainingrun WHERE state IN ('queued', 'running'))
    + (SELECT count(*) FROM pipelines_syncrun WHERE state IN ('queued', 'exporting', 'loading'))
"""
LIVE = "SELECT count(*) FROM pipelines_deployment WHERE active_id IS NOT NULL"
ASKED = "SELECT min(id) FROM pipelines_release WHERE phase = 'awaiting_approval'"
COMPARED = "SELECT id FROM pipelines_release WHERE use_case = %s AND phase = 'canary' LIMIT 1"
DECAYED = "SELECT id, use_case FROM pipelines_release WHERE phase = 'live' AND analysis #>> '{decay,alarm}' = 'true'"
QUEUES = ("events", "default", "training")
# Without the first three visitors are shown nothing; the last says which codes work.
SHOWN = ["write_products", "write_pixels", "read_customer_events", "read_discounts"]
MAKER = "benchmarks.usecases.{}.rig.bad_version"


@dataclass
class Month:
    """One scenario that plays in a running demo."""

    demo: Demo
    reader: Reader
    approves: bool  # what waits for the merchant; else time stands still until somebody decides
    say: Say
    day_seconds: float = 0.0  # a day takes at least so long, so that it can be watched
    done: set[float] = field(default_factory=set)  # days of what was done for a scenario
    is_spoilt: bool = False  # by a bad version
    acted: int = 0  # things that the scenario has the merchant do
    has_approved: bool = False  # since visitors came last
    told: int = 0

    def __post_init__(self) -> None:
        self.merchant = Merchant(self.demo.plan)
        self.queue: Any = redis.Redis.from_url(self.demo.env["REDIS_URL"])

    def play(self, name: str, days: int | None = None) -> dict[str, Any]:
        """Play a scenario from today on, or go on with it; return what was injected, and what was seen of it when."""
        if self.approves:
            self.merchant.get("/")  # who opens the app installs it
        while not self.reader.one(LIVE):
            self.answer()
            self.pause()
        begun = time.monotonic()
        run = self.merchant.pull("scenario", name=name)
        if run["visitors"]["a_day"]:
            self.merchant.pull("scopes", grant=SHOWN)
        begun_before = [each for each in run["injected"] if each["has_begun"]]
        self.done = {each["day"] for each in begun_before}
        self.is_spoilt = any(each["what"] == "model" for each in begun_before)
        self.act(run)
        self.say(f"{run['title']}. Day {run['day']:.1f} of {days or run['days']}.")
        for at in moments(run, days or run["days"]):
            self.step(at)
        run = self.merchant.look("scenario")
        self.told = self.tell(run)
        found = diary.figures(run, diary.read(self.reader, run["began"]))
        return found | {"seconds": round(time.monotonic() - begun, 1)}

    def step(self, at: datetime) -> None:
        """Let time pass up to a moment, wait until the app did what was due, and answer what it asks."""
        began = time.monotonic()
        self.rest()  # what an answer began: visitors see what is published when it is done
        time.sleep(LOADED if self.has_approved else 0.0)
        self.has_approved = False
        self.merchant.pull("visit", at=at.isoformat())
        self.rest()  # what began while visitors came: a job that meets a jump is killed
        run = self.merchant.pull("play", at=at.isoformat())
        self.settle(at)
        self.inject(run)
        self.rest()  # a version that was made takes the place of an older one that nobody has answered
        self.act(run)
        self.answer()
        self.told = self.tell(run)
        time.sleep(max(0.0, self.day_seconds / len(HOURS) - (time.monotonic() - began)))

    def settle(self, at: datetime) -> None:
        """Wait until the app's clock has ticked, no job runs or waits, and nothing is left to do.

        A job that runs while the clock jumps would look as if it had run for hours. What is left otherwise, as in an
        outage, is waited for a while.
        """
        patience = time.monotonic() + PATIENCE
        while not self.has_ticked(at) or self.is_busy() or (self.has_more() and time.monotonic() < patience):
            self.pause()

    def rest(self) -> None:
        """Wait until no job runs or waits."""
        while self.is_busy():
            self.pause()

    def has_ticked(self, at: datetime) -> bool:
        slot = self.reader.one(TICKED)
        return slot is not None and slot > at - HEARTBEAT_EVERY

    def is_busy(self) -> bool:
        """Tell whether a job runs or waits for a worker."""
        return any(self.queue.llen(f"rq:queue:{name}") + self.queue.zcard(f"rq:wip:{name}") for name in QUEUES)

    def has_more(self) -> bool:
        """Tell whether the store has more to tell, or the app more to do; while an outage lasts, both keep it."""
        state = self.merchant.look("state")
        if state["faults"]:
            return False
        return bool(state["deliveries"].get("waiting") or self.reader.one(TO_DO))

    def pause(self) -> None:
        """Wait a little, as long as everything runs."""
        require_alive(self.demo)
        time.sleep(PAUSE)

    # What people do

    def inject(self, run: dict[str, Any]) -> None:
        """Make the bad versions whose day has come, and name the campaigns that began.

        While shoppers compare another version, a bad one would wait, and be no longer the newest when its turn comes.
        """
        for event in run["injected"]:
            if not event["has_begun"] or event["day"] in self.done:
                continue
            if event["what"] == "model" and self.reader.one(COMPARED, event["of"]):
                continue
            self.done.add(event["day"])
            if event["what"] == "model":
                self.is_spoilt = True
                made = PYTHON, "-m", maker(event["of"]), "--times", str(event["size"])
                step = self.demo.begin("bad-version", *made)
                self.demo.finish(step, MODEL_SECONDS)
            elif event["name"]:
                name_days(self.merchant, event)

    def act(self, run: dict[str, Any]) -> None:
        """Do what the scenario has the merchant do by now: fill in forms of the app's."""
        due = [each for each in run["acts"] if each["has_begun"]]
        for each in due[self.acted :]:
            self.say(f"The merchant sends a form of {each['page']}.")
            send(self.merchant, each["page"], each["form"], each["fields"])
        self.acted = max(self.acted, len(due))

    def answer(self) -> None:
        """Answer what the app asks, or let time stand still until somebody did."""
        asked = self.reader.one(ASKED)
        if asked and not self.approves:
            self.say("Time stands still: Home asks you something. It goes on when you have decided.")
            while self.reader.one(ASKED) == asked:
                self.pause()
        elif asked:
            approve(self.merchant, asked)
            self.has_approved = True
        for pk, use_case in self.reader.all(DECAYED) if self.approves and self.is_spoilt else []:
            self.say(f"Its days are worse than its past explains: release {pk} is taken back by one click.")
            go_back(self.merchant, pk, use_case)

    def tell(self, run: dict[str, Any]) -> int:
        """Say what was seen since; return how much that is in all."""
        seen = diary.read(self.reader, run["began"])
        for each in seen[self.told :]:
            self.say(f"Day {each.day(run['began']):4.1f}  {each.text}")
        return len(seen)


def moments(run: dict[str, Any], days: int) -> Iterator[datetime]:
    """Yield the moments at which time stands still, after what is played."""
    now, began = (datetime.fromisoformat(run[name]) for name in ("now", "began"))
    zone = ZoneInfo(run["zone"])
    for day in range(days + 1):
        date = (began + timedelta(days=day, hours=12)).astimezone(zone).date()
        for hour in HOURS if day < days else HOURS[:1]:
            at = datetime(date.year, date.month, date.day, hour, tzinfo=zone)
            if at > now:
                yield at


def maker(slug: str) -> str:
    """Name who makes bad versions of a use case; a production image has nobody."""
    name = MAKER.format(slug)
    if slug not in USE_CASES or not importlib.util.find_spec("benchmarks") or not importlib.util.find_spec(name):
        raise ServiceError("Bad versions are made by benchmarks/ of the source; this installation has none.")
    return name


def send(merchant: Merchant, page: str, form: str, fields: dict[str, str]) -> None:
    """Fill in and send each form of a page whose address fits, and which carries nothing else than is said.

    One that is sent leads to a page that carries more, so the page is read anew for each.
    """
    done: set[tuple[str, int]] = set()
    while fits := [each for each in fitting(Forms(merchant.get(page)).forms, form, fields) if each[0] not in done]:
        which, found = fits[0]
        done.add(which)
        merchant.post(found.address, found.shown | found.carried | fields)


def fitting(forms: list[Form], address: str, fields: dict[str, str]) -> Iterator[tuple[tuple[str, int], Form]]:
    """Yield the forms that fit, each with the address and which of those with that address it is."""
    seen: Counter[str] = Counter()
    for each in forms:
        seen[each.address] += 1
        carries = all(each.carried.get(name, value) == value for name, value in fields.items())
        if carries and re.fullmatch(address, each.address):
            yield (each.address, seen[each.address]), each


def approve(merchant: Merchant, release: int) -> None:
    """Press Approve with what the card shows; one that cannot be approved is left alone."""
    page = Forms(merchant.get(f"/releases/{release}")).found
    for address, shown in page.items():
        if address.endswith("/approve"):
            merchant.post(address, shown)


def name_days(merchant: Merchant, event: dict[str, Any]) -> None:
    """Add the days of a campaign under Settings, as a merchant would."""
    last = datetime.fromisoformat(event["until"]) - timedelta(seconds=1)
    days = {"first_day": event["at"][:10], "last_day": last.date().isoformat()}
    merchant.post("/settings/events", {"name": event["name"], **days})


def go_back(merchant: Merchant, release: int, use_case: str) -> None:
    """Press Roll back, and type the word where much money depends on it."""
    page = Forms(merchant.get(f"/releases/{release}")).found
    for address, shown in page.items():
        if address.endswith(f"/roll-back/{use_case}"):
            merchant.post(address, shown | {"word": "roll back"})
