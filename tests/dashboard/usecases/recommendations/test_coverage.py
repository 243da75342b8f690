"""How many products have a list of their own is counted where the lists lie."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.usecases.recommendations.queries.coverage import Coverage, coverage
from pipelines.models import Deployment, Product, Shop
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.usecases.recommendations.wording import REASONS
from tests.dashboard import picking
from tests.dashboard.usecases.recommendations.test_page import FIRST, HERE


def live_id(shop: Shop) -> int:
    return Deployment.of(shop, picking.SLUG).active_id


def test_lists_are_counted_by_what_leads_them(listed):
    told = coverage(listed, live_id(listed))
    assert told == Coverage(products=12, listed=12, together=4, alike=4, best=4, shown=12)
    assert told.own == 8 and told.otherwise == 0


def test_pinned_and_new_ones_are_counted_apart(listed):
    rows = RecommendationList.objects.filter(kind="page", unit_id__in=[FIRST, FIRST + 2], version=live_id(listed))
    rows.update(reasons=[REASONS.index("pinned"), REASONS.index("together")])
    told = coverage(listed, live_id(listed))
    assert (told.together, told.best, told.otherwise, told.own) == (3, 3, 2, 9)


def test_other_versions_kinds_and_shops_do_not_count(listed, another_shop):
    picking.on_its_way(listed)
    RecommendationList.objects.create(
        shop=another_shop, kind="page", unit_id=FIRST, picks=[1], scores=[1], reasons=[0], details=[1],
        origin=timezone.now().date(), updated_at=timezone.now(),
    )  # fmt: skip
    assert coverage(listed, live_id(listed)).listed == 12
    assert coverage(another_shop, None) == Coverage(0, 0, 0, 0, 0, 0)


def test_the_simple_rules_lists_count_where_no_version_is_live(shop):
    assert coverage(shop, None).listed == 12


def test_products_that_are_gone_and_empty_lists_are_left_out(listed):
    Product.objects.filter(shopify_id=FIRST).update(deleted_at=timezone.now())
    RecommendationList.objects.filter(kind="page", unit_id=FIRST + 1).update(
        picks=[], scores=[], reasons=[], details=[]
    )
    told = coverage(listed, live_id(listed))
    assert (told.products, told.listed) == (11, 10)


def test_only_what_stands_in_a_list_is_shown_somewhere(listed):
    RecommendationList.objects.filter(kind="page").update(picks=[FIRST, FIRST + 1])
    assert coverage(listed, live_id(listed)).shown == 2


def test_no_row_of_a_list_is_read_for_it(listed, see):
    with CaptureQueriesContext(connection) as asked:
        page = see(HERE).content.decode()
    assert "8 of 12 products have a list of their own" in page
    assert sum("unnest(picks)" in query["sql"] for query in asked) == 1
