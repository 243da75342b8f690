"""What the app declares to Shopify in its shopify.app.toml: scopes and webhook topics."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devstore.store import Store


@dataclass(frozen=True)
class Subscription:
    """Say where a topic goes, and which fields of its body are wanted (all, when none is named)."""

    path: str
    fields: tuple[str, ...] = ()

    def cut(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the wanted part of a body; a dotted name reaches into objects and lists."""
        return _cut(body, [name.split(".") for name in self.fields]) if self.fields else body


@dataclass(frozen=True)
class Proxy:
    """Say which addresses of a storefront lead to the app, and where."""

    prefix: str
    path: str


def _cut(value: Any, names: list[list[str]]) -> Any:
    if isinstance(value, list):
        return [_cut(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    wanted = {head: [rest for first, *rest in names if first == head] for head, *_ in names}
    return {
        key: inner if [] in wanted[key] else _cut(inner, wanted[key]) for key, inner in value.items() if key in wanted
    }


@dataclass(frozen=True)
class AppConfig:
    """Hold one deployed configuration."""

    required: tuple[str, ...] = (
        "read_orders", "read_all_orders", "read_products", "read_inventory", "read_locations",
    )  # fmt: skip
    optional: tuple[str, ...] = (
        "write_products", "write_analytics_annotations", "write_pixels", "read_customer_events",
        "read_discounts",
    )  # fmt: skip
    subscriptions: dict[str, "Subscription"] | None = None
    proxy: "Proxy | None" = None

    def subscription(self, topic: str) -> "Subscription | None":
        """Return how a topic is delivered, or None when the app has not subscribed."""
        if self.subscriptions is None:
            return Subscription("/webhooks/shopify")
        return self.subscriptions.get(topic)


def read_config(path: Path) -> AppConfig:
    """Return the app's configuration as its file now says, or the defaults when there is none."""
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else AppConfig()


@lru_cache(maxsize=4)
def _read(path: Path, _changed_at: int) -> AppConfig:
    declared = tomllib.loads(path.read_text())
    scopes = declared.get("access_scopes", {})
    subscriptions = {
        topic: Subscription(entry["uri"], tuple(entry.get("include_fields", ())))
        for entry in declared.get("webhooks", {}).get("subscriptions", [])
        for topic in (*entry.get("topics", ()), *entry.get("compliance_topics", ()))
    }
    asked = declared.get("app_proxy")
    proxy = Proxy(f"/{asked['prefix']}/{asked['subpath']}", urlsplit(asked["url"]).path) if asked else None
    return AppConfig(_list(scopes.get("scopes")), _list(scopes.get("optional_scopes")), subscriptions, proxy)


def _list(value: str | list[str] | None) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value or []
    return tuple(name.strip() for name in names if name.strip())


def granted_scopes(store: Store, config: AppConfig, domain: str) -> list[str]:
    """Return what the shop lets the app do: what it requires, and what the merchant added."""
    shop = store.shop(domain)
    if shop is None or not shop["installed"]:
        return []
    required = [scope for scope in config.required if not (shop["history_days"] and scope == "read_all_orders")]
    return required + [scope for scope in shop["optional_scopes"].split(",") if scope in config.optional]


def implied(scopes: list[str]) -> set[str]:
    """Add the read scope that each write scope brings along."""
    return {*scopes, *(f"read_{scope[6:]}" for scope in scopes if scope.startswith("write_"))}
