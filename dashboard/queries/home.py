"""Home: is everything healthy, and does anything need me?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Value

from dashboard.brought import OnHome, Part, brought_by
from dashboard.queries.data.state import DataState, data_state
from dashboard.queries.models_state import ModelState, model_states
from dashboard.queries.monitoring.glance import Glance, glances
from dashboard.queries.results import News, news
from dashboard.queries.running import Running, running_of
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.releases import freezes
from pipelines.models import Alert, FreezeWindow, Order, Shop
from pipelines.models.prepared import prepared

WINDOW = timedelta(days=28)
SOON = timedelta(days=14)
ALERTS_READ, ALERTS_SHOWN = 100, 5


@dataclass(frozen=True)
class Ahead:
    """What comes, by the kind of sentence that says it, and which model it is about."""

    at: datetime
    kind: str
    model: ModelState | None = None


@dataclass(frozen=True)
class HomePage:
    """Everything on the home page."""

    now: datetime
    data: DataState
    running: Running
    models: list[ModelState]
    orders: int
    sales_minor: int
    brought: list[OnHome]  # by each model's use case
    freeze: FreezeWindow | None  # that is on now, whatever it holds
    frozen_until: datetime | None
    is_anything_protected: bool  # else the freeze holds nothing
    next_freeze: FreezeWindow | None
    alerts: list[Alert]
    glances: dict[str, Glance]  # how each model does right now
    news: News

    @cached_property
    def lines(self) -> list[tuple[ModelState, OnHome, Glance | None]]:
        """Return each model with what its use case brought, and how it does right now."""
        now = (self.glances.get(model.slug) for model in self.models)
        return list(zip(self.models, self.brought, now, strict=True))

    @cached_property
    def needs(self) -> list[Part]:
        """Return what somebody should do."""
        return [told.needs for told in self.brought if told.needs]

    @cached_property
    def worth_means(self) -> str:
        """Say what the money of each model counts."""
        return " ".join(model.words.page.worth for model in self.models if model.words.page.worth)

    @cached_property
    def is_anything_answered(self) -> bool:
        return any(told.answered_at for told in self.brought)

    @cached_property
    def on_hold(self) -> list[ModelState]:
        """Return the models whose release does not go on for a reason that must change first."""
        return [model for model in self.models if model.release and model.release.held]

    @cached_property
    def decisions(self) -> list[ModelState]:
        return [model for model in self.models if model.is_decision_waiting]

    @cached_property
    def ahead(self) -> list[Ahead]:
        """Return what comes, the nearest first."""
        found = [Ahead(self.models[0].next_training_at, "training")]
        for kind, at in (("ready", self.news.ready_at), ("final", self.news.next_at)):
            found += [Ahead(at, kind)] if at else []
        if self.next_freeze:
            found.append(Ahead(self.next_freeze.starts_at, "freeze"))
        for model in self.models:
            if model.is_decision_waiting and model.release and model.release.expires_at:
                found.append(Ahead(model.release.expires_at, "decision", model))
            elif model.release and model.release.phase == "scheduled" and model.standing:
                found.append(Ahead(model.standing.freeze.until or self.now, "scheduled", model))
        return sorted(found, key=lambda each: each.at)

    @cached_property
    def training(self) -> list[ModelState]:
        return [model for model in self.models if model.is_training]

    @cached_property
    def is_any_live(self) -> bool:
        return any(model.active for model in self.models)

    @cached_property
    def stopped(self) -> ModelState | None:
        """Return the model that cannot start yet, while nothing runs and nothing waits."""
        if self.is_any_live or self.decisions or self.training:
            return None
        return next((model for model in self.models if model.run and model.run.error), None)

    @cached_property
    def refused(self) -> list[ModelState]:
        """Return the models whose newest version did not pass, while nothing newer is on its way."""
        return [model for model in self.models if model.is_newest_refused and not model.is_training]


def home_page(shop: Shop, now: datetime) -> HomePage:
    """Read the home page."""
    (sold,) = orders_since(shop, now - WINDOW)
    data = data_state(shop, now)
    ahead = freezes.windows_ahead(shop, now)
    on = freezes.without_a_gap(ahead, now)
    models = model_states(shop, shop.settings, now)
    awake = [alert for alert in open_alerts(shop) if not alert.snoozed_until or alert.snoozed_until <= now]
    alerts = sorted(awake, key=lambda alert: board.RANK[alert.severity], reverse=True)
    return HomePage(
        now=now,
        data=data,
        running=running_of(data, models),
        models=models,
        orders=sold.orders,
        sales_minor=sold.sales or 0,
        brought=[brought_by(model.slug).on_home(shop) for model in models],
        freeze=on[0] if on else None,
        frozen_until=freezes.end_of(on, now),
        is_anything_protected=any(freezes.protection_of(model.slug, model.deployment).is_due for model in models),
        next_freeze=next((window for window in ahead if now <= window.starts_at <= now + SOON), None),
        alerts=alerts[:ALERTS_SHOWN],
        glances=glances(shop, now),
        news=news(shop, now),
    )


@prepared
def orders_since(shop: Shop, since: datetime) -> QuerySet[Order, Any]:
    """Count orders that stand, and what they brought after refunds: one row of all, sorted into no groups."""
    stands = {"cancelled_at": None, "deleted_at": None, "is_test": False}
    recent = Order.objects.for_shop(shop).filter(processed_at__gte=since, **stands)
    sales = Sum(F("total_minor") - F("refunded_minor"))
    return recent.values(all=Value(1)).annotate(orders=Count("*"), sales=sales).values_list("orders", "sales")


@prepared
def open_alerts(shop: Shop) -> QuerySet[Alert]:
    """List what somebody should look at now, the newest first."""
    known = Alert.objects.for_shop(shop).filter(closed_at=None).annotate(phase=F("release__phase"))
    return known.order_by("-opened_at")[:ALERTS_READ]
