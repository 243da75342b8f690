"""Addresses of the forecast's pages."""

from django.urls import path

from dashboard.usecases.demand_forecast.brought import views as brought
from dashboard.usecases.demand_forecast.buying import lead_times
from dashboard.usecases.demand_forecast.buying import supplier_views as suppliers
from dashboard.usecases.demand_forecast.buying import views as buying
from dashboard.usecases.demand_forecast.views import forecasts, rules, variants

urlpatterns = [
    path("forecasts", forecasts.forecasts, name="forecasts"),
    path("forecasts.csv", forecasts.download, name="forecasts-csv"),
    path("order-list.csv", forecasts.order_list_csv, name="order-list"),
    path("forecasts/<int:variant_id>", variants.variant, name="variant"),
    path("forecasts/<int:variant_id>/settled", variants.variant_settled, name="variant-settled"),
    path("forecasts/<int:variant_id>/figure.json", variants.variant_figure, name="variant-figure"),
    path("forecasts/<int:variant_id>/override", variants.override, name="override"),
    path("forecasts/<int:variant_id>/end-override", variants.end_override, name="end-override"),
    path("forecasts/<int:variant_id>/odd-order", variants.odd_order, name="odd-order"),
    path("forecasts/<int:variant_id>/rule", variants.rule, name="variant-rule"),
    path("orders", buying.listed, name="orders"),
    path("orders/bring", brought.bring, name="bring-orders"),
    path("orders/mark", buying.mark, name="mark-ordered"),
    path("orders/draft", buying.draft, name="draft-order"),
    path("orders/lead-times", lead_times.listed, name="lead-times"),
    path("orders/lead-times/agree", lead_times.agree, name="agree-lead-time"),
    path("orders/lead-times/typed", lead_times.go_back, name="typed-lead-time"),
    path("orders/<int:pk>", buying.one, name="order"),
    path("orders/<int:pk>.csv", buying.download, name="order-csv"),
    path("orders/<int:pk>.pdf", buying.pdf, name="order-pdf"),
    path("orders/<int:pk>/paper", buying.paper, name="order-paper"),
    path("orders/<int:pk>/units", buying.change, name="change-order"),
    path("orders/<int:pk>/deal", buying.deal, name="deal-order"),
    path("orders/<int:pk>/budget", buying.budget, name="budget-order"),
    path("orders/<int:pk>/send", buying.send, name="send-order"),
    path("orders/<int:pk>/expect", buying.expect, name="expect-order"),
    path("orders/<int:pk>/receive", buying.receive, name="receive-order"),
    path("orders/<int:pk>/all-came", buying.receive_all, name="all-came"),
    path("orders/<int:pk>/take-back", buying.take_back, name="take-back-receipt"),
    path("orders/<int:pk>/cancel", buying.cancel, name="cancel-order"),
    path("suppliers", suppliers.listed, name="suppliers"),
    path("suppliers/new", suppliers.add, name="add-supplier"),
    path("suppliers/<int:pk>", suppliers.one, name="supplier"),
    path("suppliers/<int:pk>/delete", suppliers.remove, name="remove-supplier"),
    path("settings/rules", rules.rules, name="rules"),
    path("settings/rules.csv", rules.rules_csv, name="rules-csv"),
    path("settings/rules/upload", rules.upload, name="rules-upload"),
]
