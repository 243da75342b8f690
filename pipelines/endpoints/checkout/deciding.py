"""What a checkout is answered: a version's figure, or what of the merchant's is shown there, if anything.

All but one statement is in memory: what costs is reserved before it is shown. Whatever is missing or late, the use
case's safe default is the answer.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import Any

import orjson
from django.conf import settings

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering import door as answering
from pipelines.endpoints.answering import passes
from pipelines.endpoints.answering.door import Asking
from pipelines.endpoints.answering.memory import Key, Memory, memory
from pipelines.endpoints.answering.questions import Asked
from pipelines.endpoints.answering.scoring import Result
from pipelines.endpoints.answering.shelves import Shelved
from pipelines.endpoints.checkout import lately
from pipelines.endpoints.checkout.reserving import USED_UP, Drawer, Wish, cashier
from pipelines.endpoints.checkout.told import Told
from pipelines.lifecycle.evidence import exposures
from pipelines.lifecycle.evidence.answers import Outcome
from pipelines.lifecycle.evidence.exposures import Assignment
from pipelines.models import own
from pipelines.records import record
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase
from pipelines.usecases.tills import Chosen

BUDGET = 0.15  # seconds, from when a question is read
CHANCE_SECONDS = 0.04
RESERVING_SECONDS = 0.06
NO_CONSENT, OPTED_OUT, NOT_LOADED, NOTHING = "no consent", "opted out", "not loaded yet", "nothing fits"
ACCEPTING = "{use_case}/accepted"  # the purpose of the pass by which a decision is accepted


@record(frozen=True, slots=True)
class Decided:
    """One decision, as it is appended."""

    shop: int
    at: str
    decision: str
    unit: str
    checkout: int | None
    version: int | None
    arm: str
    picked: int
    shown: int
    why_not: str
    propensity: float | None
    score: float | None
    eligible: list[int]
    margins: list[int]
    left_out: dict[str, str]
    chance: float | None
    context: Mapping[str, Any]


@record(frozen=True, slots=True)
class Reply:
    """What is sent, and what was asked for it: who answers that unseen is asked once it was sent."""

    body: bytes
    asked: tuple[tuple[Asking, Assignment | None], ...] = ()


async def decide(case: UseCase, domain: str, told: Told, ends: float) -> Reply:
    """Answer a checkout; of somebody who does not agree, or opted out, nothing is decided and nothing written."""
    kept = memory()
    if not told.has_consent:
        return unsaid(case, NO_CONSENT)
    if (domain, told.unit) in kept.opted_out:
        return unsaid(case, OPTED_OUT)
    asking = asked_of(case, domain, told, told.features, ends)
    assert case.till
    return await (pick(case, asking, told, kept, ends) if case.till.choose else say(asking, told))


def asked_of(
    case: UseCase, domain: str, told: Told, question: Mapping[str, Any], ends: float, longest: float = inf
) -> Asking:
    """Return a question of this checkout, or raise Refused where the shop has left."""
    key, longest = (domain, case.slug), max(0.0, min(longest, ends - time.monotonic()))
    pointer = answering.runs(key, memory())
    return Asking(key, told.unit, Asked("", dict(question)), told.cart.at, pointer, longest)


async def say(asking: Asking, told: Told) -> Reply:
    """Give a version's figure and its age in seconds; where none comes in time, the last one of the same checkout.

    Whoever holds a checkout's token is its shopper's browser. It learns what a block needs to choose what to show, to
    the hundredth, and nothing of who said it: with every digit of every answer one could learn how they are made.
    """
    seen, result = await answering.answered(asking)
    score = result.answer.score if result.answer else None
    about = lately.of((asking.key, asking.unit, told.checkout), score, asking.at)
    return Reply(orjson.dumps(about), ((asking, seen),))


def unsaid(case: UseCase, why: str) -> Reply:
    """Say why nothing is decided, where a figure is asked with none; and write nothing down."""
    nothing = {} if case.till and case.till.choose else dict(lately.NOTHING)
    return Reply(orjson.dumps(nothing | {"why": why}))


async def pick(case: UseCase, asking: Asking, told: Told, kept: Memory, ends: float) -> Reply:
    """Let a version pick what is shown, and reserve it."""
    assert case.till
    shelved = kept.shelves.of(asking.key)
    if asking.pointer is None or shelved is None:
        return unsaid(case, NOT_LOADED)
    if shelved.held is None:
        return unsaid(case, NOTHING)
    till, decision = own.till(case.slug), decision_of(asking.key, told)
    cart = replace(told.cart, closed=shelved.closed) if shelved.closed else told.cart
    chosen: Chosen = case.function(case.till.choose)(till.shelf(shelved.held), cart)
    if not chosen.eligible:
        write_down(asking, told, decision, None, Result(Outcome.FALLBACK), chosen, None, 0, "")
        return unsaid(case, NOTHING)
    chance, also = await chance_of(asking.key[0], told, ends)
    question = {**told.features, "decision": decision, "eligible": chosen.eligible, "chance": chance}
    left = max(0.0, ends - time.monotonic() - RESERVING_SECONDS)
    asking = replace(asking, asked=Asked("", question), longest=left)
    seen, result = await answering.answered(asking)
    picked = picked_of(case, result, chosen)
    shown, why_not = await reserved(asking, told, decision, seen, picked, chosen, ends)
    write_down(asking, told, decision, seen, result, chosen, chance, shown, why_not)
    return Reply(reply(case, asking, shelved, decision, shown), (*also, (asking, seen)))


def decision_of(key: Key, told: Told) -> str:
    """Name a decision: the same for one checkout within an hour, so that asking again reserves nothing again."""
    at = told.cart.at.isoformat()  # cheaper than a calendar's format
    about = f"{settings.SECRET_KEY}|{key}|{told.unit.hex()}|{told.checkout}|{at[:4]}{at[5:7]}{at[8:10]}{at[11:13]}"
    return hashlib.sha256(about.encode()).hexdigest()[:32]


async def chance_of(
    domain: str, told: Told, ends: float
) -> tuple[float | None, tuple[tuple[Asking, Assignment | None], ...]]:
    """Ask how likely a checkout ends in an order, if anybody says so; return what came in time, and what was asked."""
    case = says_chances()
    if case is None or (domain, case.slug) not in (memory().pointers or {}):
        return None, ()
    asking = asked_of(case, domain, told, told.features, ends, CHANCE_SECONDS)
    seen, result = await answering.answered(asking)
    return result.answer.score if result.answer else None, ((asking, seen),)


async def ask_unseen(reply: Reply) -> None:
    """Ask whoever answers unseen what was asked for a reply, one after the other."""
    for asking, seen in reply.asked:
        await answering.mirror(asking, seen)


def says_chances() -> UseCase | None:
    """Return the use case whose answers are chances of a checkout."""
    asked = (case for case in USE_CASES.values() if case.till and case.unit == "checkout" and case.monitored)
    return next((case for case in asked if case.monitored and case.monitored.says == "chances"), None)


def picked_of(case: UseCase, result: Result, chosen: Chosen) -> int:
    """Return what a version picked; what may not be shown is nothing."""
    assert case.till
    picked = result.answer.said.get(case.till.picked, 0) if result.answer else 0
    return picked if picked in chosen.costs else 0


async def reserved(
    asking: Asking, told: Told, decision: str, seen: Assignment | None, picked: int, chosen: Chosen, ends: float
) -> tuple[int, str]:
    """Take what a pick may cost; return what is shown, and why it is not what was picked."""
    kept, (domain, use_case) = memory(), asking.key
    if not picked or asking.pointer is None or not kept.shops or domain not in kept.shops:
        return 0, ""
    week = own.till(use_case).week(asking.at, kept.shops[domain].zone)
    drawer = Drawer(use_case, asking.pointer.shop, picked, week, has_checkout=told.checkout is not None)
    version = seen.version if seen else None
    wish = Wish(decision, version, told.checkout, chosen.costs[picked], asking.at)
    shown, why_not = await cashier().reserve(drawer, wish, ends - time.monotonic())
    if shown in chosen.costs:
        return shown, ""
    kept.shelves.used_up[asking.key] = None  # what is held says otherwise
    return 0, why_not or USED_UP


def write_down(
    asking: Asking,
    told: Told,
    decision: str,
    seen: Assignment | None,
    result: Result,
    chosen: Chosen,
    chance: float | None,
    shown: int,
    why_not: str,
) -> None:
    """Append what was decided, whatever came of it."""
    assert asking.pointer
    said = result.answer.said if result.answer else {}
    case = USE_CASES[asking.key[1]]
    decided = Decided(
        asking.pointer.shop,
        asking.at.isoformat(),
        decision,
        asking.unit.hex(),
        told.checkout,
        seen.version if seen else None,
        arm(seen),
        picked=picked_of(case, result, chosen),
        shown=shown,
        why_not=why_not,
        propensity=said.get("propensity", 1.0),  # who is shown the safe default was certain to be
        score=result.answer.score if result.answer else None,
        eligible=[each["id"] for each in chosen.eligible],
        margins=[each["margin"] for each in chosen.eligible],
        left_out={str(each): why for each, why in chosen.left_out.items()},
        chance=chance,
        context=told.features,
    )
    webhooks.outbox().appended.add(own.till(asking.key[1]).LOG, decided)


def reply(case: UseCase, asking: Asking, shelved: Shelved, decision: str, shown: int) -> bytes:
    """Write what a page needs: what is shown, if anything, and the pass by which it is accepted; nothing of who picks.

    Chances, arms and versions are the shop's own affair: who could read them would see how they are decided about.
    """
    till = own.till(case.slug)
    if not shown:
        return orjson.dumps({"decision": decision})
    until = asking.at + till.HELD_FOR - timedelta(seconds=1)
    given = passes.give(asking.key[0], ACCEPTING.format(use_case=case.slug), f"{decision}-{shown}", until)
    about = {"decision": decision, "shown": till.shown(shelved.held, shown), "accept": given}
    return orjson.dumps(about)


def arm(seen: Assignment | None) -> str:
    """Name the arm that a unit is in."""
    return seen.arm if seen else exposures.STABLE
