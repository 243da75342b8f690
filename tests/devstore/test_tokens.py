"""Tokens: exchange, rotation, refusal."""

import time

import jwt
import pytest
import requests

from tests.devstore.conftest import CLIENT_ID, SECRET, SHOP, World

ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
QUERY = "{ shop { name } }"


def test_an_id_token_says_who_signed_in_and_lasts_a_minute(world: World) -> None:
    claims = jwt.decode(world.id_token(), SECRET, algorithms=["HS256"], audience=CLIENT_ID)
    assert claims["iss"] == f"https://{SHOP}/admin"
    assert claims["dest"] == f"https://{SHOP}"
    assert claims["exp"] - claims["iat"] == 60
    assert claims["sub"].isdigit()
    assert {"nbf", "jti", "sid"} <= claims.keys()


def test_an_offline_token_expires_and_opens_the_api(world: World) -> None:
    answer = world.token()
    body = answer.json()
    assert answer.status_code == 200
    assert (body["expires_in"], body["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert "read_orders" in body["scope"].split(",")
    assert world.call(body["access_token"], QUERY).json()["data"]["shop"]["name"] == "Northbeck Outfitters"


def test_a_token_can_come_without_its_lifetime(world: World) -> None:
    world.control("fail-api", mode="no_lifetime", times=1)
    assert not {"expires_in", "refresh_token_expires_in"} & world.token().json().keys()
    assert world.token().json()["expires_in"] == 3600


@pytest.mark.parametrize(
    ("user", "owner", "collaborator"), [("owner", True, False), ("staff", False, False), ("collaborator", False, True)]
)
def test_an_online_token_names_its_user(world: World, user: str, owner: bool, collaborator: bool) -> None:
    body = world.token(subject_token=world.id_token(user), requested_token_type=ONLINE, expiring=None).json()
    person = body["associated_user"]
    assert (person["account_owner"], person["collaborator"]) == (owner, collaborator)
    assert body["expires_in"] == 86_400
    assert "refresh_token" not in body


def test_a_wrong_or_old_id_token_is_refused(world: World) -> None:
    now = int(time.time())
    claims = {"iss": f"https://{SHOP}/admin", "dest": f"https://{SHOP}", "aud": CLIENT_ID, "sub": "902541635"}
    old = jwt.encode({**claims, "nbf": now - 200, "iat": now - 200, "exp": now - 140}, SECRET, algorithm="HS256")
    forged = jwt.encode({**claims, "nbf": now, "iat": now, "exp": now + 60}, "another secret" * 4, algorithm="HS256")
    for token in (old, forged, "nonsense", "a.b.c"):
        answer = world.token(subject_token=token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_subject_token")


def test_a_wrong_client_secret_is_refused(world: World) -> None:
    assert world.token(client_secret="wrong").status_code == 401


def test_a_token_that_would_never_expire_is_not_given_out(world: World) -> None:
    assert world.token(expiring="0").status_code == 400


def test_a_refresh_token_works_until_its_replacement_is_used(world: World) -> None:
    first = world.token().json()
    second = world.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert world.refresh(first["refresh_token"]).status_code == 200  # the answer may have been lost
    assert world.call(second["access_token"], QUERY).status_code == 200
    assert world.refresh(first["refresh_token"]).status_code == 400
    assert world.refresh(second["refresh_token"]).status_code == 200


def test_revoked_and_expired_tokens_are_answered_with_401(world: World) -> None:
    first = world.token().json()
    world.control("revoke-token", how="expired")
    assert world.call(first["access_token"], QUERY).status_code == 401
    second = world.refresh(first["refresh_token"]).json()
    assert world.call(second["access_token"], QUERY).status_code == 200
    world.control("revoke-token")
    assert world.call(second["access_token"], QUERY).status_code == 401
    assert world.refresh(second["refresh_token"]).status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:9300", "localhost.evil.example", "[::2]"])
def test_a_name_that_leads_here_from_elsewhere_gets_no_token(world: World, host: str) -> None:
    for path in (f"/admin/{SHOP}/id-token", f"/admin/{SHOP}/launch", "/control/state"):
        address = f"http://127.0.0.1:{world.port}{path}"
        assert requests.get(address, headers={"Host": host}, timeout=30).status_code == 400
        assert requests.get(address, headers={"Host": f"localhost:{world.port}"}, timeout=30).status_code == 200
