"""The address of the page."""

from django.urls import path

from dashboard.usecases.conversion.views import page

urlpatterns = [path("conversion", page.checkouts, name="checkouts")]
