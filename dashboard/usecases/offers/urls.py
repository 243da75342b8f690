"""Addresses of the forms of offers."""

from django.urls import path

from dashboard.usecases.offers.views import offers

urlpatterns = [
    path("offers/new", offers.new, name="new-offer"),
    path("offers/<int:pk>", offers.change, name="change-offer"),
    path("offers/<int:pk>/switch", offers.switch, name="switch-offer"),
]
