"""ID tokens: Shopify admin's signed word on who is asking, valid for a minute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from django.conf import settings
from shopify import session_token

from pipelines.shopify.domains import client_secrets, shop_domain
from pipelines.shopify.errors import InvalidIdToken

LONGEST_TOKEN = 4096
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


def verify(token: str) -> Identity:
    """Return who an ID token speaks for, or raise InvalidIdToken."""
    claims = _claims(token)
    domain = shop_domain(str(claims["dest"]).removeprefix("https://"))
    if not domain or claims["iss"] != f"https://{domain}/admin" or claims["dest"] != f"https://{domain}":
        raise InvalidIdToken("issuer")
    if not (type(claims["sub"]) is str and SUBJECT.fullmatch(claims["sub"])):
        raise InvalidIdToken("subject")
    return Identity(domain, claims["sub"], str(claims["sid"]), _expiry(claims))


def _expiry(claims: dict[str, Any]) -> datetime:
    """Return when the token ends; PyJWT checks `exp` only where it is present."""
    if "exp" not in claims:
        raise InvalidIdToken("claim missing")
    try:
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidIdToken("malformed") from error


def _claims(token: str) -> dict[str, Any]:
    """Return the claims of a token that one of our secrets has signed."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        raise InvalidIdToken("malformed")
    refusal = InvalidIdToken("signature")
    for secret in client_secrets():
        try:
            found = session_token.decode_from_header(f"Bearer {token}", settings.SHOPIFY_API_KEY, secret)
        except session_token.SessionTokenError as error:
            refusal = InvalidIdToken(_reason(error))
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
