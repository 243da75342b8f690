"""ID tokens and access tokens (token exchange, refresh), as the platform issues them."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any

from devstore.clock import now
from devstore.store import Store

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (a name, not a secret)
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
ID_TOKEN_SECONDS = 60
CHECKOUT_TOKEN_SECONDS = 300
OFFLINE_SECONDS = 3600
ONLINE_SECONDS = 86_400
REFRESH_SECONDS = 90 * 86_400
PREVIOUS_REFRESH_SECONDS = 30 * 86_400


@dataclass(frozen=True)
class User:
    """Someone who may sign in to the admin."""

    key: str
    id: int
    first_name: str
    last_name: str
    account_owner: bool
    collaborator: bool

    @property
    def email(self) -> str:
        """Return a plausible address in a domain that nobody owns."""
        return f"{self.first_name.lower()}@northbeck.example"


USERS = {
    user.key: user
    for user in (
        User("owner", 902_541_635, "Morag", "Sinclair", True, False),
        User("staff", 902_541_636, "Tom", "Okafor", False, False),
        User("collaborator", 902_541_637, "Priya", "Nair", False, True),
    )
}


class Refusal(Exception):
    """An answer other than a token."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **({"error_description": description} if description else {})}


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signature(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def id_token(shop: str, user: User, client_id: str, secret: str, seconds: int = ID_TOKEN_SECONDS) -> str:
    """Return a fresh ID token for a signed-in user."""
    moment = now()
    claims = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": client_id,
        "sub": str(user.id),
        "exp": moment + seconds,
        "nbf": moment,
        "iat": moment,
        "jti": secrets.token_hex(16),
        "sid": hashlib.sha256(f"{shop}{user.id}".encode()).hexdigest(),
    }
    return _jwt(claims, secret)


def checkout_token(shop: str, client_id: str, secret: str) -> str:
    """Return a fresh session token of a checkout whose buyer is not logged in: no subject, no session, no issuer."""
    moment = now()
    claims = {"dest": shop, "aud": client_id, "exp": moment + CHECKOUT_TOKEN_SECONDS, "nbf": moment, "iat": moment}
    return _jwt(claims | {"jti": secrets.token_hex(16)}, secret)


def _jwt(claims: dict[str, Any], secret: str) -> str:
    head = _part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    text = f"{head}.{_part(json.dumps(claims).encode())}"
    return f"{text}.{_part(_signature(secret, text))}"


def read_id_token(token: str, shop: str, client_id: str, secret: str) -> dict[str, Any]:
    """Return the claims of a valid ID token, or refuse."""
    try:
        head, body, mark = token.split(".")
        valid = hmac.compare_digest(_bytes(mark), _signature(secret, f"{head}.{body}"))
        claims = json.loads(_bytes(body))
    except (ValueError, TypeError):
        raise Refusal(400, "invalid_subject_token") from None
    fresh = claims.get("nbf", 0) - 10 <= now() <= claims.get("exp", 0) + 10
    if not (valid and fresh and claims.get("aud") == client_id and claims.get("dest") == f"https://{shop}"):
        raise Refusal(400, "invalid_subject_token")
    return claims


class Tokens:
    """Give out access tokens, and say which still work."""

    def __init__(self, store: Store, client_id: str, secret: str) -> None:
        self.store, self.client_id, self.secret = store, client_id, secret

    def answer(self, shop: str, asked: dict[str, Any], scopes: list[str]) -> dict[str, Any]:
        """Answer one call of the token endpoint."""
        if asked.get("client_id") != self.client_id or not hmac.compare_digest(
            str(asked.get("client_secret", "")).encode(), self.secret.encode()
        ):
            raise Refusal(401, "invalid_client", "Client authentication failed.")
        if asked.get("grant_type") == "refresh_token":
            return self._refresh(shop, str(asked.get("refresh_token", "")), scopes)
        if asked.get("grant_type") == EXCHANGE:
            return self._exchange(shop, asked, scopes)
        raise Refusal(400, "unsupported_grant_type")

    def _exchange(self, shop: str, asked: dict[str, Any], scopes: list[str]) -> dict[str, Any]:
        if asked.get("subject_token_type") != ID_TOKEN:
            raise Refusal(400, "invalid_request", "subject_token_type")
        claims = read_id_token(str(asked.get("subject_token", "")), shop, self.client_id, self.secret)
        if asked.get("requested_token_type") == ONLINE:
            return self._online(shop, claims, scopes)
        if asked.get("requested_token_type") != OFFLINE:
            raise Refusal(400, "invalid_request", "requested_token_type")
        if str(asked.get("expiring")) != "1":
            raise Refusal(400, "invalid_request", "Non-expiring access tokens are no longer given out. Use expiring=1.")
        return self._offline(shop, scopes, replaces=None)

    def _offline(self, shop: str, scopes: list[str], replaces: str | None) -> dict[str, Any]:
        access, refresh = f"shpat_{secrets.token_hex(16)}", f"shprt_{secrets.token_hex(16)}"
        self.store.insert(
            "tokens",
            access=access,
            shop=shop,
            kind="offline",
            expires_at=now() + OFFLINE_SECONDS,
            refresh=refresh,
            refresh_expires_at=now() + REFRESH_SECONDS,
            replaces=replaces,
        )
        return {
            "access_token": access,
            "scope": ",".join(scopes),
            "expires_in": OFFLINE_SECONDS,
            "refresh_token": refresh,
            "refresh_token_expires_in": REFRESH_SECONDS,
        }

    def _online(self, shop: str, claims: dict[str, Any], scopes: list[str]) -> dict[str, Any]:
        user = next((user for user in USERS.values() if str(user.id) == claims["sub"]), None)
        if user is None:
            raise Refusal(400, "invalid_subject_token")
        access = f"shpua_{secrets.token_hex(16)}"
        expires = now() + ONLINE_SECONDS
        self.store.insert("tokens", access=access, shop=shop, kind="online", user=user.key, expires_at=expires)
        return {
            "access_token": access,
            "scope": ",".join(scopes),
            "expires_in": ONLINE_SECONDS,
            "associated_user_scope": ",".join(scopes),
            "session": claims["sid"],
            "associated_user": {
                "id": user.id,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "email": user.email,
                "email_verified": True,
                "account_owner": user.account_owner,
                "locale": "en-GB",
                "collaborator": user.collaborator,
            },
        }

    def _refresh(self, shop: str, refresh: str, scopes: list[str]) -> dict[str, Any]:
        """Rotate; an old refresh token works on until its replacement has been used."""
        with self.store.writing() as db:
            row = self.store.one("SELECT * FROM tokens WHERE refresh = ? AND shop = ?", refresh, shop)
            if row is None or row["revoked"] or row["refresh_expires_at"] <= now():
                raise Refusal(400, "invalid_grant", "The refresh token is invalid or has expired.")
            db.execute("UPDATE tokens SET refresh = NULL WHERE refresh = ?", (row["replaces"],))
            limit = min(row["refresh_expires_at"], now() + PREVIOUS_REFRESH_SECONDS)
            db.execute("UPDATE tokens SET refresh_expires_at = ? WHERE refresh = ?", (limit, refresh))
            return self._offline(shop, scopes, replaces=refresh)

    def holder(self, shop: str, access: str) -> Row | None:
        """Return the live token, and note that it was used."""
        row = self.store.one("SELECT * FROM tokens WHERE access = ? AND shop = ?", access, shop)
        if row is None or row["revoked"] or row["expires_at"] <= now():
            return None
        if row["replaces"]:
            with self.store.writing() as db:
                db.execute("UPDATE tokens SET refresh = NULL WHERE refresh = ?", (row["replaces"],))
                db.execute("UPDATE tokens SET replaces = NULL WHERE access = ?", (access,))
        return row

    def end_all(self, shop: str, kind: str = "revoked") -> int:
        """Make every token of a shop useless: "revoked" for good, "expired" until refreshed."""
        change = "revoked = 1" if kind == "revoked" else "expires_at = 0"
        with self.store.writing() as db:
            return db.execute(f"UPDATE tokens SET {change} WHERE shop = ? AND revoked = 0", (shop,)).rowcount
