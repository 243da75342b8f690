"""The Django application that holds the merchant's pages."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"
