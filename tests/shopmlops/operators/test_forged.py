"""What nobody can choose or ask for on an operators' page is refused plainly, in every list."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

pytestmark = pytest.mark.django_db
FORGED = ("x", "", "1;2", "1.5", "-1", "9" * 40, "\x00")
QUERIES = ("q=%00", "q=%ff", "p=x", "p=-7", "o=x.y", "id__exact=x", "state=%00", "e=1", "all=x")


def listing(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture(params=admin.site._registry.items(), ids=lambda each: each[0].__name__)
def known(request, shop):
    return request.param


def test_rows_that_no_list_has_are_not_chosen(known, admin_client, admin_user):
    model, listed = known
    asked = RequestFactory().get("/")
    asked.user = admin_user
    for action in listed.get_actions(asked):
        for forged in FORGED:
            chosen = {"action": action, "_selected_action": [forged]}
            assert admin_client.post(listing(model), chosen).status_code in (200, 302, 400), (action, forged)
    assert admin_client.post(listing(model), {"action": "x", "_selected_action": ["x"]}).status_code in (200, 302, 400)


def test_no_address_of_a_list_breaks_it(known, admin_client):
    model, _ = known
    for query in QUERIES:
        assert admin_client.get(f"{listing(model)}?{query}").status_code in (200, 302, 400), query
    for forged in ("x", "1.5", "9" * 40, "%00", "_5f"):
        for page in ("change/", "history/", "delete/"):
            answer = admin_client.get(f"{listing(model)}{forged}/{page}")
            assert answer.status_code in (302, 400, 403, 404), (forged, page)
