"""The parts that play Shopify, put together once per process."""

import os
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row
from typing import Any

from devstore import pixels
from devstore.appconfig import AppConfig, Subscription, granted_scopes, implied, read_config
from devstore.bulk import Operations
from devstore.clock import now
from devstore.faults import Faults
from devstore.fields import Context
from devstore.graphql_api import Api, load_schema
from devstore.mutations import Mutations
from devstore.playing import Playing
from devstore.shop_payloads import Writer
from devstore.store import Store
from devstore.tokens import USERS, Tokens, id_token
from devstore.trading import Trade
from devstore.visiting.asking import Asking
from devstore.visiting.telling import Telling
from devstore.visiting.visits import Visits
from devstore.webhooks import Webhooks


@dataclass(frozen=True)
class Settings:
    """Say where this process and the app are, and under which client they know each other."""

    state: Path
    port: int
    app_url: str
    client_id: str
    client_secret: str
    app_name: str = "shopmlops"
    config: Path = Path("shopify.app.toml")

    @classmethod
    def from_environment(cls, state: Path, port: int, app_url: str) -> "Settings":
        """Read the client's id and secret from the environment."""
        env = os.environ
        name = env.get("DEVSTORE_APP_NAME", "shopmlops")
        return cls(state, port, app_url.rstrip("/"), env["DEVSTORE_CLIENT_ID"], env["DEVSTORE_CLIENT_SECRET"], name)

    @property
    def api_origin(self) -> str:
        """Return the address that the app calls."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_origin(self) -> str:
        """Return the address of the admin, another site than the app's."""
        return f"http://localhost:{self.port}"

    @property
    def handle(self) -> str:
        """Return the app's part of the admin's addresses."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.app_name.lower())


class Platform:
    """Wire store, tokens, API, bulk operations and webhooks together."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.state, settings.admin_origin)
        self.tokens = Tokens(self.store, settings.client_id, settings.client_secret)
        self.webhooks = Webhooks(self.store, settings.app_url, settings.client_secret, self._subscription)
        mutations = Mutations(lambda: self.operations, self.revoke_scopes, settings.config.parent / "extensions")
        schema = load_schema(mutations.table())
        self.api = Api(schema)
        self.unstable = Api(load_schema(mutations.table(), ("schema", "unstable")))
        self.faults = Faults()
        self.operations = Operations(self.store, schema, self._finished, self.faults)
        self.telling = Telling(settings.app_url, settings.client_secret, lambda: self.config)
        self.asking = Asking(settings.app_url, settings.client_id, settings.client_secret, lambda: self.config)
        self.visits: dict[str, Visits] = {}

    @property
    def config(self) -> AppConfig:
        """Return what the app declares; read each time, so that an edit counts at once."""
        return read_config(self.settings.config)

    def _subscription(self, topic: str) -> Subscription | None:
        return self.config.subscription(topic)

    def scopes(self, shop: str) -> list[str]:
        """Return the scopes that a shop has granted."""
        return granted_scopes(self.store, self.config, shop)

    def context(self, shop: Row) -> Context:
        """Return what the app may see of a shop."""
        config = self.config
        return Context(
            store=self.store,
            shop=shop,
            scopes=implied(self.scopes(shop["domain"])),
            required=config.required,
            optional=config.optional,
            origin=self.settings.api_origin,
            app_name=self.settings.app_name,
            client_id=self.settings.client_id,
        )

    def trade(self, shop: str) -> Trade:
        """Return the hand that changes a shop."""
        return Trade(self.store, self.webhooks, shop)

    def playing(self, shop: str) -> Playing:
        """Return who lets time pass in a shop."""
        visits = self.visits.setdefault(shop, Visits(self.store, self.telling, self.asking, shop))
        return Playing(self.store, self.webhooks, self.faults, self.trade(shop), visits, shop)

    def id_token(self, shop: str, user: str) -> str:
        """Return a fresh ID token."""
        return id_token(shop, USERS[user], self.settings.client_id, self.settings.client_secret)

    def install(self, shop: str) -> None:
        """Install the app when the merchant first opens it."""
        with self.store.writing() as db:
            db.execute("UPDATE shops SET installed = 1 WHERE domain = ? AND installed = 0", (shop,))

    def uninstall(self, shop: str) -> None:
        """End the tokens first, then tell the app, as the platform does."""
        self.tokens.end_all(shop)
        body = Writer(self.store, shop).shop_body()
        with self.store.writing() as db:
            self.webhooks.send(shop, "app/uninstalled", body)
            db.execute("DELETE FROM web_pixels WHERE shop = ?", (shop,))
            own = "(namespace LIKE 'app--1%' OR owner LIKE 'gid://shopify/AppInstallation/%')"
            db.execute(f"DELETE FROM metafields WHERE shop = ? AND {own}", (shop,))
            db.execute("UPDATE shops SET installed = 0, optional_scopes = '' WHERE domain = ?", (shop,))
        self.webhooks.wake()

    def grant_scopes(self, shop: str, asked: list[str]) -> list[str]:
        """Add optional scopes and tell the app."""
        return self._change_scopes(shop, lambda have: have | (set(asked) & set(self.config.optional)))

    def revoke_scopes(self, context: Context, gone: list[str]) -> None:
        """Take optional scopes away and tell the app."""
        self._change_scopes(context.domain, lambda have: have - set(gone))

    def _change_scopes(self, shop: str, change: Any) -> list[str]:
        before = self.scopes(shop)
        row = self.store.shop(shop)
        assert row is not None
        after = change(set(filter(None, row["optional_scopes"].split(","))))
        with self.store.writing() as db:
            db.execute("UPDATE shops SET optional_scopes = ? WHERE domain = ?", (",".join(sorted(after)), shop))
            if not after >= pixels.SCOPES:
                db.execute("DELETE FROM web_pixels WHERE shop = ?", (shop,))
            current = self.scopes(shop)
            if current != before:
                self.webhooks.send(shop, "app/scopes_update", Writer(self.store, shop).scopes(before, current, now()))
        self.webhooks.wake()
        return current

    def _finished(self, row: Row) -> None:
        self.webhooks.send(row["shop"], "bulk_operations/finish", Writer(self.store, row["shop"]).finished(row))
        self.webhooks.wake()

    def compliance(self, shop: str, topic: str, customer: int, orders: list[int]) -> None:
        """Send one of the three compliance topics."""
        self.webhooks.send(shop, topic, Writer(self.store, shop).compliance(topic, customer, orders))
        self.webhooks.wake()
