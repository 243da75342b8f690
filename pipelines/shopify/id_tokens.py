"""ID tokens: Shopify's signed word on who is asking; the admin's are valid for a minute, a checkout's for five."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings

from pipelines.records import record
from pipelines.shopify import plain_tokens
from pipelines.shopify.domains import client_secrets, shop_domain
from pipelines.shopify.errors import InvalidIdToken

LONGEST_TOKEN = 4096
OLDEST = timedelta(minutes=5)  # that a checkout's token may be
LEEWAY = timedelta(seconds=10)  # that clocks may differ, as Shopify's own library has it
ALGORITHM = "HS256"
OF_ADMIN: Any = {"require": ["iss", "dest", "sub", "jti", "sid", "exp"]}
OF_CHECKOUT: Any = {"require": ["dest", "aud", "exp", "nbf", "iat", "jti"], "verify_sub": False}
SUBJECT = re.compile(r"[0-9A-Za-z_-]{1,40}")  # never the name of an operator, which has a colon
REASONS: dict[type, str] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "not yet valid",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidAlgorithmError: "algorithm",
    jwt.InvalidSignatureError: "signature",
    jwt.MissingRequiredClaimError: "claim missing",
}


@dataclass(frozen=True)
class Identity:
    """Who is asking, as Shopify says."""

    shop_domain: str
    sub: str  # Shopify's user id
    sid: str
    expires_at: datetime


@record(frozen=True, slots=True)
class Checkout:
    """In which shop's checkout somebody is asking, as Shopify says; who that is, we do not ask."""

    shop_domain: str
    jti: str  # the token's own name: one checkout has a few


def verify(token: str) -> Identity:
    """Return who an ID token speaks for, or raise InvalidIdToken."""
    claims = _claims(token, _of_admin)
    domain = shop_domain(str(claims["dest"]).removeprefix("https://"))
    if not domain or claims["iss"] != f"https://{domain}/admin" or claims["dest"] != f"https://{domain}":
        raise InvalidIdToken("issuer")
    if not (type(claims["sub"]) is str and SUBJECT.fullmatch(claims["sub"])):
        raise InvalidIdToken("subject")
    return Identity(domain, claims["sub"], str(claims["sid"]), _moment(claims["exp"]))


def verify_checkout(token: str, at: datetime) -> Checkout:
    """Return for which shop's checkout a token speaks, or raise InvalidIdToken.

    Extensions that run in a checkout, or after it, are given it: without `sub` unless the buyer is logged in, without
    session, with the bare domain for `dest`, and perhaps without issuer.
    """
    claims = _claims(token, _of_checkout)
    told = str(claims["dest"]).removeprefix("https://")
    domain = shop_domain(told)
    issuer = claims.get("iss", domain)
    if not domain or told != domain or str(issuer).removeprefix("https://").partition("/")[0] != domain:
        raise InvalidIdToken("issuer")
    if at - _moment(claims["iat"]) > OLDEST + LEEWAY:
        raise InvalidIdToken("expired")
    return Checkout(domain, str(claims["jti"])[:200])


def _moment(seconds: Any) -> datetime:
    """Return the moment that a claim names."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidIdToken("malformed") from error


def _of_admin(token: str, secret: str) -> Any:
    """Read a token by the rules of Shopify's own library, which loads what no page needs."""
    return by_pyjwt(token, secret, settings.SHOPIFY_API_KEY, OF_ADMIN)


def _of_checkout(token: str, secret: str) -> Any:
    """Read a token that lacks what the admin's has."""
    audience = settings.SHOPIFY_API_KEY
    plain = plain_tokens.claims(token, secret, audience, LEEWAY.total_seconds())
    return plain or by_pyjwt(token, secret, audience, OF_CHECKOUT)


def by_pyjwt(token: str, secret: str, audience: str, rules: Any) -> Any:
    """Read a token with all that may be odd about it."""
    try:
        return jwt.decode(token, secret, [ALGORITHM], options=rules, audience=audience, leeway=LEEWAY)
    except jwt.PyJWTError as error:
        raise InvalidIdToken(REASONS.get(type(error), "malformed")) from error


def _claims(token: str, read: Callable[[str, str], Any]) -> dict[str, Any]:
    """Return the claims of a token that one of our secrets has signed."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        raise InvalidIdToken("malformed")
    refusal = InvalidIdToken("signature")
    for secret in client_secrets():
        try:
            found = read(token, secret)
        except InvalidIdToken as error:
            refusal = error
        except Exception as error:  # PyJWT lets odd claim types through as TypeError and the like
            raise InvalidIdToken("malformed") from error
        else:
            claims: dict[str, Any] = found
            return claims
        if refusal.reason != "signature":
            break
    raise refusal
