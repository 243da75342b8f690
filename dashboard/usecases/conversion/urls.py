"""The addresses of the page, and of what changed on it."""

from django.urls import path

from dashboard.usecases.conversion.views import page

urlpatterns = [
    path("conversion", page.checkouts, name="checkouts"),
    path("conversion/changes", page.changes, name="checkouts-changes"),
]
