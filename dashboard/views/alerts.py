"""Alerts, what people say to them, and who is told."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.alerts import AnswerForm, ChannelForm
from dashboard.guards import decider_required, refuse_unless_decider
from dashboard.pages import go, show
from dashboard.queries.alerts.channels import channels_page, export
from dashboard.queries.alerts.page import alerts_page
from pipelines.jobs import alerts as jobs
from pipelines.lifecycle.alerts import answers, keepers
from pipelines.lifecycle.alerts.lives import Wish
from pipelines.lifecycle.errors import Refused
from pipelines.models import Alert, AlertChannel

SAID = {
    Wish.ACKNOWLEDGE: "Acknowledged",
    Wish.SNOOZE: "Snoozed",
    Wish.WAKE: "Open again",
    Wish.RESOLVE: "Marked as over",
    Wish.FALSE: "Marked as a false alarm",
}


@merchant_required
@require_GET
def alerts(request: MerchantRequest) -> HttpResponse:
    """Show what went wrong, and what now."""
    page = alerts_page(request.shop, request.staff, timezone.now())
    return show(request, "dashboard/alerts.html", {"page": page})


@merchant_required
@require_POST
def answer(request: MerchantRequest, pk: int) -> HttpResponse:
    """Take what somebody says to an alert."""
    get_object_or_404(Alert.objects.for_shop(request.shop), pk=pk)
    form, here = AnswerForm(request.POST), reverse("alerts")
    if not form.is_valid():
        return go(here, "The form was incomplete. Nothing was done.", refused=True)
    wish, snooze = form.cleaned_data["wish"], form.cleaned_data["snooze"] or "hour"
    try:
        answers.answer(request.shop, pk, wish, by=request.staff.sub, now=timezone.now(), snooze=snooze)
    except Refused as refusal:
        return go(here, refusal.sentence, refused=True)
    return go(here, SAID[wish])


@merchant_required
@require_http_methods(["GET", "POST"])
def channels(request: MerchantRequest) -> HttpResponse:
    """Show who is told, or add a channel."""
    if request.method == "GET":
        page = channels_page(request.shop, request.staff)
        return show(request, "dashboard/alert_channels.html", {"page": page})
    return add(request)


def add(request: MerchantRequest) -> HttpResponse:
    """Keep a channel, for those who may decide; a form that is wrong comes back as it was typed."""
    here = reverse("alert-channels")
    try:
        refuse_unless_decider(request)
        form = ChannelForm(request.POST)
        if not form.is_valid():
            page = channels_page(request.shop, request.staff, form)
            return show(request, "dashboard/alert_channels.html", {"page": page}, status=422)
        keepers.add(request.shop, by=request.staff.sub, **form.cleaned_data)
    except Refused as refusal:
        return go(here, refusal.sentence, refused=True)
    return go(here, "Added. Send a test to see that it arrives")


@merchant_required
@require_POST
@decider_required("alert-channels")
def test_channel(request: MerchantRequest, pk: int) -> HttpResponse:
    """Have a channel tried."""
    channel = get_object_or_404(AlertChannel.objects.for_shop(request.shop).of_alerts(), pk=pk)
    try:
        keepers.test(channel, timezone.now())
    except Refused as refusal:
        return go(reverse("alert-channels"), refusal.sentence, refused=True)
    jobs.send_on.enqueue(channel.pk)
    return go(reverse("alert-channels"), "A test is on its way")


@merchant_required
@require_POST
@decider_required("alert-channels")
def report_to_channel(request: MerchantRequest, pk: int) -> HttpResponse:
    """Have the report of each month sent to an address, or no more."""
    channel = get_object_or_404(AlertChannel.objects.for_shop(request.shop).of_alerts().select_related("shop"), pk=pk)
    wanted = request.POST.get("wanted") == "1"
    try:
        keepers.report(channel, wanted=wanted, by=request.staff.sub)
    except Refused as refusal:
        return go(reverse("alert-channels"), refusal.sentence, refused=True)
    return go(reverse("alert-channels"), "The next report comes by e-mail" if wanted else "No more reports by e-mail")


@merchant_required
@require_POST
@decider_required("alert-channels")
def remove_channel(request: MerchantRequest, pk: int) -> HttpResponse:
    """Forget a channel with its address."""
    channel = get_object_or_404(AlertChannel.objects.for_shop(request.shop).of_alerts(), pk=pk)
    keepers.remove(channel, by=request.staff.sub)
    return go(reverse("alert-channels"), "Removed, with its address")


@merchant_required
@require_GET
@decider_required("alert-channels")
def export_channels(request: MerchantRequest) -> HttpResponse:
    """Give what is stored of whom to tell, as a file."""
    answer = JsonResponse({"channels": export(request.shop)}, json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = 'attachment; filename="alert-channels.json"'
    return answer
