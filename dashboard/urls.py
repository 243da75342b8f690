"""Addresses of the merchant's pages."""

from django.urls import path

from dashboard import embedding
from dashboard.views import data, forecasts, home, releases, settings, start, versions

urlpatterns = [
    path("", home.home, name="home"),
    path("bounce", embedding.bounce, name="bounce"),
    path("progress", home.progress, name="progress"),
    path("forecasts", forecasts.forecasts, name="forecasts"),
    path("forecasts.csv", forecasts.download, name="forecasts-csv"),
    path("order-list.csv", forecasts.order_list_csv, name="order-list"),
    path("forecasts/<int:variant_id>", forecasts.variant, name="variant"),
    path("forecasts/<int:variant_id>/figure.json", forecasts.variant_figure, name="variant-figure"),
    path("forecasts/<int:variant_id>/override", forecasts.override, name="override"),
    path("forecasts/<int:variant_id>/end-override", forecasts.end_override, name="end-override"),
    path("forecasts/<int:variant_id>/rule", forecasts.rule, name="variant-rule"),
    path("versions", versions.versions, name="versions"),
    path("versions/<slug:use_case>/compare", versions.compare, name="compare"),
    path("versions/<slug:use_case>/train", versions.train, name="train"),
    path("versions/<slug:use_case>/<int:number>", versions.version, name="version"),
    path("versions/<slug:use_case>/<int:number>/annotate", versions.annotate, name="annotate"),
    path("versions/<slug:use_case>/<int:number>.md", versions.card, name="model-card"),
    path("releases/<int:pk>", releases.release, name="release"),
    path("releases/<int:pk>/figure.json", releases.figure, name="release-figure"),
    path("releases/<int:pk>/approve", releases.approve, name="approve"),
    path("releases/<int:pk>/reject", releases.reject, name="reject"),
    path("roll-back/<slug:use_case>", releases.roll_back, name="roll-back"),
    path("data", data.data, name="data"),
    path("data/check", data.check, name="check"),
    path("data/replay", data.replay_all, name="replay-failed"),
    path("data/deliveries/<int:pk>/replay", data.replay_one, name="replay"),
    path("settings", settings.settings, name="settings"),
    path("settings/rules", settings.rules, name="rules"),
    path("settings/rules.csv", settings.rules_csv, name="rules-csv"),
    path("settings/rules/upload", settings.upload, name="rules-upload"),
    path("start", start.start, name="start"),
    path("start/hide", start.hide, name="hide-guide"),
]
