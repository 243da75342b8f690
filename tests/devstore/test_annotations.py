"""Marks on the store's charts: kept within Shopify's limits, read again, shown, and only with the grant."""

from __future__ import annotations

import pytest
import requests

from tests.devstore.conftest import World

SCOPE = "write_analytics_annotations"
CREATE = """
mutation($input: AnalyticsAnnotationCreateInput!) {
  analyticsAnnotationCreate(input: $input) {
    analyticsAnnotation { id title startedAt source type } userErrors { code field message }
  }
}
"""
MARK = {"title": "Version 4: live", "startedAt": "2026-11-20T10:00:00+00:00", "type": "store_redesign"}


@pytest.fixture
def granted(world: World):
    world.control("scopes", grant=[SCOPE])
    yield world
    world.control("scopes", revoke=[SCOPE])


def created(world: World, **changes: object) -> dict:
    return world.graphql(CREATE, input=MARK | changes)["data"]["analyticsAnnotationCreate"]


def test_a_mark_is_kept_read_again_and_shown(granted: World) -> None:
    mark = created(granted, title="Version 5: <live>")["analyticsAnnotation"]
    assert (mark["source"], mark["startedAt"]) == ("APP", "2026-11-20T10:00:00Z")
    wanted = 'analyticsAnnotations(first: 5, query: "started_at:>=2026-11-20T09:59:59Z") { nodes { id title } }'
    nodes = granted.graphql(f"{{ shop {{ {wanted} }} }}")["data"]["shop"]["analyticsAnnotations"]["nodes"]
    assert {"id": mark["id"], "title": "Version 5: <live>"} in nodes
    late = wanted.replace("2026-11-20T09", "2026-11-20T11")
    assert mark["id"] not in str(granted.graphql(f"{{ shop {{ {late} }} }}")["data"])
    page = requests.get(f"http://localhost:{granted.port}/admin/{granted.shop}/analytics", timeout=10).text
    assert "Version 5: &lt;live&gt;" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"title": "x" * 76}, "title"), ({"title": " "}, "title"), ({"description": "x" * 151}, "description"),
     ({"type": "party"}, "type")],
)  # fmt: skip
def test_what_shopify_would_not_take_is_refused(granted: World, changes: dict, field: str) -> None:
    answer = created(granted, **changes)
    assert answer["analyticsAnnotation"] is None
    assert (answer["userErrors"][0]["code"], answer["userErrors"][0]["field"]) == ("INVALID", ["input", field])


def test_without_the_grant_nothing_is_written_or_read(world: World) -> None:
    assert "ACCESS_DENIED" in str(world.graphql(CREATE, input=MARK)["errors"])
    assert "ACCESS_DENIED" in str(
        world.graphql("{ shop { analyticsAnnotations(first: 1) { nodes { id } } } }")["errors"]
    )
