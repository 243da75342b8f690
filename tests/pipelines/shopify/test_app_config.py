"""shopify.app.toml, linted by the rules that Shopify's own command line applies."""

import tomllib
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import resolve

from devstore.appconfig import Subscription
from pipelines.endpoints.storefront import proxy
from pipelines.shopify.reading.topics import TOPICS, minimise

CONFIG = tomllib.loads((Path(settings.BASE_DIR) / "shopify.app.toml").read_text())
SUBSCRIPTIONS = CONFIG["webhooks"]["subscriptions"]
COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}
WANTED = {
    *("orders/create", "orders/updated", "orders/cancelled", "orders/edited", "orders/delete", "refunds/create"),
    *("products/create", "products/update", "products/delete"),
    *("inventory_levels/update", "inventory_items/update", "locations/update", "shop/update"),
    *("checkouts/create", "checkouts/update", "app/uninstalled", "app/scopes_update", "bulk_operations/finish"),
}
CHECKOUT = {
    "token": "t",
    "shipping_address": {"first_name": "Steve", "address1": "1 Shipping Street"},
    "shipping_lines": [],
    "discount_codes": [],
    "total_discounts": "0.00",
}
CONTACT = {
    "email",
    "contact_email",
    "phone",
    "billing_address",
    "shipping_address",
    "browser_ip",
    "client_details",
    "note",
}


def test_it_names_an_embedded_app_that_is_installed_by_shopify():
    assert len(CONFIG["client_id"]) == 32
    assert 0 < len(CONFIG["name"]) <= 30
    assert CONFIG["handle"] == settings.SHOPIFY_APP_HANDLE
    assert CONFIG["embedded"] is True
    assert CONFIG["access_scopes"]["use_legacy_install_flow"] is False


def test_every_address_is_https():
    named = [CONFIG["application_url"], CONFIG["app_preferences"]["url"]]
    assert all(url.startswith("https://") for url in [*named, *CONFIG["auth"]["redirect_urls"]])


def test_webhooks_speak_the_version_that_we_ask_in():
    assert CONFIG["webhooks"]["api_version"] == settings.SHOPIFY_API_VERSION


def test_every_wanted_topic_is_subscribed_to_once():
    topics = Counter(topic for entry in SUBSCRIPTIONS for topic in entry.get("topics", []))
    assert set(topics) == WANTED
    assert max(topics.values()) == 1


def test_the_three_compliance_topics_stand_alone_and_once():
    compliance = [entry for entry in SUBSCRIPTIONS if "compliance_topics" in entry]
    assert [set(entry["compliance_topics"]) for entry in compliance] == [COMPLIANCE]
    assert "topics" not in compliance[0]


@pytest.mark.parametrize("entry", SUBSCRIPTIONS, ids=lambda entry: (entry.get("topics") or ["compliance"])[0])
def test_each_subscription_has_topics_and_a_path_of_ours(entry):
    assert entry.get("topics") or entry.get("compliance_topics")
    assert entry["uri"] == "/webhooks/shopify"
    assert set(entry) <= {"topics", "compliance_topics", "uri", "include_fields"}


def test_the_door_knows_every_topic():
    assert set(TOPICS) >= WANTED | COMPLIANCE


@pytest.mark.parametrize(
    "entry", [entry for entry in SUBSCRIPTIONS if "include_fields" in entry], ids=lambda e: e["topics"][0]
)
def test_asked_fields_hold_all_that_is_kept_and_no_contact_data(entry):
    asked = set(entry["include_fields"])
    assert not asked & CONTACT
    for topic in entry["topics"]:
        keep = TOPICS[topic].keep
        assert {*keep.names, *keep.lists, *(name for name, _ in keep.parts)} <= asked


@pytest.mark.parametrize(
    ("told", "reached"),
    [
        ({"shipping_lines": [{"title": "Post", "price": "3.95", "phone": "555"}]}, "has_shipping"),
        ({"discount_codes": [{"code": "ANN10", "amount": "2.50"}]}, "has_discount"),
        ({"total_discounts": "2.50"}, "has_discount"),
    ],
)
def test_what_is_asked_of_a_checkout_tells_how_far_it_has_come_and_nothing_else_of_that(told, reached):
    (entry,) = (entry for entry in SUBSCRIPTIONS if "checkouts/update" in entry.get("topics", ()))
    sent = Subscription("/", tuple(entry["include_fields"])).cut(CHECKOUT | told)
    assert minimise(TOPICS["checkouts/update"], sent).payload[reached] is True
    assert not any(personal in str(sent) for personal in ("Post", "555", "ANN10", "Steve", "Shipping Street"))


def test_orders_bring_the_cart_attributes_by_which_a_visitor_is_found_again():
    for entry in SUBSCRIPTIONS:
        if "orders/create" in entry.get("topics", ()):
            assert "note_attributes" in entry["include_fields"]


def test_only_scopes_of_data_level_one_are_asked_for():
    scopes = set(CONFIG["access_scopes"]["scopes"].split(","))
    assert scopes == {
        *("read_orders", "read_all_orders", "read_products", "read_inventory", "read_locations"),
        "write_app_proxy",
    }
    optional = {"write_products", "write_analytics_annotations", "write_pixels", "read_customer_events"}
    assert set(CONFIG["access_scopes"]["optional_scopes"]) == {*optional, "read_discounts"}


def test_every_address_that_it_declares_is_a_page_or_a_door_of_ours():
    declared = [CONFIG["application_url"], CONFIG["app_preferences"]["url"], *CONFIG["auth"]["redirect_urls"]]
    assert all(resolve(urlsplit(address).path) for address in declared)
    assert f"{urlsplit(CONFIG['app_proxy']['url']).path}/" == proxy.PREFIX
