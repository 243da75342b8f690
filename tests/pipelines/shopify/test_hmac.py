import json

import pytest

from pipelines.shopify.hmac import webhook_is_authentic, webhook_signature

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
