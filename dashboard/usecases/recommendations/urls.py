"""Addresses of the page of recommendations."""

from django.urls import path

from dashboard.usecases.recommendations.views import page, rules, theme

urlpatterns = [
    path("recommendations", page.recommendations, name="recommendations"),
    path("recommendations/rules", rules.add, name="add-pick-rule"),
    path("recommendations/rules/<int:pk>/remove", rules.remove, name="remove-pick-rule"),
    path("recommendations/standard", theme.standard_list, name="standard-list"),
]
