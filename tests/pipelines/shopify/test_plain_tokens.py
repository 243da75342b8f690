"""What is read without PyJWT, PyJWT reads, and as the same claims: of tokens that are mangled in every way."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.shopify import id_tokens, plain_tokens
from pipelines.shopify.errors import InvalidIdToken
from pipelines.shopify.hmac import digest

APP, SECRET = "the-key-of-our-app", "a-secret-of-our-app-that-is-long-enough"
PEM = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
ANOTHER = "a-secret-of-some-other-app-altogether"
ODD_SECRETS = ["", "short", PEM, '{"kty": "oct", "k": "c2VjcmV0"}', "é" * 8]
PLAIN = {"alg": "HS256", "typ": "JWT"}


def good(**changes: Any) -> dict[str, Any]:
    """Return what Shopify says; times change by seconds from now, and a change of None leaves a claim out."""
    told = {"dest": "a.myshopify.com", "aud": APP, "exp": 300, "nbf": 0, "iat": 0, "jti": "one"} | changes
    moved = {name: int(time.time()) + told[name] for name in ("exp", "nbf", "iat") if type(told[name]) is int}
    return {name: value for name, value in (told | moved).items() if value is not None}


def coded(written: bytes) -> bytes:
    return urlsafe_b64encode(written).rstrip(b"=")


def signed(header: bytes, payload: bytes, secret: str = SECRET) -> bytes:
    message = header + b"." + payload
    return message + b"." + coded(digest(secret.encode(), message))


def a_token(told: Any = None, header: Any = PLAIN, secret: str = SECRET) -> str:
    parts = (coded(json.dumps(each).encode()) for each in (header, good() if told is None else told))
    return signed(*parts, secret).decode()


def quick(token: str, secret: str = SECRET, audience: str = APP) -> Any:
    return plain_tokens.claims(token, secret, audience, id_tokens.LEEWAY.total_seconds())


def says_no_more_than_pyjwt(token: str, secret: str = SECRET, audience: str = APP) -> bool:
    """Hold what is read against PyJWT; tell whether anything was."""
    found = quick(token, secret, audience)
    if found is None:
        return False
    wanted = id_tokens._by_pyjwt(token, secret, audience)  # it refuses by raising
    assert json.dumps(found) == json.dumps(wanted) and list(map(type, found.values())) == [*map(type, wanted.values())]
    return True


# No time stands where a second that passes between two looks would matter: ten seconds are the tolerance.
SECONDS = st.sampled_from([-(10**9), -3600, -12, -8, 0, 8, 12, 300, 10**9])
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([0, -1, 2**63 - 1, 2**63, 2**64, 10**30, 1e300]))
ODD = st.one_of(
    st.none(), st.booleans(), st.text(max_size=8), NUMBERS, st.lists(st.text(max_size=3), max_size=2), st.just([APP])
)
HEADER = st.one_of(
    st.just(PLAIN),
    st.fixed_dictionaries(
        {},
        optional={
            "alg": st.one_of(st.sampled_from(["HS256", "none", "HS384", "hs256", "RS256", ""]), ODD),
            "typ": st.one_of(st.just("JWT"), ODD),
            "kid": ODD,
            "b64": ODD,
            "crit": st.one_of(st.just(["b64"]), ODD),
        },
    ),
    ODD,
)
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("exp", "nbf", "iat"), st.one_of(SECONDS, ODD.filter(lambda value: type(value) is not int))),
        "aud": st.one_of(st.sampled_from([APP, f"{APP} ", APP.upper()]), ODD),
        **dict.fromkeys(("dest", "jti", "iss", "sub", "sid"), ODD),
        "more": ODD | st.dictionaries(st.text(max_size=3), ODD, max_size=2),
    },
)


@given(changes=CLAIMS, header=HEADER, secret=st.sampled_from([SECRET, SECRET, SECRET, ANOTHER]))
@settings(max_examples=600, deadline=None)
def test_of_whatever_is_claimed(changes: dict[str, Any], header: Any, secret: str) -> None:
    says_no_more_than_pyjwt(a_token(good(**changes), header, secret))


# What JSON may be, and what only one reader takes for it.
RAW = [
    b'{"aud":"x",%s', b'%s ', b" %s", b"%s\n\t\r", b"\xef\xbb\xbf%s", b"%s}", b"[%s]", b"%s\x00", b"null", b"",
]  # fmt: skip
INSIDE = [
    b',"aud":"another"', b',"aud":"the-key-of-our-app"', b',"exp":1', b',"exp":99999999999999999999', b',"exp":1e99',
    b',"exp":9999999999.0', b',"exp":-0', b',"x":NaN', b',"x":-Infinity', b',"x":"\\ud800"', b',"x":"\\u0000"',
    b',"x":"\xff"', b',"x":"\xed\xa0\x80"', b',"x":"\n"', b',"x":01', b',"x":+1', b',"x":1.', b',"x":' + b"1" * 5000,
    b',"x":' + b"[" * 2000 + b"]" * 2000, b",", b',"iat":true', b',"jti":null', b',"x":18446744073709551616', b"/**/",
]  # fmt: skip


@given(around=st.sampled_from([b"%s", *RAW]), inside=st.lists(st.sampled_from(INSIDE), max_size=3), utf=st.booleans())
@settings(max_examples=300, deadline=None)
def test_of_what_only_one_reader_takes_for_json(around: bytes, inside: list[bytes], utf: bool) -> None:
    written = around.replace(b"%s", json.dumps(good()).encode()[:-1] + b"".join(inside) + b"}")
    payload = written.decode("latin-1").encode("utf-16-le") if utf else written
    says_no_more_than_pyjwt(signed(coded(json.dumps(PLAIN).encode()), coded(payload)).decode())


@given(data=st.data())
@settings(max_examples=600, deadline=None)
def test_of_letters_that_were_changed(data: st.DataObject) -> None:
    header, payload, signature = a_token().encode().split(b".")
    parts = [header, payload, signature]
    if data.draw(st.booleans()):  # in what is signed
        place = data.draw(st.integers(0, 1))
        parts[place] = data.draw(mangled(parts[place]))
        parts[2] = signed(*parts[:2]).rpartition(b".")[2]
    text = b".".join(parts)
    says_no_more_than_pyjwt(data.draw(st.one_of(st.just(text), mangled(text))).decode("latin-1"))


def mangled(text: bytes) -> st.SearchStrategy[bytes]:
    """Change, add or leave out letters, and write the same bytes in another way."""
    odd = st.sampled_from([b"", b"=", b"==", b".", b"A", b"_", b"+", b"/", b" ", b"\n", b"\xe9", b"\x00"])
    place = st.integers(0, len(text))
    put_in = st.builds(lambda at, more, gone: text[:at] + more + text[at + gone :], place, odd, st.integers(0, 2))
    last = st.sampled_from(sorted(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    other_end = st.builds(lambda letter: text[:-1] + bytes([letter]), last)
    return st.one_of(put_in, other_end, st.just(text + b"="), st.just(text.replace(b"_", b"/").replace(b"-", b"+")))


@pytest.mark.parametrize("secret", ODD_SECRETS)
def test_of_secrets_that_pyjwt_refuses_or_warns_of(secret: str) -> None:
    assert quick(a_token(secret=secret), secret) is None


def test_nobody_is_an_audience() -> None:
    assert quick(a_token(good(aud="")), audience="") is None


@pytest.mark.parametrize("header", [PLAIN, {"typ": "JWT", "alg": "HS256"}, {"alg": "HS256"}])
@pytest.mark.parametrize(
    "changes", [{}, {"sub": "gid://shopify/Customer/7"}, {"iss": "a.myshopify.com", "sid": "é"}, {"exp": -8, "nbf": 8}]
)
def test_what_shopify_writes_is_read_without_pyjwt(header: Any, changes: dict[str, Any]) -> None:
    assert says_no_more_than_pyjwt(a_token(good(**changes), header))
    assert says_no_more_than_pyjwt(jwt.encode(good(**changes), SECRET, "HS256"))


@pytest.mark.parametrize(
    "changes",
    [{"exp": -12}, {"nbf": 12}, {"iat": 12}, {"aud": "another-app"}, {"aud": [APP]}, {"iat": None}, {"jti": 7}],
)
def test_what_breaks_a_rule_is_left_to_pyjwt(changes: dict[str, Any]) -> None:
    assert quick(a_token(good(**changes))) is None


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS512"}, PLAIN | {"kid": "1"}, PLAIN | {"crit": ["b64"]}])
def test_what_a_header_says_besides_is_left_to_pyjwt(header: Any) -> None:
    assert quick(a_token(header=header)) is None


def test_what_was_signed_is_what_was_sent() -> None:
    token = a_token()
    header, payload, signature = token.split(".")
    told = json.loads(urlsafe_b64decode(payload + "=="))
    forged = coded(json.dumps(told | {"dest": "b.myshopify.com"}).encode()).decode()
    for each in (f"{header}.{forged}.{signature}", f"{header}.{payload}.{'A' * 43}", f"{header}.{payload}."):
        assert quick(each) is None
        with pytest.raises(InvalidIdToken):
            id_tokens._by_pyjwt(each, SECRET, APP)
