"""The test store: link it, end the link, have a version tested there, see what was found."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import replace_url

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import CodeForm, LinkedShopForm
from dashboard.guards import decider_required
from dashboard.pages import go, show
from dashboard.queries.store_link import store_link_page
from pipelines.jobs import staging as jobs
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.sandbox import links as linking
from pipelines.lifecycle.sandbox import staging
from pipelines.models import ModelVersion
from pipelines.usecases import USE_CASES


@merchant_required
@require_GET
def test_store(request: MerchantRequest) -> HttpResponse:
    """Show the link and what was tested."""
    page = store_link_page(request.shop, request.staff, timezone.now())
    return show(request, "dashboard/test_store.html", {"page": page})


@merchant_required
@require_POST
def ask_code(request: MerchantRequest) -> HttpResponse:
    """Make a code and show it this once: it travels in no address, and the page that shows it is not kept."""
    now = timezone.now()
    try:
        code = linking.ask_code(request.shop, by=request.staff.sub, now=now)
    except Refused as refusal:
        return go(reverse("test-store"), refusal.sentence, refused=True)
    page = store_link_page(request.shop, request.staff, now, code)
    response = show(request, "dashboard/test_store.html", {"page": page})
    response["Cache-Control"] = "no-store"
    return replace_url(response, reverse("test-store"))


@merchant_required
@require_POST
def enter_code(request: MerchantRequest) -> HttpResponse:
    """Use a code up in the store that is to be the test store."""
    code = CodeForm.read(request.POST)
    return decided(
        lambda: linking.enter_code(request.shop, code, by=request.staff.sub, now=timezone.now()),
        "The code is right. Confirm now in your real store",
    )


@merchant_required
@require_POST
def confirm(request: MerchantRequest) -> HttpResponse:
    """Confirm the store whose name was shown."""
    shown = LinkedShopForm.read(request.POST)
    return decided(
        lambda: linking.confirm(request.shop, test_shop_id=shown, by=request.staff.sub, now=timezone.now()),
        "The test store is linked",
    )


@merchant_required
@require_POST
def unlink(request: MerchantRequest) -> HttpResponse:
    """End the link, from whichever side, and have the fields taken back."""
    answer = decided(lambda: linking.unlink(request.shop, by=request.staff.sub, now=timezone.now()), "Unlinked")
    jobs.carry_on.enqueue()
    return answer


@merchant_required
@require_POST
@decider_required("test-store")
def run(request: MerchantRequest, use_case: str, number: int) -> HttpResponse:
    """Have a version tested, or tested once more."""
    known = ModelVersion.objects.for_shop(request.shop).filter(use_case__in=USE_CASES)
    version = get_object_or_404(known, use_case=use_case, number=number)

    def begin() -> None:
        if not version.may_be_released:
            raise Refused(f"Version {number} was {version.state} and cannot be tested.")
        if linking.confirmed_link(request.shop) is None:
            raise Refused("No test store is linked.")
        staging.ask_again(version)
        jobs.stage.enqueue(version.shop_id, version.pk)

    return decided(begin, "The test has started")


def decided(act: Callable[[], object], done: str) -> HttpResponse:
    """Do something and say so, or say why not."""
    try:
        act()
    except Refused as refusal:
        return go(reverse("test-store"), refusal.sentence, refused=True)
    return go(reverse("test-store"), done)
