"""The tables of operators' devices."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "shopmlops.operators.devices"
    label = "operators_devices"
    default_auto_field = "django.db.models.BigAutoField"
