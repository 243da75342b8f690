"""The fleet, shop by shop: how each one is, and what an operator may do for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from pipelines import models
from pipelines.admin.rows import ReadOnly
from pipelines.lifecycle import approvers
from pipelines.lifecycle.alerts import heads
from pipelines.lifecycle.ingest import privacy, takeaway
from pipelines.lifecycle.operating import switches

A_WEEK = timedelta(days=7)


def how_many(rows: QuerySet[Any], group: str) -> Coalesce:
    """Count rows for each shop."""
    counted = rows.order_by().values(group).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@admin.register(models.Shop)
class ShopAdmin(ReadOnly):
    list_display = (
        "domain", "orders_read", "dead_deliveries", "open_alerts", "waiting_decisions", "failed_trainings",
        "access_ended_at", "uninstalled_at", "installed_at", "plan",
    )  # fmt: skip
    search_fields = ("domain", "name")
    exclude = ("customer_key",)
    actions = ("verify_ledger", "export", "erase")
    change_form_template = "admin/shop.html"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a shop, and its switches below."""
        shop = self.get_object(request, object_id)
        known = switches.names().items() if shop else ()
        rows = [{"name": name, "told": told, "is_off": switches.is_off(shop, name)} for name, told in known if shop]
        kwargs["extra_context"] = {"switches": rows} | (kwargs.get("extra_context") or {})
        return super().change_view(request, object_id, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Shop]:
        mine, now = {"shop": OuterRef("pk")}, timezone.now()
        dead = models.WebhookDelivery.objects.filter(shop_domain=OuterRef("domain"), state="dead")
        read = models.SyncRun.objects.filter(**mine, kind="orders", state="done").order_by()
        failed = models.TrainingRun.objects.filter(**mine, state="failed", created_at__gt=now - A_WEEK)
        waiting = models.Release.objects.filter(**mine, phase=models.Release.Phase.AWAITING_APPROVAL)
        found: QuerySet[models.Shop] = (
            super()
            .get_queryset(request)
            .annotate(
                orders_read=Subquery(read.values("shop").annotate(at=Max("finished_at")).values("at")),
                dead_deliveries=how_many(dead, "shop_domain"),
                open_alerts=how_many(models.Alert.objects.filter(**mine, closed_at=None), "shop"),
                waiting_decisions=how_many(waiting, "shop"),
                failed_trainings=how_many(failed, "shop"),
            )
        )
        return found

    @admin.display(description="orders read", ordering="orders_read")
    def orders_read(self, shop: Any) -> datetime | None:
        at: datetime | None = shop.orders_read
        return at

    @admin.display(description="dead deliveries", ordering="-dead_deliveries")
    def dead_deliveries(self, shop: Any) -> int:
        return int(shop.dead_deliveries)

    @admin.display(description="open alerts", ordering="-open_alerts")
    def open_alerts(self, shop: Any) -> int:
        return int(shop.open_alerts)

    @admin.display(description="decisions", ordering="-waiting_decisions")
    def waiting_decisions(self, shop: Any) -> int:
        return int(shop.waiting_decisions)

    @admin.display(description="failed trainings", ordering="-failed_trainings")
    def failed_trainings(self, shop: Any) -> int:
        return int(shop.failed_trainings)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("pipelines.delete_shop")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("pipelines.change_shop")

    @admin.action(description="Verify the ledger", permissions=["view"])
    def verify_ledger(self, request: HttpRequest, queryset: QuerySet[models.Shop]) -> None:
        """Walk the chain of each chosen shop from its first entry, and look at its signed heads."""
        for shop in queryset:
            broken = models.LifecycleEvent.broken_at(shop)
            late = "" if shop.redacted_at else heads.overdue(shop, timezone.now())
            wrong = f"does not hold from entry {broken} on" if broken else late
            level = messages.ERROR if broken else messages.WARNING if late else messages.SUCCESS
            messages.add_message(request, level, f"{shop.domain}: {wrong or 'the ledger holds'}.")

    @admin.action(description="Export everything that is stored", permissions=["export"])
    def export(self, request: HttpRequest, queryset: QuerySet[models.Shop]) -> StreamingHttpResponse | None:
        """Hand out one shop's rows as a file; the ledger says by whom."""
        shop = queryset.first()
        if shop is None or queryset.count() > 1:
            messages.error(request, "An export is of one shop. Choose one.")
            return None
        lines = takeaway.lines(shop, by=by(request))
        answer = StreamingHttpResponse(lines, content_type="application/jsonlines")
        answer["Content-Disposition"] = f'attachment; filename="{shop.domain}.jsonl"'
        return answer

    @admin.action(description="Erase everything that is stored, for good", permissions=["erase"])
    def erase(self, request: HttpRequest, queryset: QuerySet[models.Shop]) -> HttpResponse | None:
        """Erase one shop, once its name was typed."""
        shop = queryset.first()
        if shop is None or queryset.count() > 1 or shop.redacted_at:
            messages.error(request, "One shop is erased at a time, and once. Choose one.")
            return None
        if request.POST.get("typed") != shop.domain:
            context = self.admin_site.each_context(request) | {"title": "Erase a shop", "shop": shop, "opts": self.opts}
            return TemplateResponse(request, "admin/erase_shop.html", context)
        name = shop.domain
        privacy.erase_all(shop)
        messages.success(request, f"{name} is erased.")
        return None


def by(request: HttpRequest) -> str:
    """Return how the ledger calls an operator."""
    return f"{approvers.OPERATOR}{request.user.get_username()}"
