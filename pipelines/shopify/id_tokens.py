"""ID tokens: Shopify's signed word on who is asking; the admin's are valid for a minute, a checkout's for five."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from shopify import session_token

from pipelines.records import record
from pipelines.shopify import plain_tokens
from pipelines.shopify.domains import client_secrets, shop_domain
from pipelines.shopify.errors import InvalidIdToken

LONGEST_TOKEN = 4096
OLDEST = timedelta(minutes=5)  # that a checkout's token may be
LEEWAY = timedelta(seconds=session_token.LEEWAY_SECONDS)
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
    return Identity(domain, claims["sub"], str(claims["sid"]), _expiry(claims))


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


def _expiry(claims: dict[str, Any]) -> datetime:
    """Return when the token ends; PyJWT checks `exp` only where it is present."""
    if "exp" not in claims:
        raise InvalidIdToken("claim missing")
    return _moment(claims["exp"])


def _moment(seconds: Any) -> datetime:
    """Return the moment that a claim names."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidIdToken("malformed") from error


def _of_admin(token: str, secret: str) -> Any:
    """Read a token as Shopify's own library does."""
    try:
        return session_token.decode_from_header(f"Bearer {token}", settings.SHOPIFY_API_KEY, secret)
    except session_token.SessionTokenError as error:
        raise InvalidIdToken(_reason(error)) from error


def _of_checkout(token: str, secret: str) -> Any:
    """Read a token that lacks what the library asks for."""
    audience = settings.SHOPIFY_API_KEY
    return plain_tokens.claims(token, secret, audience, LEEWAY.total_seconds()) or _by_pyjwt(token, secret, audience)


def _by_pyjwt(token: str, secret: str, audience: str) -> Any:
    """Read a checkout's token with all that may be odd about it."""
    rules: Any = {"require": ["dest", "aud", "exp", "nbf", "iat", "jti"], "verify_sub": False}
    try:
        return jwt.decode(token, secret, [session_token.ALGORITHM], options=rules, audience=audience, leeway=LEEWAY)
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


def _reason(error: session_token.SessionTokenError) -> str:
    if isinstance(error, session_token.InvalidIssuerError | session_token.MismatchedHostsError):
        return "issuer"
    return REASONS.get(type(error.__cause__), "malformed")
