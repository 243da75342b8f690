"""A visit's figures are counted under the page's name; what anybody else sends counts nothing."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission, User

from pipelines.lifecycle.pages import speed
from pipelines.models import PageSpeed
from tests.identities import OTHER_SHOP, bearer


@pytest.fixture
def tell(shop, client):
    """Send figures as our script does."""

    def send(path: str = "/", metrics: object = None, **headers: str) -> int:
        told = [{"name": "LCP", "value": 1200.5}] if metrics is None else metrics
        body = json.dumps({"path": path, "metrics": told})
        answer = client.post("/vitals", body, content_type="application/json", headers=headers or bearer())
        return answer.status_code

    return send


def test_a_page_is_counted_by_its_name_without_ids(tell):
    assert tell("/") == 204
    assert tell("/releases/8472") == 204
    assert tell("/versions/demand_forecast/3", [{"name": "CLS", "value": 0}, {"name": "INP", "value": 40}]) == 204
    rows = PageSpeed.objects.values_list("route", "metric")
    assert set(rows) == {("home", "LCP"), ("release", "LCP"), ("version", "CLS"), ("version", "INP")}


def test_merchants_of_all_shops_are_counted_together(tell, another_shop):
    tell()
    tell(**bearer(OTHER_SHOP))
    assert sum(PageSpeed.objects.get().counts) == 2


def test_strangers_are_not_counted(tell):
    assert tell(**{"HX-Request": "true"}) == 401
    assert tell(**bearer(exp=1)) == 401
    assert not PageSpeed.objects.exists()


@pytest.mark.parametrize("path", ["/nowhere", "https://evil.example/", "", "/admin/\0", "/" + "x" * 900])
def test_a_page_that_is_none_of_ours_counts_nothing(tell, path):
    assert tell(path) == 204
    assert not PageSpeed.objects.exists()


@pytest.mark.parametrize(
    "metrics",
    ["LCP", 7, [7], [{"name": "LCP"}], [{"name": "LCP", "value": "12"}], [{"name": "LCP", "value": True}],
     [{"name": ["LCP"], "value": 1}], [{"name": "LCP", "value": None}]],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(tell, metrics):
    assert tell(metrics=metrics) == 400
    assert not PageSpeed.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"{" + b" " * 4000 + b"}"])
def test_so_is_what_is_no_report(shop, client, body):
    answer = client.post("/vitals", body, content_type="application/json", headers=bearer())
    assert answer.status_code == 400


def test_figures_of_other_names_count_nothing(tell):
    assert (
        tell(metrics=[{"name": "TTFB", "value": 3}, {"name": "x" * 900, "value": 3}, {"name": "LCP", "value": 1e999}])
        == 204
    )
    assert not PageSpeed.objects.exists()


class TestOperators:
    @pytest.fixture
    def operator(self, client, db, monkeypatch):
        user = User.objects.create_user("olive", password="a-long-password", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_pagespeed"))
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return client

    def test_see_figures_beside_limits(self, operator, tell):
        for _ in range(speed.ENOUGH):
            tell("/", [{"name": "LCP", "value": 2300}])
        page = operator.get("/admin/pipelines/pagespeed/").content.decode()
        assert "2,500 ms" in page and "near Shopify&#x27;s limit" in page and "All pages" in page

    def test_are_told_when_nothing_was_measured(self, operator):
        assert "Nothing was measured yet" in operator.get("/admin/pipelines/pagespeed/").content.decode()

    def test_need_the_permission(self, client, db):
        user = User.objects.create_user("oscar", password="a-long-password", is_staff=True)
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        assert client.get("/admin/pipelines/pagespeed/").status_code == 403
