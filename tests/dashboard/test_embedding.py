import logging
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.templatetags.static import static
from django.test import Client

from dashboard import framing
from dashboard.embedding import LARGEST_REQUEST
from pipelines.jobs.ingest import import_everything
from pipelines.models import Shop
from tests.fake_shopify import refuse
from tests.identities import COLLEAGUE, OTHER_SHOP, SHOP, bearer, host, id_token, launch

pytestmark = pytest.mark.django_db
RETRY = "X-Shopify-Retry-Invalid-Session-Request"


@pytest.fixture(autouse=True)
def door(settings, shopify, monkeypatch):
    """Put two guarded pages behind the door, and let a first import be seen instead of done."""
    settings.ROOT_URLCONF = "tests.dashboard.pages_behind_the_door"
    started: list[tuple] = []
    monkeypatch.setattr(import_everything, "enqueue", lambda *ids: started.append(ids))
    return started


@pytest.fixture
def browser_() -> Client:
    return Client(enforce_csrf_checks=True)


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


class TestWhoComesIn:
    def test_the_first_document_of_a_merchant(self, client, door):
        answer = client.get("/", launch())
        assert answer.content == f"<p>{SHOP} 70001 GET</p>".encode()
        assert door == [(Shop.objects.get().pk, "install")]

    def test_a_fetch_with_a_fresh_token(self, client, door):
        assert client.get("/forecasts", headers=bearer()).status_code == 200
        assert client.get("/forecasts", headers=bearer(sub=COLLEAGUE)).content.startswith(f"<p>{SHOP} 70002".encode())
        assert door == [(Shop.objects.get().pk, "install")]

    def test_a_post_by_fetch_needs_no_cookie(self, browser_):
        answer = browser_.post("/", {"a": 1}, headers=bearer() | {"Origin": "https://elsewhere.example"})
        assert answer.content == f"<p>{SHOP} 70001 POST</p>".encode()

    def test_nobody_gets_a_cookie(self, client):
        for answer in (client.get("/", launch()), client.post("/", headers=bearer()), client.get("/")):
            assert not answer.cookies

    def test_shops_see_themselves_only(self, client):
        assert SHOP.encode() in client.get("/", headers=bearer()).content
        assert OTHER_SHOP.encode() in client.get("/", headers=bearer(OTHER_SHOP)).content
        assert Shop.objects.count() == 2


class TestWhoStaysOut:
    @pytest.mark.parametrize(
        "query", [{}, {"id_token": "a.b.c"}, {"shop": "evil.example", "host": "YQ"}, {"shop": SHOP}]
    )
    def test_a_document_from_nowhere_is_told_where_to_open_the_app(self, client, query):
        answer = client.get("/", query)
        assert answer.status_code == 401
        assert b"in your Shopify admin" in answer.content
        assert answer["Content-Security-Policy"].endswith("; frame-ancestors 'none'")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Bearer a.b.c"},
            {"Authorization": "Basic YTpi"},
            {"HX-Request": "true"},
            {"Sec-Fetch-Dest": "empty"},
            {"Sec-Fetch-Dest": "image"},
            {"X-Requested-With": "XMLHttpRequest"},
        ],
    )
    def test_a_fetch_is_asked_for_a_fresh_token(self, client, headers):
        answer = client.get("/", {"shop": SHOP, "host": host()}, headers=headers)
        assert answer.status_code == 401
        assert answer[RETRY] == "1"
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("changes", [{"exp": 1}, {"aud": "another-app"}, {"secret": "x" * 40}])
    def test_a_bad_token_in_the_header_is_not_helped_by_a_good_one_in_the_address(self, client, changes):
        assert client.get("/", launch(), headers=bearer(**changes)).status_code == 401

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_no_change_takes_a_token_from_address_or_body(self, client, method):
        answer = getattr(client, method)(f"/?id_token={id_token()}", {"id_token": id_token()})
        assert answer.status_code == 401
        assert answer[RETRY] == "1"
        assert not Shop.objects.exists()

    @pytest.mark.parametrize("named", [OTHER_SHOP, "evil.example", ""])
    def test_a_shop_parameter_that_disagrees_with_the_token(self, client, named):
        by_document = client.get("/", launch() | {"shop": named})
        by_fetch = client.post(f"/?shop={named}", headers=bearer())
        for answer in (by_document, by_fetch):
            assert answer.status_code == 401
            assert RETRY not in answer
        assert not Shop.objects.exists()

    def test_a_token_that_shopify_itself_refuses_is_bounced(self, client, shopify):
        shopify.on_token = refuse(400, error="invalid_subject_token")
        answer = client.get("/", launch())
        assert answer.status_code == 302
        assert urlsplit(answer["Location"]).path == "/bounce"

    @pytest.mark.parametrize("status", [500, 404, 402])
    def test_a_shopify_that_does_not_answer_is_told_in_the_frame(self, client, shopify, status):
        shopify.on_graphql = refuse(status)
        answer = client.get("/", launch())
        assert answer.status_code == 503
        assert f"https://{SHOP}" in answer["Content-Security-Policy"]
        assert b"tell support this number" in answer.content


class TestBounce:
    @pytest.mark.parametrize("query", [{}, {"id_token": "a.b.c"}, {"id_token": "", "hmac": "0", "timestamp": "1"}])
    def test_a_document_without_a_good_token_is_reloaded_with_a_fresh_one(self, client, query):
        answer = client.get("/forecasts", {"shop": SHOP, "host": host(), "q": "blue shirt", "locale": "en-GB"} | query)
        assert answer.status_code == 302
        asked = query_of(answer["Location"])
        assert (asked["shop"], asked["host"], asked["embedded"]) == (SHOP, host(), "1")
        back = urlsplit(asked["shopify-reload"])
        assert (back.netloc, back.path) == ("testserver", "/forecasts")
        assert set(query_of(asked["shopify-reload"])) == {"shop", "host", "q", "locale", "bounced"}
        assert query_of(asked["shopify-reload"])["q"] == "blue shirt"

    def test_the_bounce_page_holds_app_bridge_and_nothing_of_the_shop(self, client, settings):
        page = client.get(client.get("/", {"shop": SHOP, "host": host()})["Location"])
        assert page.status_code == 200
        text = page.content.decode()
        assert f'<meta name="shopify-api-key" content="{settings.SHOPIFY_API_KEY}">' in text
        assert f'<script src="{settings.APP_BRIDGE_URL}"></script>' in text
        assert f"frame-ancestors https://{SHOP} https://admin.shopify.com" in page["Content-Security-Policy"]

    def test_it_bounces_once_and_then_says_so(self, client):
        first = client.get("/", {"shop": SHOP, "host": host()})
        target = query_of(first["Location"])["shopify-reload"] + "&id_token=still.not.good"
        second = client.get(target)
        assert second.status_code == 401
        assert b"tell support this number" in second.content
        assert f"https://{SHOP}" in second["Content-Security-Policy"]

    def test_an_old_page_that_was_once_bounced_may_bounce_again(self, client):
        old = str(int(time.time()) - 3600)
        assert client.get("/", {"shop": SHOP, "host": host(), "bounced": old}).status_code == 302

    @pytest.mark.parametrize("bounced", ["", "soon", "-1", "9" * 300, "²", "1e9"])
    def test_a_made_up_mark_does_no_harm(self, client, bounced):
        assert client.get("/", {"shop": SHOP, "host": host(), "bounced": bounced}).status_code == 302

    def test_out_of_the_bounce_a_good_token_comes_in(self, client):
        first = client.get("/forecasts", {"shop": SHOP, "host": host()})
        assert client.get(query_of(first["Location"])["shopify-reload"] + f"&id_token={id_token()}").status_code == 200

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example/",
            "https://testserver@evil.example/",
            "javascript:alert(1)",
            "https:///evil.example",
            "\\\\evil.example",
            "",
        ],
    )
    def test_it_reloads_own_pages_only(self, client, target):
        answer = client.get("/bounce", {"shop": SHOP, "host": host(), "shopify-reload": target})
        assert answer.status_code == 400
        assert b"app-bridge" not in answer.content

    def test_a_stranger_cannot_have_it_framed(self, client):
        answer = client.get("/bounce", {"shop": "evil.example", "shopify-reload": "/"})
        assert answer.status_code == 400
        assert answer["Content-Security-Policy"].endswith("; frame-ancestors 'none'")

    def test_a_host_parameter_with_markup_is_no_host(self, client):
        assert client.get("/", {"shop": SHOP, "host": "<script>"}).status_code == 401


class TestHeaders:
    def test_only_this_shops_admin_may_frame_a_page(self, client):
        for shop in (SHOP, OTHER_SHOP):
            policy = client.get("/", headers=bearer(shop))["Content-Security-Policy"]
            assert policy.endswith(f"frame-ancestors https://{shop} https://admin.shopify.com")

    def test_scripts_come_from_us_and_shopify_and_never_inline(self, client):
        policy = client.get("/", launch())["Content-Security-Policy"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["script-src"] == "'self' https://cdn.shopify.com/shopifycloud/"
        assert rules["default-src"] == rules["form-action"] == "'self'"
        assert rules["object-src"] == rules["base-uri"] == "'none'"
        assert "unsafe-eval" not in policy

    def test_nothing_is_kept_and_no_address_is_passed_on(self, client):
        answer = client.get("/", launch())
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "X-Frame-Options" not in answer

    @pytest.mark.parametrize("is_strict", [True, False])
    def test_styles_stand_in_files_alone_where_the_operator_says_so(self, client, settings, is_strict):
        settings.STRICT_STYLES = is_strict
        framing.content_policy.cache_clear()
        policy = client.get("/", launch())["Content-Security-Policy"]
        framing.content_policy.cache_clear()
        assert ("unsafe-inline" in policy) is not is_strict
        assert "style-src 'self' 'sha256-" in policy if is_strict else "style-src 'self' 'unsafe-inline' " in policy

    def test_documents_announce_shopifys_scripts(self, client, settings):
        document, fetched = client.get("/", launch()), client.get("/", headers=bearer())
        assert f'<{settings.APP_BRIDGE_URL}>; rel="preload"; as="script"' in document["Link"]
        assert f'<{static("dashboard/app.css")}>; rel="preload"; as="style"' in document["Link"]
        assert '<https://cdn.shopify.com>; rel="preconnect"' in document["Link"]
        assert "Link" not in fetched

    def test_other_pages_are_never_framed(self, client):
        for path in ("/healthz", "/admin/login/", "/nothing-here"):
            policy = client.get(path)["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
            assert policy.endswith("frame-ancestors 'none'") and "unsafe" not in policy


class TestOperators:
    def test_djangos_csrf_check_still_guards_the_admin(self, browser_):
        assert browser_.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 403

    def test_an_id_token_opens_no_admin_page(self, client):
        assert client.get("/admin/", headers=bearer()).status_code == 302

    def test_the_admin_answers_on_its_own_host_only(self, client, settings):
        settings.ADMIN_HOST, settings.ALLOWED_HOSTS = "ops.example.com", ["*"]
        assert client.get("/admin/login/").status_code == 404
        assert client.get("/admin/login/", headers={"Host": "ops.example.com"}).status_code == 200


class TestTrouble:
    def test_a_request_that_no_form_makes_is_not_read(self, client):
        length = {"Content-Length": str(LARGEST_REQUEST + 1)}
        assert client.post("/", headers=bearer() | length).status_code == 413
        assert client.post("/", headers=bearer() | {"Content-Length": "9" * 5000}).status_code == 413

    def test_a_database_that_is_away_is_told_and_not_described(self, client):
        answer = client.get("/broken", launch())
        assert answer.status_code == 503
        assert b"secret.internal" not in answer.content
        assert client.get("/broken", headers=bearer()).status_code == 503

    def test_no_token_and_no_query_is_logged(self, client, caplog):
        caplog.set_level(logging.DEBUG)
        token = id_token(exp=1)
        client.get("/", launch() | {"id_token": token})
        client.get("/", headers={"Authorization": f"Bearer {token}"})
        ours = [record.getMessage() for record in caplog.records if not record.name.startswith("django")]
        assert any("ID token refused" in line for line in ours)
        assert not any(token in line or host() in line for line in ours)
