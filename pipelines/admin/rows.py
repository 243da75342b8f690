"""What operators see: the fleet, its deliveries, runs, versions and ledger. It never shows a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property

from pipelines import models
from pipelines.lifecycle.pages import speed

NEWEST_ROWS = 5_000  # as far as an operator pages without a filter; beyond that, search


if TYPE_CHECKING:
    Pages = Paginator[Any]
    Rows = admin.ModelAdmin[Any]
else:
    Pages, Rows = Paginator, admin.ModelAdmin  # not generic while the app runs


class NewestRows(Pages):
    """Page through the newest rows of a large table, with PostgreSQL's estimate instead of a count."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        if rows.query.where:
            return min(super().count, NEWEST_ROWS)
        with connection.cursor() as cursor:
            table = rows.model._meta.db_table
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [f'"{table}"'])
            estimate = cursor.fetchone()[0]
        return min(estimate, NEWEST_ROWS) if estimate > NEWEST_ROWS else super().count


class ReadOnly(Rows):
    """Rows that only the machine writes."""

    show_full_result_count = False
    paginator = NewestRows
    list_per_page = 50
    list_select_related = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(models.WebhookDelivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("id", "shop_domain", "topic", "subject", "state", "attempts", "received_at", "applied_at", "error")
    list_filter = ("state", "topic")
    search_fields = ("shop_domain", "webhook_id")
    ordering = ("-id",)
    actions = ("replay",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("pipelines.change_webhookdelivery")

    @admin.action(description="Replay", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[models.WebhookDelivery]) -> None:
        """Try the chosen dead deliveries again."""
        from pipelines.lifecycle.ingest import drain

        by_shop: dict[str, list[int]] = {}
        for domain, pk in queryset.values_list("shop_domain", "pk"):
            by_shop.setdefault(domain, []).append(pk)
        shops = models.Shop.objects.filter(domain__in=by_shop)
        replayed = sum(drain.redeliver(shop, by_shop[shop.domain]) for shop in shops)
        messages.info(request, f"{replayed} deliveries will be tried again.")


@admin.register(models.SyncRun)
class SyncRunAdmin(ReadOnly):
    list_display = ("id", "shop", "kind", "trigger", "state", "objects_done", "objects_total", "created_at", "error")
    list_filter = ("kind", "state")
    search_fields = ("shop__domain",)
    ordering = ("-id",)
    exclude = ("url",)  # signed: whoever has it can read the export


@admin.register(models.TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ("id", "shop", "use_case", "trigger", "state", "percent", "cpu_seconds", "memory_mb", "error")
    list_filter = ("use_case", "state", "trigger")
    search_fields = ("shop__domain",)
    ordering = ("-id",)


@admin.register(models.ModelVersion)
class VersionAdmin(ReadOnly):
    list_display = ("id", "shop", "use_case", "number", "state", "created_at", "artifact_digest")
    list_filter = ("use_case", "state")
    search_fields = ("shop__domain",)
    ordering = ("-id",)
    exclude = ("page",)


@admin.register(models.Release)
class ReleaseAdmin(ReadOnly):
    list_display = ("id", "shop", "use_case", "version", "strategy", "phase", "weight", "held", "created_at")
    list_filter = ("use_case", "phase", "strategy")
    search_fields = ("shop__domain",)
    ordering = ("-id",)


@admin.register(models.Deployment)
class DeploymentAdmin(ReadOnly):
    list_display = ("id", "shop", "use_case", "active", "standby", "canary", "active_since", "revision")
    list_filter = ("use_case",)
    search_fields = ("shop__domain",)


@admin.register(models.LifecycleEvent)
class LedgerAdmin(ReadOnly):
    list_display = ("seq", "shop", "at", "kind", "use_case", "version_number", "by", "because")
    list_filter = ("kind", "use_case")
    search_fields = ("shop__domain",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("details")


@admin.register(models.PageSpeed)
class PageSpeedAdmin(ReadOnly):
    """How fast merchants' pages are, beside Shopify's limits."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {"title": "Page speeds", "speeds": speed.speeds(timezone.now()), "days": speed.WINDOW.days}
        page = self.admin_site.each_context(request) | context
        return TemplateResponse(request, "admin/page_speed.html", page)
