"""Addresses of the page of recommendations."""

from django.urls import path

from dashboard.usecases.recommendations.views import page, rules

urlpatterns = [
    path("recommendations", page.recommendations, name="recommendations"),
    path("recommendations/rules", rules.add, name="add-pick-rule"),
    path("recommendations/rules/<int:pk>/remove", rules.remove, name="remove-pick-rule"),
]
