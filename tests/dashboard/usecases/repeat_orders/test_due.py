"""The list of customers who are due: most expected first, named by their last order, of what runs now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.models import Shop, TrainingRun
from pipelines.models.usecases.repeat_orders import RepeatChance
from tests import histories

HERE = "/customers"


def said(shop: Shop, customer: int, **changes: Any) -> RepeatChance:
    """Return what the simple rule says of a customer."""
    order = histories.an_order(shop, timezone.now(), [])
    told: dict[str, Any] = {"within_1": 0.1, "within_7": 0.5, "within_28": 0.8, "orders": 3, "since": 12, "usual": 14}
    told |= {"worth": 4000, "last_order": order.shopify_id, "origin": timezone.now().date() - timedelta(days=1)}
    return RepeatChance.objects.create(shop=shop, customer=customer, **told | changes)


@pytest.fixture
def page(shop: Shop, see: Any) -> Any:
    return lambda: see(HERE).content.decode()


def test_customers_stand_by_what_is_expected_of_them_with_a_link_to_their_last_order(shop: Shop, page: Any) -> None:
    small, great = said(shop, 1, worth=1000), said(shop, 2, worth=9000)
    said(shop, 3, within_7=0.1, orders=2, since=3)
    text = page()
    assert text.index(f"orders/{great.last_order}") < text.index(f"orders/{small.last_order}")
    assert f"#{great.last_order}" in text and 'target="_top"' in text
    assert "<b>1 customer</b>" in text and "of 3 who ordered before" in text
    assert "<b>£54</b>" in text  # 0.5 * 10 + 0.5 * 90 + 0.1 * 40
    assert "no version is live yet" in text


def test_who_has_been_away_longer_than_usual_is_overdue_unless_nothing_is_usual(shop: Shop, page: Any) -> None:
    said(shop, 1, since=20)
    assert page().count("Overdue") == 1
    RepeatChance.objects.update(orders=1)
    text = page()
    assert "Overdue" not in text and "not known yet" in text


def test_only_the_newest_answer_of_what_runs_now_is_shown(shop: Shop, page: Any) -> None:
    said(shop, 1, origin=timezone.now().date() - timedelta(days=9))
    newest = said(shop, 2)
    said(shop, 3, version=histories.a_version(shop, use_case="repeat_orders"))
    text = page()
    assert "of 1 who ordered before" in text and f"#{newest.last_order}" in text


def test_a_shop_of_which_nothing_can_be_said_is_told_what_is_missing(shop: Shop, page: Any) -> None:
    told = "No order of yours names a customer yet."
    TrainingRun.objects.create(shop=shop, use_case="repeat_orders", state="stopped", error=told)
    text = page()
    assert told in text and "Nothing is said of your customers yet" in text


def test_another_shops_customers_are_not_shown(shop: Shop, page: Any) -> None:
    other = histories.a_shop()
    theirs = said(other, 1)
    assert f"#{theirs.last_order}" not in page()
