"""A theme's product page, as far as an app meets it: its app block, rendered from its own Liquid by a Liquid engine."""

import json
import re
import tomllib
from pathlib import Path
from sqlite3 import Row
from typing import Any

from liquid import Environment, FileSystemLoader

from devstore.fields import full_namespace
from devstore.html import money
from devstore.pictures import picture_url
from devstore.store import Store

SCHEMA = re.compile(r"{%-?\s*schema\s*-?%}(.*?){%-?\s*endschema\s*-?%}", re.DOTALL)
BLOCK_ID = "devstore-block"


class Extension:
    """An app's theme extension: its blocks, each with the settings that it declares, and its words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def blocks(self, template: str = "product") -> list[Path]:
        """List the blocks that stand on pages of a template."""
        return [path for path in sorted((self.folder / "blocks").glob("*.liquid")) if template in self.places(path)]

    def places(self, block: Path) -> list[str]:
        """List the templates that a block may stand on; all where it names none."""
        return list(self.schema(block).get("enabled_on", {}).get("templates", ["product"]))

    def schema(self, block: Path) -> dict[str, Any]:
        """Return what a block declares of itself."""
        found = SCHEMA.search(block.read_text())
        return dict(json.loads(found[1])) if found else {}

    def styles(self, template: str = "product") -> list[str]:
        """List the styles that the blocks of a template bring along; each names its scripts itself."""
        declared = [self.schema(block) for block in self.blocks(template)]
        return sorted({entry["stylesheet"] for entry in declared if "stylesheet" in entry})

    def words(self, locale: str) -> dict[str, Any]:
        """Return its words in a language, or in the one that it has first."""
        path = self.folder / "locales" / f"{locale}.json"
        if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", locale) or not path.is_file():
            path = self.folder / "locales" / "en.default.json"
        return dict(json.loads(path.read_text()))

    def render(self, block: Path, facts: dict[str, Any], locale: str, currency: str) -> str:
        """Render one block with what the page knows, and the block's own settings at their defaults."""
        declared = self.schema(block).get("settings", [])
        settings = {each["id"]: each.get("default", "") for each in declared}
        settings |= {each["id"]: facts.get("product") for each in declared if each["type"] == "product"}
        engine = Environment(loader=FileSystemLoader(self.folder / "snippets", ext=".liquid"))
        engine.filters |= filters(self.words(locale), currency)
        template = engine.from_string(SCHEMA.sub("", block.read_text()))
        held = {"id": BLOCK_ID, "settings": settings, "shopify_attributes": f'data-shopify-editor-block="{BLOCK_ID}"'}
        return str(template.render(**facts, block=held))


def filters(words: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the filters of Shopify's Liquid that the engine does not bring."""

    def translate(key: str, **values: Any) -> str:
        found: Any = words
        for part in key.split("."):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        text = found if isinstance(found, str) else f"Translation missing: {key}"
        return re.sub(r"{{\s*(\w+)\s*}}", lambda name: str(values.get(name[1], "")), text)

    return {
        "t": translate,
        "money": lambda minor: money(int(minor or 0), currency),
        "asset_url": lambda name: f"/extensions/theme/{name}",
        "image_url": lambda image, **size: image["src"] if image else "",
    }


def extension(extensions: Path) -> Extension | None:
    """Return the app's theme extension, if it was deployed with one."""
    for path in sorted(extensions.glob("*/shopify.extension.toml")):
        if tomllib.loads(path.read_text()).get("type") == "theme":
            return Extension(path.parent)
    return None


def facts_of(store: Store, shop: Row, product: int | None = None) -> dict[str, Any]:
    """Return what Liquid knows on a page: the product, where it is of one, and the app's own fields."""
    app = Fields(store, shop, f"gid://shopify/AppInstallation/{shop['id']}")
    about = {"app": {"metafields": app}, "routes": {"cart_url": f"/store/{shop['domain']}/cart"}, "request": {}}
    return about | ({"product": drop(store, shop, product)} if product else {})


class Fields(dict[str, Any]):
    """The metafields of an owner, by namespace: read when Liquid asks for them."""

    def __init__(self, store: Store, shop: Row, owner: str) -> None:
        super().__init__()
        self.store, self.shop, self.owner = store, shop, owner

    def __contains__(self, namespace: object) -> bool:
        return isinstance(namespace, str)

    def __missing__(self, namespace: str) -> dict[str, Any]:
        rows = self.store.all(
            "SELECT * FROM metafields WHERE owner = ? AND namespace IN (?, ?)",
            self.owner, namespace, full_namespace(namespace),
        )  # fmt: skip
        return Namespace({row["key"]: {"type": row["type"], "value": self.value(row)} for row in rows})

    def value(self, row: Row) -> Any:
        """Return a field as Liquid has it: lists of products are products, those that can be seen."""
        if row["type"] not in ("json", "list.product_reference"):
            return row["value"]
        held = json.loads(row["value"])
        if row["type"] == "json":
            return held
        found = [drop(self.store, self.shop, int(gid.rpartition("/")[2])) for gid in held]
        return [each for each in found if each is not None]


class Namespace(dict[str, Any]):
    """The fields of a namespace; one that is not there is blank, as nil is to Shopify's engine and not to this one."""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str)

    def __missing__(self, key: str) -> dict[str, Any]:
        return {"type": "", "value": ""}


def drop(store: Store, shop: Row, number: int) -> dict[str, Any] | None:
    """Return a product as Liquid knows it; nothing where buyers cannot see it."""
    row = store.one("SELECT * FROM products WHERE id = ? AND shop = ? AND status = 'active'", number, shop["domain"])
    if row is None or not store.is_published(number):
        return None
    sold = store.one(
        "SELECT min(v.price) least, max(v.price) most, max(v.continues OR l.available > 0) available "
        "FROM variants v JOIN levels l ON l.item_id = v.item_id WHERE v.product_id = ?",
        number,
    )
    assert sold is not None
    image = picture_url(store.files_origin, number)
    return {
        "id": number,
        "title": row["title"],
        "url": f"/store/{shop['domain']}/products/{row['handle']}",
        "available": bool(sold["available"]),
        "price": sold["least"],
        "price_min": sold["least"],
        "price_varies": sold["least"] != sold["most"],
        "featured_image": {"src": image, "alt": row["title"]} if image else None,
        "metafields": Fields(store, shop, f"gid://shopify/Product/{number}"),
    }
