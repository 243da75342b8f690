import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from pipelines.shopify.errors import InvalidIdToken
from pipelines.shopify.id_tokens import verify, verify_checkout
from tests.identities import OTHER_SHOP, SHOP, claims, id_token


def refusal(token: str) -> str:
    with pytest.raises(InvalidIdToken) as refused:
        verify(token)
    return refused.value.reason


def test_a_fresh_token_says_who_asks():
    identity = verify(id_token(sub="42"))
    assert (identity.shop_domain, identity.sub, identity.sid) == (SHOP, "42", "session-1")
    assert 0 < identity.expires_at.timestamp() - time.time() <= 60


def test_the_old_secret_counts_while_a_rotation_lasts(settings):
    token = id_token(secret="the-secret-before-the-rotation-of-today")
    assert refusal(token) == "signature"
    settings.SHOPIFY_API_SECRET_OLD = "the-secret-before-the-rotation-of-today"
    assert verify(token).shop_domain == SHOP


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": int(time.time()) - 11}, "expired"),
        ({"nbf": int(time.time()) + 86_400}, "not yet valid"),
        ({"aud": "another-app"}, "audience"),
        ({"aud": None}, "claim missing"),
        ({"exp": None}, "claim missing"),
        ({"sub": None}, "claim missing"),
        ({"iss": None}, "claim missing"),
        ({"dest": None}, "claim missing"),
        ({"dest": f"https://{OTHER_SHOP}"}, "issuer"),
        ({"iss": f"https://{OTHER_SHOP}/admin"}, "issuer"),
        ({"iss": f"https://{SHOP}/evil"}, "issuer"),
        ({"iss": "https://evil.example/admin", "dest": "https://evil.example"}, "issuer"),
        ({"iss": f"http://{SHOP}/admin", "dest": f"http://{SHOP}"}, "issuer"),
        ({"iss": f"https://{SHOP}.evil.example/admin", "dest": f"https://{SHOP}.evil.example"}, "issuer"),
        ({"iss": f"https://a@{SHOP}/admin", "dest": f"https://a@{SHOP}"}, "issuer"),
        ({"sub": ""}, "subject"),
        ({"sub": "9" * 41}, "subject"),
        ({"sub": "operator:ann"}, "subject"),
        ({"sub": "42\n"}, "subject"),
        ({"sub": 42}, "malformed"),
        ({"dest": 42}, "malformed"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": 10**30}, "malformed"),
    ],
)
def test_a_token_that_breaks_a_rule_proves_nothing(changes, reason):
    assert refusal(id_token(**changes)) == reason


def test_clocks_may_differ_by_ten_seconds():
    now = int(time.time())
    assert verify(id_token(exp=now - 8)).shop_domain == SHOP
    assert verify(id_token(nbf=now + 8, iat=now + 8)).shop_domain == SHOP


def test_another_apps_signature_is_refused():
    assert refusal(id_token(secret="a-secret-of-some-other-app-altogether")) == "signature"


def test_a_token_without_signature_is_refused():
    assert refusal(jwt.encode(claims(), None, algorithm="none")) == "algorithm"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_the_algorithm_is_pinned(algorithm):
    secret = "x" * 64
    assert refusal(id_token(secret=secret, algorithm=algorithm)) == "algorithm"


@pytest.mark.parametrize("garbage", ["", "a", "a.b.c", "é.é.é", "x" * 5000, "Bearer a.b.c", "\x00"])
def test_garbage_is_refused(garbage):
    assert refusal(garbage) == "malformed"


# What extensions in a checkout are given

A_CHECKOUTS = {"iss": None, "sid": None, "sub": None, "dest": SHOP}


def refused(**changes) -> str:
    with pytest.raises(InvalidIdToken) as refused:
        verify_checkout(id_token(**A_CHECKOUTS | {"exp": int(time.time()) + 300} | changes), datetime.now(UTC))
    return refused.value.reason


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sub": "gid://shopify/Customer/7"},
        {"dest": f"https://{SHOP}"},
        {"iss": f"https://{SHOP}/admin", "sid": "session-1", "sub": "42"},
    ],
)
def test_a_checkouts_token_may_lack_who_asks(changes):
    found = verify_checkout(id_token(**A_CHECKOUTS | {"jti": "one"} | changes), datetime.now(UTC))
    assert (found.shop_domain, found.jti) == (SHOP, "one")


def test_a_merchants_door_takes_no_token_of_a_checkout():
    assert refusal(id_token(**A_CHECKOUTS)) == "claim missing"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": int(time.time()) - 11}, "expired"),
        ({"nbf": int(time.time()) + 86_400}, "not yet valid"),
        ({"iat": int(time.time()) + 86_400}, "not yet valid"),
        ({"aud": "another-app"}, "audience"),
        ({"aud": None}, "claim missing"),
        ({"exp": None}, "claim missing"),
        ({"nbf": None}, "claim missing"),
        ({"iat": None}, "claim missing"),
        ({"jti": None}, "claim missing"),
        ({"dest": None}, "claim missing"),
        ({"dest": OTHER_SHOP, "iss": f"https://{SHOP}"}, "issuer"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"dest": "evil.example"}, "issuer"),
        ({"dest": f"http://{SHOP}"}, "issuer"),
        ({"dest": f"{SHOP}/x"}, "issuer"),
        ({"dest": 42}, "issuer"),
        ({"iat": "soon"}, "malformed"),
        ({"secret": "a-secret-of-some-other-app-altogether"}, "signature"),
    ],
)
def test_a_checkouts_token_that_breaks_a_rule_proves_nothing(changes, reason):
    assert refused(**changes) == reason


def test_a_checkouts_token_is_five_minutes_old_at_most():
    token = id_token(**A_CHECKOUTS, exp=int(time.time()) + 86_400)
    verify_checkout(token, datetime.now(UTC) + timedelta(minutes=5))
    with pytest.raises(InvalidIdToken) as refused:
        verify_checkout(token, datetime.now(UTC) + timedelta(minutes=5, seconds=12))
    assert refused.value.reason == "expired"
