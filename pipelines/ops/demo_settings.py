"""What the demo's processes find in their environment."""

import base64
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.ops import clock

ROOT = Path(__file__).resolve().parents[2]
SHOP = "northbeck-outfitters.myshopify.com"
SECOND_SHOP = "northbeck-test.myshopify.com"


@dataclass(frozen=True)
class DemoPlan:
    """Where the demo listens and what its store is made of."""

    state: Path
    port: int = 8000
    store_port: int = 9300
    orders: Path | None = None
    history_days: int | None = None
    at: datetime | None = None  # what the clock of its processes shows at the start
    stores: int = 1
    scenario: str | None = None  # for which the store is made

    @property
    def app_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def store_url(self) -> str:
        """The development store as the app's processes reach it."""
        return f"http://127.0.0.1:{self.store_port}"

    @property
    def admin_url(self) -> str:
        """The development store as a browser reaches it: another origin than the app's."""
        return f"http://localhost:{self.store_port}"


def environment(plan: DemoPlan, services: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every process of the demo."""
    kept = demo_secrets(plan.state)
    ahead = str(clock.ahead(plan.state, plan.at))
    return {
        **os.environ,
        **services,
        **kept,
        "PYTHONUNBUFFERED": "1",
        "SHOPMLOPS_DEMO": "1",
        "SHOPMLOPS_STATE": str(plan.state),
        "CLOCK_AHEAD": ahead,
        "DEVSTORE_CLOCK_AHEAD": ahead,
        "DEVSTORE_CLOCK_FILE": str(plan.state / clock.FILE),
        "APP_URL": plan.app_url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CODE_REVISION": os.environ.get("CODE_REVISION") or code_revision(),
        "SHOPIFY_API_ORIGIN": f"{plan.store_url}/shops/{{shop}}",
        "SHOPIFY_ADMIN_ORIGINS": plan.admin_url,
        "APP_BRIDGE_URL": f"{plan.admin_url}/cdn/app-bridge.js",
        "POLARIS_URL": f"{plan.admin_url}/cdn/polaris.js",
        "STRICT_STYLES": "1",
        "SHOPIFY_BULK_HOSTS": f"127.0.0.1:{plan.store_port}",
        "DEVSTORE_CLIENT_ID": kept["SHOPIFY_API_KEY"],
        "DEVSTORE_CLIENT_SECRET": kept["SHOPIFY_API_SECRET"],
    }


def demo_secrets(state: Path) -> dict[str, str]:
    """Return the demo's secrets, made once and kept where only their owner reads them."""
    path = state / "secrets.json"
    if not path.exists():
        write_private(path, json.dumps(new_secrets(), indent=1))
    kept: dict[str, str] = json.loads(path.read_text())
    write_private(state / "demo-secret", kept["SHOPMLOPS_DEMO_SECRET"])
    return kept


def new_secrets() -> dict[str, str]:
    """Draw one secret for each setting that needs one."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": f"demo:{random_key()}",
        "SIGNING_KEY": random_key(),
        "METRICS_TOKEN": secrets.token_urlsafe(24),
        "SHOPIFY_API_KEY": secrets.token_hex(16),
        "SHOPIFY_API_SECRET": secrets.token_hex(32),
        "SHOPMLOPS_DEMO_SECRET": secrets.token_urlsafe(32),
    }


def random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def seeds(plan: DemoPlan) -> list[list[str]]:
    """Return what each store is to be made of; a second one has the catalogue of the first."""
    history = ["--history-days", str(plan.history_days)] if plan.history_days else []
    orders = ["--orders", str(plan.orders.resolve())] if plan.orders else []
    scenario = ["--scenario", plan.scenario] if plan.scenario else []
    return [["--shop", SHOP, *orders, *history, *scenario], ["--shop", SECOND_SHOP, "--like", SHOP, *history]][
        : plan.stores
    ]


def code_revision() -> str:
    """Return the commit of this checkout, for the lineage of versions."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    answer = subprocess.run([git, "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True)  # noqa: S603
    return answer.stdout.strip() or "unknown"
