"""Puts our site in the place of Django's own, and lets operators be told what breaks."""

from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class OperatorsConfig(AdminConfig):
    default_site = "shopmlops.operators.site.OperatorsSite"

    def ready(self) -> None:
        super().ready()
        if settings.SENTRY_DSN:
            from shopmlops.operators import errors

            errors.begin(settings.SENTRY_DSN, settings.CODE_REVISION)
