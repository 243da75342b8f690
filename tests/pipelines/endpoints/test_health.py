"""What strangers learn of the process: that it runs, and nothing of the fleet."""

import pytest

pytestmark = pytest.mark.django_db
TOKEN = "a-long-token-of-the-prometheus"


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer wrong", "Bearer é", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN} "]
)
def test_the_fleets_counts_are_for_who_knows_the_token(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"Authorization": given.encode().decode("latin-1")}).status_code == 404


def test_without_a_token_nobody_may_see_them(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_they_are_numbers_and_name_no_shop(client, settings):
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert b"shopmlops_shops_installed 0.0" in answer.content
    assert b"myshopify" not in answer.content


def test_readiness_names_its_parts_and_no_address(client):
    assert client.get("/readyz").json() == {"ok": True, "database": True, "redis": True}
