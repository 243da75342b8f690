import json
from urllib.parse import parse_qsl

import pytest

from pipelines.shopify.hmac import proxy_is_authentic, proxy_signature, webhook_is_authentic, webhook_signature

BODY = '{"id":1,"name":"é"}'.encode()


def test_shopifys_own_library_accepts_what_we_accept(shared):
    for vector in json.loads((shared / "shopify" / "vectors.json").read_text())["webhook_hmac"]:
        body = vector["raw_body_utf8"].encode()
        assert webhook_is_authentic(body, vector["x_shopify_hmac_sha256"], [vector["secret"]])


@pytest.mark.parametrize("secret", ["new", "old"])
def test_both_secrets_count_while_a_rotation_lasts(secret):
    assert webhook_is_authentic(BODY, webhook_signature(BODY, secret), ["new", "old"])


@pytest.mark.parametrize("header", ["", "AAAA", "é", b"\xff", webhook_signature(BODY, "stranger")])
def test_a_forged_signature_is_refused(header):
    assert not webhook_is_authentic(BODY, header, ["new", "old"])


def test_a_changed_body_is_refused():
    assert not webhook_is_authentic(BODY + b" ", webhook_signature(BODY, "new"), ["new"])


def test_an_empty_secret_signs_nothing():
    assert not webhook_is_authentic(BODY, webhook_signature(BODY, ""), ["", ""])


def test_what_shopify_published_of_its_proxy_is_authentic(shared):
    vectors = json.loads((shared / "shopify" / "vectors.json").read_text())["app_proxy"]
    assert vectors
    for vector in vectors:
        told = parse_qsl(vector["query"], keep_blank_values=True)
        assert proxy_signature(told, vector["secret"]) == vector["signature"]
        assert proxy_is_authentic(told, vector["signature"], ["new", vector["secret"]])
        assert not proxy_is_authentic([*told, ("extra", "3")], vector["signature"], [vector["secret"]])


def test_an_empty_secret_signs_no_proxied_request():
    assert not proxy_is_authentic([("shop", "a")], proxy_signature([("shop", "a")], ""), ["", ""])
