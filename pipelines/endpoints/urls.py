"""Addresses for machines. The webhook door stands before Django: shopmlops/asgi.py."""

from django.urls import path

from pipelines.endpoints import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
