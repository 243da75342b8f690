"""Puts our site in the place of Django's own."""

from django.contrib.admin.apps import AdminConfig


class OperatorsConfig(AdminConfig):
    default_site = "shopmlops.operators.site.OperatorsSite"
