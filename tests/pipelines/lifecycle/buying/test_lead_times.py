"""How long our own orders took, and what the merchant reckons with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipelines.lifecycle.buying import lateness, lead_times, suppliers
from pipelines.lifecycle.data import frames
from pipelines.lifecycle.errors import Refused
from pipelines.models import AgreedLeadTime, GoodsReceipt, LifecycleEvent, PurchaseLine, PurchaseOrder, Shop
from tests import factories
from tests.pipelines.lifecycle.buying import ordering
from tests.pipelines.lifecycle.buying.ordering import TORVER

pytestmark = pytest.mark.django_db
shop = ordering.shop

TODAY = date(2026, 11, 20)
State = PurchaseOrder.State


def an_order(
    shop: Shop, came: dict[int, int], units: int = 10, ago: int = 60, vendor: str = "Larch", state: State | None = None
) -> PurchaseOrder:
    """Return an order that was sent some days ago, expected after ten days; `came` are units by day since."""
    sent, whole = TODAY - timedelta(days=ago), sum(came.values()) >= units
    order = PurchaseOrder.objects.create(
        shop=shop, number=1 + PurchaseOrder.objects.for_shop(shop).count(), vendor=vendor, currency="GBP",
        state=state or (State.RECEIVED if whole else State.SENT), sent_on=sent, expected_on=sent + timedelta(days=10),
    )  # fmt: skip
    line = PurchaseLine.objects.create(
        shop=shop, order=order, variant_id=1, title="Mug", units=units, received=sum(came.values())
    )
    for day, count in came.items():
        GoodsReceipt.objects.create(shop=shop, line=line, units=count, day=sent + timedelta(days=day), by="1")
    return order


def test_orders_are_measured_by_vendor_in_parts_and_by_what_is_late(shop: Shop) -> None:
    for _ in range(6):
        an_order(shop, {8: 5, 12: 5})
        an_order(shop, {4: 10}, vendor="Gill")
    an_order(factories.a_shop(), {30: 10})
    times = lead_times.measured(shop, TODAY)
    assert (times["Larch"].deliveries, times["Larch"].median, times["Larch"].most) == (6, 8, 12)
    assert 0.25 < times["Larch"].late < 0.5 and times["Gill"].median == 4


def test_what_is_open_counts_as_not_yet_and_what_was_ended_only_as_far_as_it_came(shop: Shop) -> None:
    for _ in range(5):
        an_order(shop, {8: 10})
    assert lead_times.measured(shop, TODAY)["Larch"].most == 8
    for _ in range(5):
        an_order(shop, {8: 1}, state=State.RECEIVED)  # the rest will not come
        an_order(shop, {}, state=State.CANCELLED)
    assert lead_times.measured(shop, TODAY)["Larch"].most == 8
    for _ in range(5):
        an_order(shop, {}, ago=40)
    late = lead_times.measured(shop, TODAY)["Larch"]
    assert late.most == 40 and late.deliveries == 10 and late.late == pytest.approx(5 / 15, abs=0.01)


def test_what_is_older_than_two_years_is_forgotten(shop: Shop) -> None:
    for _ in range(5):
        an_order(shop, {8: 10}, ago=800)
    assert lead_times.measured(shop, TODAY) == {}


def test_the_merchant_agrees_and_goes_back(shop: Shop) -> None:
    with pytest.raises(Refused, match="Too few deliveries"):
        lead_times.agree(shop, "Larch", TODAY, by="7")
    for _ in range(5):
        an_order(shop, {8: 10})
    lead_times.agree(shop, "Larch", TODAY, by="7")
    lead_times.agree(shop, "Larch", TODAY, by="7")
    agreed = AgreedLeadTime.objects.get(shop=shop)
    assert (agreed.median, agreed.deliveries) == (8, 5)
    lead_times.go_back(shop, "Larch", by="7")
    with pytest.raises(Refused, match="not in use any more"):
        lead_times.go_back(shop, "Larch", by="7")
    kinds = LifecycleEvent.objects.for_shop(shop).order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["lead_time.agreed", "lead_time.agreed", "lead_time.typed"]


def test_what_was_measured_and_agreed_to_stays_with_a_supplier_that_is_called_anew(shop: Shop) -> None:
    torver = suppliers.add(shop, TORVER, by="7")
    for _ in range(5):
        an_order(shop, {8: 10}, vendor=torver.name)
    PurchaseOrder.objects.update(supplier=torver)
    lead_times.agree(shop, torver.name, TODAY, by="7")
    suppliers.change(torver, replace(TORVER, name="Torver Ltd"), revision=0, by="7")
    assert {"Torver Ltd"} == {*lead_times.measured(shop, TODAY)} == {each.vendor for each in lateness.due(shop, TODAY)}
    assert AgreedLeadTime.objects.get().vendor == "Torver Ltd"
    assert {*frames.lead_times(shop)["vendor"]} == {*TORVER.vendors, ""}, "its vendors and its variant"
    assert {*PurchaseOrder.objects.values_list("vendor", flat=True)} == {torver.name}, "as it was sent"


@pytest.mark.parametrize("is_agreed", [False, True])
def test_what_was_agreed_under_a_name_gives_way_only_to_what_comes_with_it(shop: Shop, is_agreed: bool) -> None:
    torver = suppliers.add(shop, TORVER, by="7")
    AgreedLeadTime.objects.create(shop=shop, vendor="Larch", days=[30] * 9, deliveries=5)
    if is_agreed:
        AgreedLeadTime.objects.create(shop=shop, vendor=torver.name, days=[8] * 9, deliveries=5)
    suppliers.change(torver, replace(TORVER, name="Larch"), revision=0, by="7")
    kept = AgreedLeadTime.objects.get()
    assert (kept.vendor, kept.median) == ("Larch", 8 if is_agreed else 30)
    told = LifecycleEvent.objects.for_shop(shop).filter(kind="lead_time.agreed")
    followed = [{"vendor": "Larch", "days": 8, "instead": 1}]
    assert [event.details for event in told] == (followed if is_agreed else [])
