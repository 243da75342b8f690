"""The app proxy's door: what the storefront asks of us under its own address, /apps/<ours>/<use case>.

Shopify signs each request with the app's secret and says when; a page that is not the shop's cannot make one.

    GET  /proxy/<use case>?unit=…                  the pass by which the visitor's browser may ask, and its arm
    GET  /proxy/<use case>?unit=…&question={…}     the answer itself, as POST /answers gives it
    POST /proxy/<use case>?unit=…&seed=…&shown=…&hold_out=…&hold_out_seed=…
                                                   that a block showed the live list, the new one, or nothing
    GET  /proxy/<use case>?unit=…&question={…}     of what is picked for a cart: as POST /checkout/… gives it
    POST /proxy/<use case>?unit=…&accept=…         that a shopper accepted what was shown there
    POST /proxy/opt-out?unit=…                     that a machine is to decide nothing about this visitor

What a block says is only believed where we would have said the same: the arm is worked out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from pipelines.endpoints import callers
from pipelines.endpoints.answering import door as answering
from pipelines.endpoints.answering import passes, questions
from pipelines.endpoints.answering.door import Asking, Refused
from pipelines.endpoints.answering.memory import memory
from pipelines.endpoints.answering.opting_out import opt_out
from pipelines.endpoints.answering.questions import Asked, Unusable
from pipelines.endpoints.answering.scoring import Result
from pipelines.endpoints.checkout import carts
from pipelines.endpoints.checkout import door as checkout
from pipelines.endpoints.patience import Receive, Scope, Send, answer
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.evidence import exposures
from pipelines.lifecycle.evidence.answers import Outcome
from pipelines.lifecycle.evidence.exposures import Assignment, Pointer
from pipelines.lifecycle.operating import switches
from pipelines.shopify import vault
from pipelines.shopify.domains import client_secrets, shop_domain
from pipelines.shopify.hmac import proxy_is_authentic
from pipelines.stats import assignment
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

PREFIX = "/proxy/"
PATH = re.compile(rf"{PREFIX}([a-z0-9_-]{{1,40}})")
STAMP, CUSTOMER = re.compile("[0-9]{1,12}"), re.compile("[0-9]{1,19}")
OPT_OUT = "opt-out"
LARGEST, MOST = 16 * 1024, 50  # bytes and parameters of a query
TOLERANCE = 90  # seconds to either side, as Shopify's own libraries have it
PASS_LASTS = timedelta(hours=1)
SECURITY = ("shop", "timestamp", "signature", "path_prefix", "logged_in_customer_id")
BY_SHOP = Limit(at_once=10_000, a_second=1_000)
PICKS = Limit(at_once=40, a_second=0.5)  # for carts, by shop and address: each may reserve of a budget
SHOWN = {exposures.CANARY: "new", exposures.HELD_OUT: "nothing"}  # else the live list
JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
SHORT = [(b"cache-control", b"no-store")]


@dataclass(slots=True)
class Visit:
    """A request that came through the shop's own storefront."""

    shop: str
    use_case: str
    unit_id: str
    told: dict[str, str]
    at: datetime


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of a storefront."""
    try:
        visit = understand(scope)
        if visit.use_case == OPT_OUT:
            opt_out(memory(), visit.shop, assignment.digest(visit.unit_id), visit.at, sender(scope))
            await answer(send, 202, b"", SHORT)
            return
        if case := carts.asked_there(visit.use_case):
            await at_a_cart(case, visit, scope, send)
            return
        asking = answering.known(asking_of(visit), memory())
        seen = note_what_was_shown(visit, asking) if scope["method"] == "POST" else None
    except Refused as refused:
        more = [(b"allow", b"GET, POST")] if refused.status == 405 else []
        await answer(send, refused.status, refused.reason.encode(), [*SHORT, *more])
        return
    if scope["method"] == "POST":
        await answer(send, 202, b"", SHORT)
        await answering.mirror(asking, seen)
    elif "question" in visit.told:
        await answering.respond(asking, send, allowed(visit))
    else:
        await answer(send, 200, assigned(visit, asking), JSON)


async def at_a_cart(case: UseCase, visit: Visit, scope: Scope, send: Send) -> None:
    """Say what is picked for a cart, or take that it was accepted, or raise Refused."""
    if scope["method"] == "POST":
        checkout.accept(visit.shop, visit.told.get("accept"), visit.at)
        await answer(send, 202, b"", SHORT)
    elif "question" in visit.told:
        if not PICKS.takes(f"{visit.shop} {shopper_address(scope)}"):
            raise Refused(429, "too much at once")
        unit = assignment.digest(visit.unit_id)
        await carts.respond(case, visit.shop, unit, visit.told["question"], visit.at, send)
    else:
        raise Refused(404, "nothing answers here")


def shopper_address(scope: Scope) -> str:
    """Return the address that asks through Shopify's proxy; it is counted in memory, and never written."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return callers.behind_shopify((scope.get("client") or ("", 0))[0], forwarded)


def sender(scope: Scope) -> str:
    """Return that address, or nothing where Shopify names nobody: its own machine asks for everybody."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    who = shopper_address(scope)
    return who if who != callers.address((scope.get("client") or ("", 0))[0], forwarded) else ""


def understand(scope: Scope) -> Visit:
    """Return who asks what, or raise Refused."""
    place = PATH.fullmatch(scope["path"])
    if place is None or not answers_here(place[1]):
        raise Refused(404, "nothing answers here")
    if scope["method"] != "POST" and (scope["method"] != "GET" or place[1] == OPT_OUT):
        raise Refused(405, "GET and POST only")
    at = datetime.now(UTC)
    told = signed(scope["query_string"], at)
    shops = memory().shops
    if shops is not None and told["shop"] not in shops:
        raise Refused(404, "the app is not installed there")
    if place[1] != OPT_OUT:
        refuse_switched_off_or_too_much(told["shop"])
    if not passes.UNIT.fullmatch(told.get("unit", "")):
        raise Refused(400, "a unit is known by 8 to 64 letters, digits, - and _")
    return Visit(told["shop"], place[1], told["unit"], told, at)


def refuse_switched_off_or_too_much(domain: str) -> None:
    """Refuse all but opt-outs where this door is switched off in a shop, or asked too much."""
    if memory().is_off(domain, switches.PROXY):
        raise Refused(404, "switched off")
    if not BY_SHOP.takes(domain):
        raise Refused(429, "too much of this shop")


def answers_here(name: str) -> bool:
    """Tell whether something is asked or told under a name."""
    if name not in USE_CASES:
        return name == OPT_OUT
    return USE_CASES[name].is_open or carts.asked_there(name) is not None


def signed(query: bytes, at: datetime) -> dict[str, str]:
    """Return the parameters of a request that Shopify signed a moment ago, or raise Refused."""
    pairs = parameters(query)
    given = dict(pairs)
    if len(given) < len(pairs) and any(sum(name == each for name, _ in pairs) > 1 for each in SECURITY):
        raise Refused(400, "a parameter of Shopify's is there twice")
    unsigned = [pair for pair in pairs if pair[0] != "signature"]
    if not proxy_is_authentic(unsigned, given.get("signature", ""), client_secrets()):
        raise Refused(401, "signature does not match")
    stamp = given.get("timestamp", "")
    if not STAMP.fullmatch(stamp) or abs(at.timestamp() - int(stamp)) > TOLERANCE:
        raise Refused(401, "the request is too old")
    if shop_domain(given.get("shop")) is None:
        raise Refused(401, "the request names no shop")
    return given


def parameters(query: bytes) -> list[tuple[str, str]]:
    """Read a query, or raise Refused; as urllib's parse_qsl reads it, in less time."""
    if len(query) > LARGEST:
        raise Refused(414, "too long")
    if query.count(b"&") >= MOST:
        raise Refused(400, "the query cannot be read")
    try:
        return [pair(part) for part in query.decode("ascii").split("&") if part]
    except UnicodeDecodeError:
        raise Refused(400, "the query cannot be read") from None


def pair(part: str) -> tuple[str, str]:
    """Return a name and its value as they were before they were written into a query."""
    name, _, value = part.partition("=")
    if "%" not in part and "+" not in part:
        return name, value
    return text(name), text(value)


def text(written: str) -> str:
    """Undo how a text is written in a query."""
    return unquote_to_bytes(written.replace("+", " ")).decode()


def asking_of(visit: Visit) -> Asking:
    """Return what is asked; without a question only who would be answered how."""
    question = {}
    if "question" in visit.told:
        if not USE_CASES[visit.use_case].has_door:
            raise Refused(404, "nothing answers here")
        try:
            question = questions.read_alone(visit.told["question"]) | shopper(visit)
        except Unusable as unusable:
            raise Refused(400, str(unusable)) from None
    return Asking((visit.shop, visit.use_case), assignment.digest(visit.unit_id), Asked("", question), visit.at)


def shopper(visit: Visit) -> dict[str, int]:
    """Say who asks, where Shopify says that a customer is logged in: as the number that the shop's lists know."""
    told = visit.told.get("logged_in_customer_id")
    if not told:
        return {}
    sealed = memory().customer_keys.get(visit.shop, b"")
    if not (CUSTOMER.fullmatch(told) and sealed and USE_CASES[visit.use_case].door):
        return {}
    known = vault.pseudonym(sealed, visit.shop, int(told))
    return {questions.SHOPPER: vault.number_of(known)} if known else {}


def assigned(visit: Visit, asking: Asking) -> bytes:
    """Return the pass of a visitor's unit, its arm, and what the cart carries of it; nothing is written down of it."""
    arm = exposures.STABLE
    if asking.pointer is not None:
        arm = exposures.assign(asking.pointer, visit.unit_id, at=visit.at).arm
    return orjson.dumps(allowed(visit) | {"arm": arm, "unit": assignment.digest(visit.unit_id).hex()})


def allowed(visit: Visit) -> dict[str, Any]:
    """Return the pass of a visitor's unit, and until when it is good."""
    until = visit.at + PASS_LASTS
    return {"pass": passes.give(visit.shop, visit.use_case, visit.unit_id, until), "until": int(until.timestamp())}


def note_what_was_shown(visit: Visit, asking: Asking) -> Assignment:
    """Write down that a block showed a visitor its list, or none, or raise Refused where this unit sees otherwise.

    A page that lags behind a release or a hold-out is believed of nobody, whichever arm they are in: were only some of
    its visitors counted, the arms would be of other people.
    """
    if asking.pointer is None:
        raise Refused(503, "nothing is known yet")
    seen = exposures.assign(asking.pointer, visit.unit_id, at=visit.at)
    told = {name: visit.told.get(name, "") for name in ("seed", "hold_out", "hold_out_seed", "shown")}
    expected = told | seeds(asking.pointer, visit.at) | {"shown": SHOWN.get(seen.arm, "live")}
    if told != expected:
        raise Refused(409, "this is not what this visitor is shown now")
    answering.count(asking, seen)
    if seen.arm != exposures.HELD_OUT:
        answering.write_down(asking, seen, Result(Outcome.ANSWERED))
    return seen


def seeds(pointer: Pointer, at: datetime) -> dict[str, str]:
    """Return by what the page must have drawn who sees what; where nothing is drawn it may say what it likes."""
    of_release = {"seed": pointer.seed} if pointer.splits(at) else {}
    draw = pointer.draw
    if draw is None:
        return of_release
    if not draw.percent:
        return of_release | {"hold_out": "0"}
    return of_release | {"hold_out": str(draw.percent), "hold_out_seed": draw.seed}
