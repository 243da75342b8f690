"""Every Polaris element, attribute and slot in our templates exists in Shopify's manifest."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
MANIFEST = "shopify/polaris_custom-elements.v1.1.0.json.gz"
OURS = ("hx-", "data-", "aria-")  # what every element may carry
EVERYWHERE = {"class", "id", "slot", "role", "tabindex", "hidden", "lang", "dir"}
APP_BRIDGE = {"s-app-nav": set(), "s-link": {"rel"}}  # elements and attributes of App Bridge
TAG = re.compile(r"\{[%#].*?[%#]\}|\{\{.*?\}\}", re.DOTALL)


class Collector(HTMLParser):
    """Notes each Polaris element with its attributes, and which slot of which parent it fills."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = next((each for each in reversed(self.open) if each.startswith("s-")), None)
        if tag.startswith("s-") or "slot" in dict(attrs):
            self.found.append((tag, dict(attrs), parent))
        if tag not in ("input", "meta", "link", "path", "line", "rect", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass


@pytest.fixture(scope="module")
def manifest(shared: Path) -> dict[str, dict[str, set[str]]]:
    path = shared / MANIFEST
    if not path.exists():
        pytest.skip(f"needs {path}")
    modules = json.loads(gzip.decompress(path.read_bytes()))["modules"]
    return {
        element["tagName"]: {
            "attributes": {attribute["name"] for attribute in element.get("attributes", [])},
            "slots": {slot["name"] for slot in element.get("slots", [])},
        }
        for module in modules
        for element in module["declarations"]
        if "tagName" in element
    }


def elements(template: Path) -> list[tuple[str, dict[str, str | None], str | None]]:
    """Return the elements of a template, its tags and comments taken out; both ways of an if are seen."""
    collector = Collector()
    collector.feed(TAG.sub(" ", template.read_text()))
    return collector.found


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_speaks_polaris(template: Path, manifest: dict[str, dict[str, set[str]]]):
    for tag, attributes, parent in elements(template):
        known = manifest.get(tag)
        if tag.startswith("s-"):
            assert known or tag in APP_BRIDGE, f"<{tag}> is not a Polaris element"
            allowed = EVERYWHERE | (known["attributes"] if known else set()) | APP_BRIDGE.get(tag, set())
            odd = [name for name in attributes if name not in allowed and not name.startswith(OURS)]
            assert not odd, f"<{tag}> has no attribute {odd}"
        slot = attributes.get("slot")
        if slot and slot.strip() and parent:
            assert slot.strip() in manifest[parent]["slots"], f"<{parent}> has no slot {slot!r}"


def test_the_manifest_catches_what_does_not_exist(tmp_path: Path, manifest: dict[str, dict[str, set[str]]]):
    wrong = tmp_path / "wrong.html"
    for html in ("<s-nothing></s-nothing>", '<s-badge colour="x"></s-badge>', '<s-badge><b slot="top"></b></s-badge>'):
        wrong.write_text(html)
        with pytest.raises(AssertionError):
            test_speaks_polaris(wrong, manifest)


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_holds_under_a_strict_content_policy(template: Path):
    text = template.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text), "inline style or script"
    assert not re.search(r"<script(?![^>]*src=)", text), "inline script"


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_forms_say_where_they_go(template: Path):
    for form in re.findall(r"<form[^>]*>", template.read_text()):
        assert "action=" in form, form


def test_what_is_written_once_a_process_says_nothing_of_a_shop():
    texts = [template.read_text() for template in TEMPLATES.rglob("*.html")]
    shared = {name for text in texts for name in re.findall(r'\{% once "([^"]+)" %\}', text)}
    said = {name for part in shared for name in re.findall(r"\{\{\s*(\w+)", (TEMPLATES / part).read_text())}
    assert said == {"shopify_api_key", "app_bridge_url", "polaris_url", "address", "title"}  # of use cases' pages
    assert not any("{% if" in (TEMPLATES / part).read_text() for part in shared)
