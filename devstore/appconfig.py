"""What the app declares to Shopify in its shopify.app.toml: scopes and webhook topics."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstore.store import Store

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")


@dataclass(frozen=True)
class AppConfig:
    """Hold one deployed configuration."""

    required: tuple[str, ...] = (
        "read_orders", "read_all_orders", "read_products", "read_inventory", "read_locations", "write_app_proxy",
    )  # fmt: skip
    optional: tuple[str, ...] = ("write_products",)
    topics: tuple[tuple[str, str], ...] | None = None

    def path_of(self, topic: str) -> str | None:
        """Return where a topic is delivered, or None when the app has not subscribed."""
        if self.topics is None:
            return "/webhooks/shopify"
        return dict(self.topics).get(topic)


def read_config(path: Path) -> AppConfig:
    """Read the app's configuration file, or take the defaults when there is none."""
    if not path.is_file():
        return AppConfig()
    declared = tomllib.loads(path.read_text())
    scopes = declared.get("access_scopes", {})
    topics = [pair for entry in declared.get("webhooks", {}).get("subscriptions", []) for pair in _topics(entry)]
    return AppConfig(_list(scopes.get("scopes")), _list(scopes.get("optional_scopes")), tuple(topics))


def _list(value: str | list[str] | None) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value or []
    return tuple(name.strip() for name in names if name.strip())


def _topics(entry: dict[str, Any]) -> list[tuple[str, str]]:
    return [(topic, entry["uri"]) for topic in (*entry.get("topics", ()), *entry.get("compliance_topics", ()))]


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
