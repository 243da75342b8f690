"""Addresses of the forecast's pages."""

from django.urls import path

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
    path("settings/rules", rules.rules, name="rules"),
    path("settings/rules.csv", rules.rules_csv, name="rules-csv"),
    path("settings/rules/upload", rules.upload, name="rules-upload"),
]
