import pytest

from pipelines.shopify.domains import admin_origins, api_origin, host_parameter, shop_domain


@pytest.mark.parametrize("domain", ["a.myshopify.com", "north-beck-2.myshopify.com", "0.myshopify.com"])
def test_shops_are_known_by_their_myshopify_domain(domain):
    assert shop_domain(domain) == domain


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "myshopify.com",
        ".myshopify.com",
        "-a.myshopify.com",
        "a.b.myshopify.com",
        "a.myshopify.com.evil.example",
        "a.myshopify.com\n",
        "evil.example/a.myshopify.com",
        "evil.example#.myshopify.com",
        "user@a.myshopify.com",
        "a.myshopify.com:80",
        "A.MYSHOPIFY.COM",
        "amyshopify.com",
        "x" * 80 + ".myshopify.com",
    ],
)
def test_anything_else_is_no_shop(text):
    assert shop_domain(text) is None


def test_no_address_is_made_for_a_text_that_is_no_shop():
    with pytest.raises(ValueError, match="myshopify"):
        api_origin("evil.example/a.myshopify.com")


@pytest.mark.parametrize(
    ("template", "origin"),
    [
        ("https://{shop}", "https://a.myshopify.com"),
        ("http://127.0.0.1:9300/shops/{shop}", "http://127.0.0.1:9300/shops/a.myshopify.com"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_the_api_address_names_the_shop_where_the_setting_says_so(settings, template, origin):
    settings.SHOPIFY_API_ORIGIN = template
    assert api_origin("a.myshopify.com") == origin


def test_the_shops_admin_and_shopifys_admin_may_embed(settings):
    assert admin_origins("a.myshopify.com") == ["https://a.myshopify.com", "https://admin.shopify.com"]


@pytest.mark.parametrize(
    ("host", "kept"),
    [("YWRtaW4uc2hvcGlmeS5jb20", True), ("YQ==", True), ("javascript:x", False), ("", False), ("a b", False)],
)
def test_a_host_parameter_is_plain_base64(host, kept):
    assert bool(host_parameter(host)) is kept
