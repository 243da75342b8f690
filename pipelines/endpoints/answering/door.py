"""The door for questions: POST /answers/<shop>/<use case> with {"pass": …, "question": {…}}.

`door` is called by shopmlops/asgi.py before Django is asked. Everything that it needs to know is in memory, what it has
to say is appended later: a visitor waits for no database, and no model can make an error of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from math import inf
from types import MappingProxyType
from typing import Any

import orjson
from django.utils import timezone

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering import passes, questions, scoring
from pipelines.endpoints.answering.memory import Key, Memory, memory
from pipelines.endpoints.answering.passes import NotAllowed
from pipelines.endpoints.answering.questions import Asked, Unusable
from pipelines.endpoints.answering.scoring import Result
from pipelines.endpoints.outbox import storable
from pipelines.endpoints.patience import Receive, Scope, Send, Unreadable, answer, read_body
from pipelines.lifecycle.evidence import answers, exposures
from pipelines.lifecycle.evidence.answers import Outcome, Unlogged
from pipelines.lifecycle.evidence.exposures import Assignment, Pointer
from pipelines.lifecycle.hold_outs import drawn
from pipelines.records import record
from pipelines.shopify.domains import SHOP_DOMAIN
from pipelines.stats import assignment
from pipelines.usecases import USE_CASES

PREFIX = "/answers/"
PATH = re.compile(rf"{PREFIX}({SHOP_DOMAIN.pattern})/([a-z0-9_]{{1,40}})")
BODY_SECONDS = 2.0
SAMPLED = 26  # of 256 units, whose questions are kept
# A storefront asks from an origin of its own, without cookies, in a request that needs no question before it.
OPEN = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store")]
JSON = [(b"content-type", b"application/json"), *OPEN]


class Refused(Exception):
    """The question is not answered; nothing is written down."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason


@record(frozen=True, slots=True)
class Asking:
    """One question of one unit, and what runs where it is asked."""

    key: Key
    unit: bytes  # digest of the first-party id
    asked: Asked
    at: datetime
    pointer: Pointer | None = None
    longest: float = inf  # seconds that whoever asks can wait

    @property
    def seconds(self) -> float:
        return min(USE_CASES[self.key[1]].score_seconds, self.longest)


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one question, and write down what was shown to whom; then ask who answers unseen."""
    try:
        asking = known(await understand(scope, receive), memory())
    except (Refused, Unreadable) as refused:
        more = [(b"allow", b"POST")] if refused.status == 405 else []
        await answer(send, refused.status, refused.reason.encode(), [*OPEN, *more])
        return
    await respond(asking, send)


async def respond(asking: Asking, send: Send, more: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Answer a question that may be asked, with what the visitor needs besides, and write down what was shown."""
    seen, result = await answered(asking)
    await answer(send, 200, written(asking, seen.arm if seen else exposures.STABLE, result, more), JSON)
    await mirror(asking, seen)


async def answered(asking: Asking) -> tuple[Assignment | None, Result]:
    """Ask who speaks for a unit, and write down what it is shown; of an unknown shop only that it asked."""
    if asking.pointer is None:  # nobody has looked yet since this process began
        count_unknown(asking)
        return None, Result(Outcome.FALLBACK)
    seen = exposures.assigned(asking.pointer, asking.unit, at=asking.at)
    if asking.pointer.active is not None or USE_CASES[asking.key[1]].door:  # else nobody is shown anything
        count(asking, seen)
    if seen.arm == exposures.HELD_OUT:
        return seen, Result(Outcome.FALLBACK)
    result = await ask(asking, seen.version)
    write_down(asking, seen, result)
    return seen, result


async def understand(scope: Scope, receive: Receive) -> Asking:
    """Return what is asked, by whom and where, or raise Refused."""
    place = PATH.fullmatch(scope["path"])
    if place is None or place[2] not in USE_CASES or not USE_CASES[place[2]].has_door:
        raise Refused(404, "nothing answers here")
    if scope["method"] != "POST":
        raise Refused(405, "POST only")
    at = timezone.now()
    try:
        asked = questions.read(await read_body(receive, questions.LARGEST, BODY_SECONDS))
        unit_id = passes.unit_of(asked.given, place[1], place[2], at)
    except Unusable as unusable:
        raise Refused(400, str(unusable)) from None
    except NotAllowed as why:
        raise Refused(401, str(why)) from None
    return Asking((place[1], place[2]), assignment.digest(unit_id), asked, at)


def known(asking: Asking, kept: Memory) -> Asking:
    """Add what runs there, or raise Refused where the shop has left."""
    pointer = runs(asking.key, kept)
    return asking if pointer is None else replace(asking, pointer=pointer)


def runs(key: Key, kept: Memory) -> Pointer | None:
    """Return what runs somewhere, or raise Refused where the shop has left; a look too long ago lets nobody be split.

    Before the first look it is not known.
    """
    if kept.pointers is None:
        kept.want(key)
        return None
    pointer = kept.pointers.get(key)
    if pointer is None:
        raise Refused(404, "nothing answers here")
    return replace(pointer, weight=0, is_mirrored=False) if kept.is_stale else pointer


async def ask(asking: Asking, version: int | None) -> Result:
    """Ask a version in memory; where none runs, or it fails, the simple rule answers, or else the safe default."""
    result = Result(Outcome.FALLBACK, "no version")
    if version is None:
        memory().note_unanswered(asking.key)
    else:
        result = await scoring.ask(memory().scorer(asking.key, version), asking.asked.question, asking.seconds)
    if result.answer is not None or USE_CASES[asking.key[1]].door is None:
        return result
    instead = await scoring.ask(memory().scorer(asking.key, None), asking.asked.question, asking.seconds)
    return replace(result, answer=instead.answer)


async def mirror(asking: Asking, seen: Assignment | None) -> None:
    """Ask a version whose answer nobody sees, where one runs alongside, and log it."""
    pointer = asking.pointer
    if pointer is None or pointer.mirrored is None or seen is None or seen.arm == exposures.HELD_OUT:
        return
    unseen = replace(seen, version=pointer.mirrored, arm=exposures.CANARY, release=pointer.release)
    log(asking, unseen, await ask(asking, pointer.mirrored), is_shown=False)


def count(asking: Asking, seen: Assignment) -> None:
    """Append that a unit was seen where it is shown something, or held out of it: both are counted alike."""
    assert asking.pointer
    is_held_out = seen.arm == exposures.HELD_OUT
    sight = drawn.sight(asking.pointer.shop, asking.pointer.draw, seen.unit, is_held_out=is_held_out, at=asking.at)
    if sight:
        webhooks.outbox().appended.add(drawn.SEE, sight)


def write_down(asking: Asking, seen: Assignment, result: Result) -> None:
    """Append that a unit was shown a release, whatever became of the answer; and the answer."""
    assert asking.pointer
    sight = exposures.sight(asking.pointer, seen, asking.at)
    if sight:
        webhooks.outbox().appended.add(exposures.SEE, sight)
    log(asking, seen, result, is_shown=True)


def log(asking: Asking, seen: Assignment, result: Result, *, is_shown: bool) -> None:
    """Append one answer; of some units with what was asked."""
    assert asking.pointer
    said = answers.Said(
        asking.pointer.shop,
        asking.pointer.use_case,
        seen.version,
        seen.arm,
        unit=seen.unit.hex(),
        at=asking.at,
        outcome=result.outcome,
        reason=result.reason,
        release=seen.release,
        milliseconds=round(result.milliseconds, 3),
        is_shown=is_shown,
        score=result.answer.score if result.answer else None,
        features=storable(questions.without_shopper(asking.asked.question)) if seen.unit[0] < SAMPLED else None,
    )
    appended = webhooks.outbox().appended
    if not appended.add(answers.LOG, said):
        appended.count(answers.COUNT, answers.unlogged(said))


def count_unknown(asking: Asking) -> None:
    """Count an answer of a shop of which nothing is known yet: perhaps the database has been away since we began."""
    domain, use_case = asking.key
    when = answers.quarter_of(asking.at)
    webhooks.outbox().appended.count(answers.COUNT, Unlogged(use_case, Outcome.FALLBACK, when, domain=domain))


def written(asking: Asking, arm: str, result: Result, more: Mapping[str, Any]) -> bytes:
    """Return the answer as it is sent, with who gave it and what the cart carries of the unit."""
    said = result.answer.written if result.answer else safe_default(asking.key[1])
    about = {"outcome": result.outcome.value, "arm": arm, "unit": asking.unit.hex()} | dict(more)
    about |= {"version": result.answer.version} if result.answer and result.answer.version else {}
    return b'{"answer":' + said + b"," + orjson.dumps(about)[1:]


@lru_cache(maxsize=64)
def safe_default(use_case: str) -> bytes:
    """Return what is answered where no version does."""
    return orjson.dumps(dict(USE_CASES[use_case].safe_default))
