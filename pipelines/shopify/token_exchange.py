"""Trade ID tokens and refresh tokens for access tokens at a shop's token endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from requests import Response

from pipelines.shopify import transport
from pipelines.shopify.domains import api_origin
from pipelines.shopify.errors import AccessEnded, AppRefused, BadAnswer, InvalidIdToken, error_for

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
DEFAULT_LIFETIME = 3600  # answers without expires_in have been seen


@dataclass(frozen=True)
class Grant:
    """A pair of offline tokens; it never shows them."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str = field(repr=False)
    refresh_expires_in: int | None


@dataclass(frozen=True)
class Person:
    """What we keep of an online token: whether this user owns the account or only collaborates."""

    sub: str
    is_owner: bool
    is_collaborator: bool


def exchange_offline(shop_domain: str, id_token: str) -> Grant:
    """Trade an ID token for an expiring offline token."""
    return _grant(_ask(shop_domain, _exchange(id_token, OFFLINE) | {"expiring": "1"}))


def exchange_online(shop_domain: str, id_token: str) -> Person:
    """Learn who a user is from an online token, and drop the token and everything else."""
    user = _ask(shop_domain, _exchange(id_token, ONLINE)).get("associated_user")
    if not isinstance(user, dict) or "id" not in user:
        raise BadAnswer()
    return Person(str(user["id"]), user.get("account_owner") is True, user.get("collaborator") is True)


def refresh(shop_domain: str, refresh_token: str) -> Grant:
    """Trade a refresh token for the next pair, or raise AccessEnded where Shopify no longer takes it."""
    return _grant(_ask(shop_domain, {"grant_type": "refresh_token", "refresh_token": refresh_token}))


def _exchange(id_token: str, wanted: str) -> dict[str, str]:
    return {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": id_token,
        "subject_token_type": ID_TOKEN,
        "requested_token_type": wanted,
    }


def _ask(shop_domain: str, fields: dict[str, str]) -> dict[str, Any]:
    credentials = {"client_id": settings.SHOPIFY_API_KEY, "client_secret": settings.SHOPIFY_API_SECRET}
    response = transport.post(
        f"{api_origin(shop_domain)}/admin/oauth/access_token",
        json=credentials | fields,
        headers={"Accept": "application/json"},
        timeout=transport.HASTY,
    )
    if response.status_code == 200:
        return transport.json_of(response)
    if response.status_code in (400, 401, 403):
        raise _refusal(response)
    raise error_for(response.status_code)


def _refusal(response: Response) -> Exception:
    """Return what a refused grant means: our credentials, the ID token, or the refresh token."""
    try:
        reason = transport.json_of(response).get("error")
    except BadAnswer:
        reason = None
    if reason in ("invalid_client", "application_cannot_be_found", "unauthorized_client"):
        return AppRefused()
    if reason == "invalid_subject_token":
        return InvalidIdToken("refused by Shopify")
    return AccessEnded()


def _grant(answer: dict[str, Any]) -> Grant:
    if not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
        raise BadAnswer()
    return Grant(
        access_token=answer["access_token"],
        expires_in=_seconds(answer.get("expires_in")) or DEFAULT_LIFETIME,
        refresh_token=answer.get("refresh_token") or "",
        refresh_expires_in=_seconds(answer.get("refresh_token_expires_in")),
    )


def _seconds(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 < value < 10**9 else None
