"""Home: is everything healthy, and does anything need me?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Sum
from django.utils import timezone

from dashboard.queries.data_state import DataState, data_state
from dashboard.queries.models_state import ModelState, model_states
from dashboard.queries.running import Running, running
from dashboard.queries.stock_state import StockState, stock_state
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.releases import freezes
from pipelines.models import Alert, FreezeWindow, Order, Shop, StockAdvice

WINDOW = timedelta(days=28)
SOON = timedelta(days=14)
ALERTS_READ, ALERTS_SHOWN = 100, 5
OUT_SHOWN = 3


@dataclass(frozen=True)
class HomePage:
    """Everything on the home page."""

    now: datetime
    data: DataState
    running: Running
    models: list[ModelState]
    orders: int
    sales_minor: int
    stock: StockState
    out: list[StockAdvice]
    advice_at: datetime | None
    freeze: FreezeWindow | None  # that is on now, whatever it holds
    frozen_until: datetime | None
    is_anything_protected: bool  # else the freeze holds nothing
    next_freeze: FreezeWindow | None
    alerts: list[Alert]

    @property
    def today(self) -> date:
        """Return the day where the page is shown: in the shop."""
        return timezone.localdate(self.now)

    @property
    def on_hold(self) -> list[ModelState]:
        """Return the models whose release does not go on for a reason that must change first."""
        return [model for model in self.models if model.release and model.release.held]

    @property
    def decisions(self) -> list[ModelState]:
        return [model for model in self.models if model.is_decision_waiting]

    @property
    def training(self) -> list[ModelState]:
        return [model for model in self.models if model.is_training]

    @property
    def is_any_live(self) -> bool:
        return any(model.active for model in self.models)

    @property
    def stopped(self) -> ModelState | None:
        """Return the model that cannot start yet, while nothing runs and nothing waits."""
        if self.is_any_live or self.decisions or self.training:
            return None
        return next((model for model in self.models if model.run and model.run.error), None)

    @property
    def refused(self) -> list[ModelState]:
        """Return the models whose newest version did not pass, while nothing newer is on its way."""
        return [model for model in self.models if model.is_newest_refused and not model.is_training]


def home_page(shop: Shop, now: datetime) -> HomePage:
    """Read the home page."""
    recent = Order.objects.for_shop(shop).filter(
        processed_at__gte=now - WINDOW, cancelled_at__isnull=True, deleted_at__isnull=True, is_test=False
    )
    sold = recent.aggregate(orders=Count("pk"), sales=Sum(F("total_minor") - F("refunded_minor")))
    data = data_state(shop, now)
    on = freezes.windows_on(shop, now)
    models = model_states(shop, shop.settings, now)
    advice = StockAdvice.objects.for_shop(shop).filter(location_id=0)
    return HomePage(
        now=now,
        data=data,
        running=running(shop, now, data),
        models=models,
        orders=sold["orders"],
        sales_minor=sold["sales"] or 0,
        stock=stock_state(advice),
        out=list(advice.filter(status="out_of_stock").order_by("-at_risk_minor", "variant_id")[:OUT_SHOWN]),
        advice_at=advice.order_by("-at_risk_minor", "variant_id").values_list("updated_at", flat=True).first(),
        freeze=on[0] if on else None,
        frozen_until=freezes.end_of(on, now),
        is_anything_protected=any(freezes.protection_of(model.slug, model.deployment).is_due for model in models),
        next_freeze=freezes.standing(shop).filter(starts_at__range=(now, now + SOON)).order_by("starts_at").first(),
        alerts=open_alerts(shop),
    )


def open_alerts(shop: Shop) -> list[Alert]:
    """List what somebody should look at now, the worst and newest first."""
    known = Alert.objects.for_shop(shop).filter(closed_at=None).order_by("-opened_at")[:ALERTS_READ]
    return sorted(known, key=lambda alert: board.RANK[alert.severity], reverse=True)[:ALERTS_SHOWN]
