"""The state of the shop's data: freshness, imports, deliveries, and what repairs them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import DeliveriesForm
from dashboard.pages import go, show
from dashboard.queries.data.page import data_page
from dashboard.queries.data.state import data_state
from pipelines import words
from pipelines.jobs import ingest
from pipelines.lifecycle.ingest.drain import redeliver, replay_failed
from pipelines.models import WebhookDelivery


@merchant_required
@require_GET
def data(request: MerchantRequest) -> HttpResponse:
    """Show whether the data is whole."""
    page = data_page(request.shop, timezone.now(), *DeliveriesForm.read(request.GET))
    return show(request, "dashboard/data.html", {"page": page})


@merchant_required
@require_POST
def check(request: MerchantRequest) -> HttpResponse:
    """Compare with Shopify now, unless that runs already."""
    if data_state(request.shop, timezone.now()).is_importing:
        return go(reverse("data"), "A check is running already.", refused=True)
    ingest.ask(request.shop, "merchant")
    return go(reverse("data"), "The check has started")


@merchant_required
@require_POST
def replay_one(request: MerchantRequest, pk: int) -> HttpResponse:
    """Try one failed delivery again."""
    delivery = get_object_or_404(WebhookDelivery, pk=pk, shop_domain=request.shop.domain)
    done = redeliver(request.shop, [delivery.pk])
    return replayed(done)


@merchant_required
@require_POST
def replay_all(request: MerchantRequest) -> HttpResponse:
    """Try every failed delivery again."""
    return replayed(replay_failed(request.shop))


def replayed(count: int) -> HttpResponse:
    """Have the deliveries applied and say how many."""
    if not count:
        return go(reverse("data"), "It went through in the meantime; nothing was left to replay.", refused=True)
    ingest.drain.enqueue()
    return go(reverse("data"), f"{words.counted(count, 'delivery', 'deliveries')} replayed")
