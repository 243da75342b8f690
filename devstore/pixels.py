"""Web pixels: what an app switched on in a shop, checked against the settings that its extension declares."""

import json
import tomllib
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from devstore.fields import Context
from devstore.store import Store

SCOPES = {"write_pixels", "read_customer_events"}
KIND = "WebPixel"


def declared(extensions: Path) -> tuple[Path, dict[str, Any]] | None:
    """Return the folder and the declaration of the app's web pixel, if it was deployed with one."""
    for path in sorted(extensions.glob("*/shopify.extension.toml")):
        found = tomllib.loads(path.read_text())
        if found.get("type") == "web_pixel_extension":
            return path.parent, found
    return None


def create(extensions: Path, context: Context, asked: dict[str, Any]) -> dict[str, Any]:
    """Switch the pixel on, once for each shop."""
    wrong = refusal(extensions, context, asked["settings"])
    if wrong is None and current(context) is not None:
        wrong = error("TAKEN", "Web pixel is already taken")
    if wrong:
        return {"webPixel": None, "userErrors": [wrong]}
    number = context.store.next_ids("pixel")
    context.store.insert("web_pixels", id=number, shop=context.domain, settings=json.dumps(settings_of(asked)))
    return {"webPixel": current(context), "userErrors": []}


def update(extensions: Path, context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Give the pixel other settings."""
    wrong = refusal(extensions, context, args["webPixel"]["settings"]) or unknown(context, args["id"])
    if wrong:
        return {"webPixel": None, "userErrors": [wrong]}
    with context.store.writing() as db:
        told = json.dumps(settings_of(args["webPixel"]))
        db.execute("UPDATE web_pixels SET settings = ? WHERE shop = ?", (told, context.domain))
    return {"webPixel": current(context), "userErrors": []}


def delete(context: Context, number: str) -> dict[str, Any]:
    """Switch the pixel off."""
    allow(context)
    wrong = unknown(context, number)
    if wrong:
        return {"deletedWebPixelId": None, "userErrors": [wrong]}
    with context.store.writing() as db:
        db.execute("DELETE FROM web_pixels WHERE shop = ?", (context.domain,))
    return {"deletedWebPixelId": number, "userErrors": []}


def read(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Return the app's pixel."""
    allow(context)
    found = current(context)
    if found is None:
        raise GraphQLError("No web pixel was found for this app.", extensions={"code": "RESOURCE_NOT_FOUND"})
    return found


def current(context: Context) -> dict[str, Any] | None:
    """Return the pixel as the API tells it."""
    row = context.store.one("SELECT * FROM web_pixels WHERE shop = ?", context.domain)
    return {"typename": KIND, "id": gid(row["id"]), "settings": json.loads(row["settings"])} if row else None


def settings_in(store: Store, shop: str) -> dict[str, str] | None:
    """Return the settings of the app's pixel in a shop, if it is on."""
    row = store.one("SELECT settings FROM web_pixels WHERE shop = ?", shop)
    return dict(json.loads(row["settings"])) if row else None


def gid(number: int) -> str:
    """Return the global id of a pixel."""
    return f"gid://shopify/{KIND}/{number}"


def allow(context: Context) -> None:
    """Refuse who has not both scopes."""
    for scope in sorted(SCOPES - set(context.scopes)):
        raise GraphQLError(
            f"Access denied for webPixel. Required access: `{scope}` access scope.",
            extensions={"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."},
        )


def refusal(extensions: Path, context: Context, told: Any) -> dict[str, Any] | None:
    """Say what is wrong with settings, if anything is."""
    allow(context)
    found = declared(extensions)
    if found is None:
        return error("NO_EXTENSION", "No extension found")
    try:
        told = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        return error("INVALID_CONFIGURATION_JSON", "Settings must be valid JSON")
    fields = found[1].get("settings", {}).get("fields", {})
    if (
        not isinstance(told, dict)
        or set(told) != set(fields)
        or not all(isinstance(each, str) for each in told.values())
    ):
        return error("INVALID_SETTINGS", "Settings do not match the settings definition")
    return None


def settings_of(asked: dict[str, Any]) -> Any:
    """Return settings as an object, however they were sent."""
    told = asked["settings"]
    return json.loads(told) if isinstance(told, str) else told


def unknown(context: Context, number: str) -> dict[str, Any] | None:
    """Say that a pixel is not the shop's, if it is not."""
    found = current(context)
    return None if found and found["id"] == number else error("NOT_FOUND", "Web pixel was not found", ["id"])


def error(code: str, message: str, field: list[str] | None = None) -> dict[str, Any]:
    """Shape a user error."""
    return {"code": code, "field": field or ["settings"], "message": message}
