"""How long deliveries take, vendor by vendor, beside what is typed, and which of both is reckoned with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import go, local_now, show
from dashboard.usecases.demand_forecast.buying.forms import DraftForm
from dashboard.usecases.demand_forecast.queries.forecasts import MONTH, USE_CASE
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.jobs import releases
from pipelines.lifecycle.buying import lateness, lead_times
from pipelines.lifecycle.buying.lateness import Cost
from pipelines.lifecycle.errors import Refused
from pipelines.models import AgreedLeadTime, PurchaseOrder, Shop, StockRule, Supplier
from pipelines.models.usecases.demand_forecast import StockAdvice
from pipelines.stats.delivery_times import FEWEST, DeliveryTimes, count_come, measure

NO_VENDOR = "This vendor is not known."


@dataclass(frozen=True)
class Row:
    """One vendor to whom orders were sent."""

    vendor: str
    typed: int  # days
    came: int  # orders of which something came
    times: DeliveryTimes | None  # measured, if enough came
    agreed: AgreedLeadTime | None
    cost: Cost | None  # of what was late, a month

    @property
    def is_newer(self) -> bool:
        """Tell whether something else is measured than is reckoned with."""
        return bool(self.times and not (self.agreed and self.agreed.days == list(self.times.days)))


def rows(shop: Shop) -> list[Row]:
    """Read what was typed, measured and agreed to of each vendor to whom something was sent."""
    sent = PurchaseOrder.objects.for_shop(shop).filter(sent_on__isnull=False).exclude(state="cancelled")
    rules = StockRule.objects.for_shop(shop).filter(variant_id=None).values_list("vendor", "lead_time_days")
    suppliers = Supplier.objects.for_shop(shop).values_list("name", "lead_time_days")
    typed = {name: days for name, days in [*rules, *suppliers] if days is not None}
    agreed = {each.vendor: each for each in AgreedLeadTime.objects.for_shop(shop)}
    deliveries = lead_times.deliveries(shop, local_now(shop.zone).date())
    came = {name: count_come(mine) for name, mine in deliveries.items()}
    times, costs = measure(deliveries), costs_of(shop)
    names = sorted({*(each.called_now for each in sent.called().only("vendor")), *agreed})
    usual = shop.settings.lead_time_days
    return [
        Row(name, typed.get(name, usual), came.get(name, 0), times.get(name), agreed.get(name), costs.get(name))
        for name in names
    ]


def costs_of(shop: Shop) -> dict[str, Cost]:
    """Price what was late by what is forecast to sell today, and what that earns."""
    due = lateness.due(shop, local_now(shop.zone).date())
    missed = {part.variant_id for part in due if part.days_out and part.units}
    advice = StockAdvice.objects.for_shop(shop).filter(location_id=TOTAL, variant_id__in=missed)
    columns = advice.values_list("variant_id", "forecast_28", "price_minor", "unit_cost_minor")
    worth = {
        variant: lateness.Worth(units / MONTH, (price or 0) - (cost or 0)) for variant, units, price, cost in columns
    }
    return lateness.cost_of_lateness(due, worth)


@merchant_required
@require_GET
def listed(request: MerchantRequest) -> HttpResponse:
    """Show how long deliveries take."""
    page = {"rows": rows(request.shop), "fewest": FEWEST}
    return show(request, "usecases/demand_forecast/lead_times.html", {"page": page})


@merchant_required
@require_POST
def agree(request: MerchantRequest) -> HttpResponse:
    """Reckon with what was measured of a vendor."""

    def agreed(vendor: str) -> str:
        times = lead_times.agree(request.shop, vendor, local_now(request.shop.zone).date(), by=request.staff.sub)
        return f"The advice reckons with {times.median} days, and with how much they vary"

    return changed(request, agreed)


@merchant_required
@require_POST
def go_back(request: MerchantRequest) -> HttpResponse:
    """Reckon with what was typed of a vendor."""

    def gone_back(vendor: str) -> str:
        lead_times.go_back(request.shop, vendor, by=request.staff.sub)
        return "The advice reckons with the typed lead time"

    return changed(request, gone_back)


def changed(request: MerchantRequest, change: Callable[[str], str]) -> HttpResponse:
    """Change what is reckoned with of one vendor, and have the advice worked out again."""
    form = DraftForm(request.POST)
    if not form.is_valid():
        return go(reverse("lead-times"), NO_VENDOR, refused=True)
    try:
        said = change(form.cleaned_data["vendor"])
    except Refused as refusal:
        return go(reverse("lead-times"), refusal.sentence, refused=True)
    releases.refresh.enqueue(request.shop.pk, USE_CASE)
    return go(reverse("lead-times"), said)
