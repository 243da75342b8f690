"""Addresses of the merchant's pages."""

from django.urls import path

from dashboard import brought, embedding
from dashboard.views import data, experiments, home, releases, settings, start, store_link, use_cases, versions

urlpatterns = [
    path("", home.home, name="home"),
    path("bounce", embedding.bounce, name="bounce"),
    path("progress", home.progress, name="progress"),
    path("models/<slug:use_case>", use_cases.use_case, name="model"),
    path("models/<slug:use_case>/figure.json", use_cases.figure, name="model-figure"),
    path("versions/then", versions.then, name="then"),
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
    path("releases/<int:pk>/pause", releases.pause, name="pause"),
    path("releases/<int:pk>/again", releases.use_again, name="use-again"),
    path("releases/<int:pk>/lift", releases.lift, name="lift"),
    path("releases/<int:pk>/go-on", releases.go_on, name="go-on"),
    path("releases/<int:pk>/roll-back", releases.abort, name="abort"),
    path("experiments", experiments.experiments, name="experiments"),
    path("roll-back/<slug:use_case>", releases.roll_back, name="roll-back"),
    path("data", data.data, name="data"),
    path("data/check", data.check, name="check"),
    path("data/replay", data.replay_all, name="replay-failed"),
    path("data/deliveries/<int:pk>/replay", data.replay_one, name="replay"),
    path("settings", settings.settings, name="settings"),
    path("settings/freezes", settings.add_freeze, name="add-freeze"),
    path("settings/freezes/<int:pk>", settings.settle_freeze, name="settle-freeze"),
    path("test-store", store_link.test_store, name="test-store"),
    path("test-store/code", store_link.ask_code, name="test-store-code"),
    path("test-store/enter", store_link.enter_code, name="test-store-enter"),
    path("test-store/confirm", store_link.confirm, name="test-store-confirm"),
    path("test-store/unlink", store_link.unlink, name="test-store-unlink"),
    path("test-store/run/<slug:use_case>/<int:number>", store_link.run, name="test-store-run"),
    path("start", start.start, name="start"),
    path("start/hide", start.hide, name="hide-guide"),
    *brought.urlpatterns(),
]
