"""How long deliveries take, as a merchant sees it and agrees to it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from pipelines.models import AgreedLeadTime, GoodsReceipt, PurchaseLine, PurchaseOrder, StockRule


def deliver(shop, count, days=9):
    """Let orders to one vendor come so many days after they were sent."""
    today = timezone.now().astimezone(shop.zone).date()
    for number in range(count):
        sent = today - timedelta(days=40)
        order = PurchaseOrder.objects.create(
            shop=shop, number=100 + number, vendor="Larch", currency="GBP", state="received", sent_on=sent,
            expected_on=sent + timedelta(days=7),
        )  # fmt: skip
        line = PurchaseLine.objects.create(shop=shop, order=order, variant_id=1, title="Mug", units=4, received=4)
        GoodsReceipt.objects.create(shop=shop, line=line, units=4, day=sent + timedelta(days=days), by="1")


def test_before_any_order_the_page_says_what_it_takes(shop, see):
    assert "No order was sent yet" in see("/orders/lead-times").content.decode()
    assert "How long deliveries take" in see("/orders").content.decode()


def test_few_deliveries_are_not_measured_and_nothing_can_be_agreed_to(shop, see, send):
    deliver(shop, 4)
    page = see("/orders/lead-times").content.decode()
    assert "Not measured" in page and "4 of 5 orders came, at least in part" in page and "Use " not in page
    assert "Too few deliveries" in send("/orders/lead-times/agree", {"vendor": "Larch"}).content.decode()


def test_one_button_beside_the_typed_one_takes_the_measured_time_and_one_goes_back(shop, see, send, queued):
    StockRule.objects.create(shop=shop, vendor="Larch", lead_time_days=21)
    deliver(shop, 6)
    page = see("/orders/lead-times").content.decode()
    assert "Use 9 days" in page and "21 days" in page and "100\xa0%" in page
    send("/orders/lead-times/agree", {"vendor": "Larch"})
    assert AgreedLeadTime.objects.get().median == 9 and "refresh" in [name for name, _ in queued]
    page = see("/orders/lead-times").content.decode()
    assert "in use: the measured 9 days" in page and "Use 9 days" not in page and "Back to the typed 21 days" in page
    send("/orders/lead-times/typed", {"vendor": "Larch"})
    assert not AgreedLeadTime.objects.exists()
    assert "not in use any more" in send("/orders/lead-times/typed", {"vendor": "Larch"}).content.decode()


def test_a_vendor_that_is_none_is_refused(shop, send):
    assert "not known" in send("/orders/lead-times/agree", {"vendor": "x" * 300}).content.decode()
