"""What stands on products at Shopify, under Settings, and Shopify's own field, filled and given back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.serving import publish
from pipelines.models import Publication, PublishedFields, Shop, StandardField
from pipelines.usecases import USE_CASES
from tests.dashboard.views.test_plain_words import jargon
from tests.identities import COLLEAGUE
from tests.listing import LISTS, SLUG

pytestmark = pytest.mark.django_db
ADDRESS = f"/settings/standard/{SLUG}"


@pytest.fixture(autouse=True)
def lists():
    with USE_CASES.also(LISTS):
        yield


@pytest.fixture
def allowed(shop):
    Shop.objects.filter(pk=shop.pk).update(scopes=["read_products", "write_products"])
    return shop


def section(page: str) -> str:
    """Return what Settings says of the lists."""
    return page.partition(f'id="on-products-{SLUG}"')[2].partition("</s-section>")[0]


def test_without_leave_it_says_what_it_is_for(shop, see):
    told = section(see("/settings").content.decode())
    assert "If you allow it" in told and 'data-scopes="write_products"' in told and "Off" in told
    assert ADDRESS not in told and jargon(told) == []
    assert not Publication.objects.exists(), "who looks changes nothing"


def test_what_is_left_is_told_where_the_leave_was_taken_away(shop, see):
    StandardField.objects.create(shop=shop, use_case=SLUG, owner_id=1, checked_at=timezone.now())
    assert "still hold our lists on 1 product. Allow it again" in section(see("/settings").content.decode())


def test_it_says_how_far_it_is_and_what_was_not_taken(allowed, see):
    row = Publication.of(allowed, SLUG)
    facts = {"use_case": SLUG, "output": "lists", "owner": "Product", "is_confirmed": True}
    for number, why in enumerate(["Owner does not exist", "Owner does not exist", ""]):
        PublishedFields.objects.create(shop=allowed, owner_id=number, refused=why, **facts)
    told = section(see("/settings").content.decode())
    assert "Being written" in told and "Not taken by Shopify for 2 products: Owner does not exist" in told
    Publication.objects.filter(pk=row.pk).update(is_whole=True, published_at=timezone.now())
    told = section(see("/settings").content.decode())
    assert ">On<" in told and "All of it was there" in told and jargon(told) == []
    Publication.objects.filter(pk=row.pk).update(stopped_because=publish.NOT_ALLOWED)
    assert publish.NOT_ALLOWED in section(see("/settings").content.decode())


def test_whoever_may_decide_has_it_filled_and_given_back(allowed, see, send):
    assert "Fill complementary products, too" in section(see("/settings").content.decode())
    page = send(ADDRESS, {"fills": "yes"}).content.decode()
    assert Publication.objects.get(use_case=SLUG).fills_standard and "Put back what stood there" in section(page)
    StandardField.objects.create(shop=allowed, use_case=SLUG, owner_id=1, checked_at=timezone.now())
    page = section(send(ADDRESS, {"fills": "no"}).content.decode())
    assert not Publication.objects.get(use_case=SLUG).fills_standard
    assert "1 product left" in page and "Uninstall the app only when none is" in page


def test_what_shopify_will_not_give_back_is_told_while_it_stands(allowed, see):
    Shop.objects.filter(pk=allowed.pk).update(switched_off=[switches.PUBLISHING])
    Publication.objects.create(shop=allowed, use_case=SLUG, is_whole=True)
    facts = {"use_case": SLUG, "owner_id": 1, "checked_at": timezone.now(), "refused": "Not today"}
    row = StandardField.objects.create(shop=allowed, **facts)
    told = section(see("/settings").content.decode())
    assert "Being taken back" in told and "Not taken by Shopify for 1 product: Not today" in told
    row.delete()
    told = section(see("/settings").content.decode())
    assert ">Switched off<" in told and "Not taken" not in told


@pytest.mark.parametrize("said", [{}, {"fills": "perhaps"}])
def test_what_is_no_answer_changes_nothing(allowed, send, said):
    page = send(ADDRESS, said).content.decode()
    assert "Nothing was done" in page and not Publication.objects.filter(fills_standard=True).exists()


def test_nobody_else_may_and_no_other_model_has_it(allowed, send):
    send(ADDRESS, {"fills": "yes"}, sub=COLLEAGUE)
    assert not Publication.objects.filter(fills_standard=True).exists()
    assert send("/settings/standard/demand_forecast", {"fills": "yes"}).status_code == 404
    assert send("/settings/standard/nothing", {"fills": "yes"}).status_code == 404


def test_another_shops_products_are_not_told(allowed, see):
    other = Shop.objects.create(domain="other.myshopify.com", installed_at=timezone.now())
    facts = {"use_case": SLUG, "output": "lists", "owner": "Product", "is_confirmed": True}
    PublishedFields.objects.create(shop=other, owner_id=1, refused="Owner does not exist", **facts)
    assert "Not taken" not in section(see("/settings").content.decode())
