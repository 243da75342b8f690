"""An address that leads to nothing leaves a merchant before a page, and a stranger before nothing."""

import pytest


@pytest.mark.parametrize("path", ["/versions/1", "/no-such-page", "/forecasts/1", "/releases/999999"])
def test_a_merchant_is_shown_the_way_home_inside_the_admin(shop, see, path):
    answer = see(path)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()
    assert shop.domain in answer["Content-Security-Policy"]


def test_a_stranger_is_told_nothing(db, client):
    answer = client.get("/no-such-page")
    assert (answer.status_code, answer.content) == (404, b"Not found")
    assert answer["Content-Security-Policy"].endswith("; frame-ancestors 'none'")


def test_operators_pages_are_not_dressed_as_merchants_pages(admin_client):
    answer = admin_client.get("/admin/no/such/page/")
    assert (answer.status_code, answer.content) == (404, b"Not found")


def test_a_page_that_breaks_says_so_inside_the_admin(shop, see, client, monkeypatch):
    monkeypatch.setattr("dashboard.views.home.home_page", lambda *_: 1 / 0)
    client.raise_request_exception = False
    answer = see("/")
    assert answer.status_code == 500
    assert b"Something broke on our side" in answer.content
    assert shop.domain in answer["Content-Security-Policy"]
